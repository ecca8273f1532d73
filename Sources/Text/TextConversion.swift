import Formats
import Messages

/// Recognizes and converts the other encodings that Chinese and Japanese text comes in.
public enum TextConversion {
  static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// A whole file as UTF-8, gzip unpacked, whatever encoding it is in; see `utf8(guessing:path:)`.
  public static func utf8(ofFile path: String) throws -> [UInt8] {
    try utf8(guessing: try ByteSource(path: path, isText: true).readAll(), path: path)
  }

  /// A whole file as UTF-8 without a byte order mark: a word list, rules, a segmentation. Throws
  /// `FileError` for bytes that are no text in any encoding known here.
  public static func utf8(guessing bytes: [UInt8], path: String) throws -> [UInt8] {
    let sample = bytes.prefix(1 << 16)
    guard let problem = problem(with: sample) else {
      return bytes.starts(with: byteOrderMark) ? Array(bytes.dropFirst(3)) : bytes
    }
    switch problem {
    case .noText: throw FileError(path: path, reason: noText)
    case .other(let encoding): return utf8(bytes, from: encoding)
    }
  }

  /// Why bytes cannot be read as UTF-8.
  private enum Problem {
    case other(TextEncoding)
    case noText
  }

  private static let noText =
    "is no text: neither UTF-8 nor, by its characters, GB18030, Big5, Shift-JIS or UTF-16"

  /// `nil` where `sample`, the beginning of a text, is UTF-8, even if a few of its bytes are damaged.
  private static func problem(with sample: ArraySlice<UInt8>) -> Problem? {
    let high = sample.reduce(0) { $0 + ($1 >= 0x80 ? 1 : 0) }
    let control = sample.reduce(0) {
      $0 + ($1 < 0x09 || $1 > 0x0D && $1 < 0x20 && $1 != 0x1B ? 1 : 0)
    }
    // The sample may end inside a character.
    let invalid = max(0, invalidBytes(sample) - (sample.count == 1 << 16 ? 3 : 0))
    let isMarked = sample.starts(with: [0xFF, 0xFE]) || sample.starts(with: [0xFE, 0xFF])
    guard isMarked || invalid * 5 > high || control * 10 > sample.count else { return nil }
    if let encoding = EncodingGuess.encoding(of: sample) { return .other(encoding) }
    return control * 10 > sample.count || invalid >= 16 ? .noText : nil
  }

  /// Throws if `block`, the beginning of the file at `path`, is not UTF-8: `InputError` with the encoding
  /// that it seems to be in.
  static func refuseOthers(_ block: [UInt8], path: String) throws {
    switch problem(with: block.prefix(1 << 16)) {
    case nil: return
    case .noText: throw FileError(path: path, reason: noText)
    case .other(let encoding):
      let mixed =
        encoding == .gb18030 ? ", or `encoding` auto for files that mix the two" : ""
      throw InputError(
        "\(path): not UTF-8 but reads as \(encoding.title): pass `encoding` \(encoding.rawValue)\(mixed)"
      )
    }
  }

  /// `bytes`, which are in another encoding, as UTF-8.
  static func utf8(_ bytes: [UInt8], from encoding: TextEncoding) -> [UInt8] {
    if encoding == .utf16 {
      var converter = UTF16Bytes(isBigEndian: UTF16Bytes.isBigEndian(bytes))
      return converter.utf8(from: bytes)
    }
    return CharacterConverter(from: encoding)?.convert(bytes).text ?? bytes
  }

  /// Bytes of `sample` that belong to no UTF-8 scalar.
  static func invalidBytes(_ sample: ArraySlice<UInt8>) -> Int {
    sample.withUnsafeBufferPointer { bytes in
      var invalid = 0
      var index = 0
      while index < bytes.count {
        let (scalar, width) = ScalarLine.scalar(bytes, index)
        if scalar == ScalarLine.replacement, width == 1 { invalid += 1 }
        index += width
      }
      return invalid
    }
  }

  /// Whether nearly all of `sample` is well-formed GB18030 (its last scalar may be cut).
  static func isGB18030(_ sample: some Collection<UInt8>) -> Bool {
    let bytes = Array(sample)
    var index = 0
    var good = 0
    var bad = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte < 0x80 {
        index += 1
      } else if byte >= 0x81, byte <= 0xFE, index + 1 < bytes.count {
        let second = bytes[index + 1]
        if second >= 0x40, second != 0x7F, second != 0xFF {
          good += 1
          index += 2
        } else if second >= 0x30, second <= 0x39, index + 3 < bytes.count {
          good += 1
          index += 4
        } else {
          bad += 1
          index += 1
        }
      } else {
        if index + 1 < bytes.count { bad += 1 }
        index += 1
      }
    }
    return good > 0 && bad * 50 <= good
  }

  /// Line by line: what is not UTF-8 but is GB18030 is converted.
  static func utf8(mixed bytes: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count)
    var converter: CharacterConverter?
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      if invalidBytes(line) > 0, isGB18030(line) {
        if converter == nil { converter = CharacterConverter(from: .gb18030) }
        output.append(contentsOf: converter?.convert(Array(line)).text ?? Array(line))
      } else {
        output.append(contentsOf: line)
      }
      output.append(0x0A)
    }
    // The split gave one empty line after the last line end.
    if bytes.last == 0x0A { output.removeLast() }
    return output
  }
}
