import Formats

/// Finds the string value of one top-level key in lines of JSON, without building objects.
enum JSONLinesField {
  /// The texts of `field`, one line end after each. Counts lines with and without a usable value;
  /// blank lines count as neither. With `keepsRecords` each line of the block gives exactly one line.
  static func extract(
    _ field: String, from block: [UInt8], keepsRecords: Bool = false
  ) -> (text: [UInt8], good: Int, bad: Int) {
    var text: [UInt8] = []
    text.reserveCapacity(block.count)
    var good = 0
    var bad = 0
    let key = Array(field.utf8)
    block.withUnsafeBytes { block in
      // A block ends with a line end; what is behind the last is no line.
      let whole = block.last == 0x0A ? UnsafeRawBufferPointer(rebasing: block.dropLast()) : block
      for line in whole.split(separator: 0x0A, omittingEmptySubsequences: !keepsRecords) {
        var scanner = Scanner(bytes: UnsafeRawBufferPointer(rebasing: line))
        if scanner.isBlank {
          if keepsRecords { text.append(0x0A) }
          continue
        }
        let start = text.count
        if scanner.appendValue(of: key, to: &text) {
          good += 1
          if keepsRecords {
            for index in start..<text.count where text[index] == 0x0A || text[index] == 0x0D {
              text[index] = 0x20
            }
          }
          text.append(0x0A)
        } else {
          text.removeSubrange(start...)
          bad += 1
          if keepsRecords { text.append(0x0A) }
        }
      }
    }
    return (text, good, bad)
  }

  private struct Scanner {
    let bytes: UnsafeRawBufferPointer
    var index = 0

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isBlank: Bool { bytes.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D } }

    private mutating func skipSpace() {
      while index < bytes.count, [0x20, 0x09, 0x0D].contains(bytes[index]) { index += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
      skipSpace()
      guard index < bytes.count, bytes[index] == byte else { return false }
      index += 1
      return true
    }

    mutating func appendValue(of key: [UInt8], to output: inout [UInt8]) -> Bool {
      guard take(0x7B) else { return false }
      var name: [UInt8] = []
      while true {
        name.removeAll(keepingCapacity: true)
        skipSpace()
        guard string(into: &name), take(0x3A) else { return false }
        skipSpace()
        if name == key {
          guard index < bytes.count, bytes[index] == 0x22 else { return false }
          return string(into: &output)
        }
        guard skipValue(), take(0x2C) else { return false }
      }
    }

    /// Reads a string literal, unescaped, as UTF-8.
    private mutating func string(into output: inout [UInt8]) -> Bool {
      guard index < bytes.count, bytes[index] == 0x22 else { return false }
      index += 1
      while index < bytes.count {
        let byte = bytes[index]
        index += 1
        if byte == 0x22 { return true }
        guard byte == 0x5C else {
          output.append(byte)
          continue
        }
        guard let scalar = try? JSONText.unescape(bytes, at: &index) else { return false }
        output.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      }
      return false
    }

    /// Skips a value of any kind; nesting is followed by counting brackets outside strings.
    private mutating func skipValue() -> Bool {
      skipSpace()
      var depth = 0
      var ignored: [UInt8] = []
      while index < bytes.count {
        switch bytes[index] {
        case 0x22:
          ignored.removeAll(keepingCapacity: true)
          if !string(into: &ignored) { return false }
          if depth == 0 { return true }
        case 0x7B, 0x5B:
          depth += 1
          index += 1
        case 0x7D, 0x5D:
          if depth == 0 { return true }
          depth -= 1
          index += 1
          if depth == 0 { return true }
        case 0x2C where depth == 0: return true
        default: index += 1
        }
      }
      return false
    }
  }
}
