import Text

/// Turns UTF-8 bytes into character numbers, with one boundary between segments.
///
/// Invalid bytes and NUL separate like any other foreign character; they are counted.
struct TextEncoder: Sendable {
  /// What one block of text held.
  struct Tally: Sendable, Equatable {
    var bytes = 0
    var lines = 0
    var invalidBytes = 0
    var nulBytes = 0

    static func += (left: inout Tally, right: Tally) {
      left.bytes += right.bytes
      left.lines += right.lines
      left.invalidBytes += right.invalidBytes
      left.nulBytes += right.nulBytes
    }
  }

  let alphabet: Alphabet
  /// Literal (and ideographic) spaces become `Alphabet.space` instead of a boundary.
  var keepsSpaces = false
  /// Separators vanish instead of separating (V0 counts across them).
  var joinsSegments = false

  /// Writes the numbers of `text` to `output`, which has room for one number per byte. Returns how
  /// many were written. `text` starts and ends between scalars.
  func encode(
    _ text: UnsafeRawBufferPointer, into output: UnsafeMutablePointer<UInt16>, tally: inout Tally
  ) -> Int {
    guard let base = text.baseAddress else { return 0 }
    let bytes = base.assumingMemoryBound(to: UInt8.self)
    let count = text.count
    var written = 0
    var last: UInt16 = .max
    var lines = 0
    var nul = 0
    var invalid = 0
    let separator: UInt16? = joinsSegments ? nil : Alphabet.boundary
    alphabet.ids.withUnsafeBufferPointer { ids in
      var index = 0
      @inline(__always) func separate() {
        if let separator, last != separator {
          output[written] = separator
          written &+= 1
          last = separator
        }
      }
      while index < count {
        let byte = bytes[index]
        var id: UInt16 = 0
        // Where a scalar is no character of the alphabet: which one it is.
        var foreign = 0
        if byte >= 0xE0 && byte < 0xF0 {
          // Three bytes: the ideographs, so this case comes first.
          if index &+ 2 < count, bytes[index &+ 1] & 0xC0 == 0x80, bytes[index &+ 2] & 0xC0 == 0x80
          {
            let scalar =
              Int(byte & 15) << 12 | Int(bytes[index &+ 1] & 63) << 6 | Int(bytes[index &+ 2] & 63)
            if scalar < 0x800 || (scalar >= 0xD800 && scalar < 0xE000) {
              invalid &+= 3
            } else if scalar == 0x3000, keepsSpaces {
              id = Alphabet.space
            } else {
              id = ids[scalar]
              foreign = scalar
            }
            index &+= 3
          } else {
            invalid &+= 1
            index &+= 1
          }
        } else if byte < 0x80 {
          id = ids[Int(byte)]
          if id == 0 {
            if byte == 0x0A { lines &+= 1 }
            if byte == 0 { nul &+= 1 }
            if byte == 0x20, keepsSpaces { id = Alphabet.space }
          }
          index &+= 1
        } else if byte >= 0xC2 && byte < 0xE0, index &+ 1 < count, bytes[index &+ 1] & 0xC0 == 0x80
        {
          foreign = Int(byte & 31) << 6 | Int(bytes[index &+ 1] & 63)
          id = ids[foreign]
          index &+= 2
        } else if byte >= 0xF0 && byte < 0xF5, Self.isFourByteScalar(bytes + index, count - index) {
          index &+= 4
        } else {
          invalid &+= 1
          index &+= 1
        }
        if id == 0 {
          // What nobody sees, and marks on a character, separate nothing.
          if foreign > 0, ScalarClass.of(UInt32(foreign)).isPartOfCharacter { continue }
          separate()
        } else {
          output[written] = id
          written &+= 1
          last = id
        }
      }
    }
    tally += Tally(bytes: count, lines: lines, invalidBytes: invalid, nulBytes: nul)
    return written
  }

  private static func isFourByteScalar(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    guard count >= 4 else { return false }
    for index in 1..<4 where bytes[index] & 0xC0 != 0x80 { return false }
    let scalar =
      Int(bytes[0] & 7) << 18 | Int(bytes[1] & 63) << 12 | Int(bytes[2] & 63) << 6
      | Int(bytes[3] & 63)
    return scalar >= 0x10000 && scalar < 0x110000
  }
}
