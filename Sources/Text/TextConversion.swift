import Foundation
import Messages

/// Recognizes and converts GB18030, the other encoding Chinese text comes in.
public enum TextConversion {
  static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// A whole file as UTF-8 without a byte order mark: GB18030 is converted if its beginning says so.
  public static func utf8(guessing bytes: [UInt8]) -> [UInt8] {
    let sample = bytes.prefix(1 << 20)
    let text =
      invalidBytes(sample) > 0 && isGB18030(sample) ? utf8(fromGB18030: bytes) : bytes
    return text.starts(with: byteOrderMark) ? Array(text.dropFirst(3)) : text
  }

  /// Throws if `block`, the beginning of the file at `path`, is not UTF-8 but reads well as GB18030.
  static func refuseGB18030(_ block: [UInt8], path: String) throws {
    let sample = block.prefix(1 << 16)
    let high = sample.reduce(0) { $0 + ($1 >= 0x80 ? 1 : 0) }
    guard high >= 16 else { return }
    let invalid = invalidBytes(sample)
    guard invalid * 5 > high, isGB18030(sample) else { return }
    throw InputError(
      "\(path): not UTF-8 (\(invalid) of its first \(sample.count) bytes are invalid) but reads as "
        + "GB18030: pass `encoding` gb18030, or `encoding` auto for files that mix the two")
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

  static func utf8(fromGB18030 bytes: [UInt8]) -> [UInt8] {
    guard let converter = Converter() else { return bytes }
    return converter.convert(bytes)
  }

  /// Line by line: what is not UTF-8 but is GB18030 is converted.
  static func utf8(mixed bytes: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count)
    var converter: Converter?
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      if invalidBytes(line) > 0, isGB18030(line) {
        if converter == nil { converter = Converter() }
        output.append(contentsOf: converter?.convert(Array(line)) ?? Array(line))
      } else {
        output.append(contentsOf: line)
      }
      output.append(0x0A)
    }
    // The split gave one empty line after the last line end.
    if bytes.last == 0x0A { output.removeLast() }
    return output
  }

  /// The system's character set converter.
  private final class Converter {
    private let handle: iconv_t

    init?() {
      // The failure value is all ones.
      guard let handle = iconv_open("UTF-8", "GB18030"), handle != iconv_t(bitPattern: -1) else {
        return nil
      }
      self.handle = handle
    }

    deinit { iconv_close(handle) }

    /// Bytes the converter refuses pass through; the encoder counts them as invalid.
    func convert(_ bytes: [UInt8]) -> [UInt8] {
      var input = bytes.map { CChar(bitPattern: $0) }
      var output: [UInt8] = []
      output.reserveCapacity(bytes.count * 3 / 2)
      var buffer = [CChar](repeating: 0, count: 1 << 16)
      input.withUnsafeMutableBufferPointer { input in
        var source = input.baseAddress
        var left = input.count
        while left > 0 {
          let produced = buffer.withUnsafeMutableBufferPointer { buffer in
            var target = buffer.baseAddress
            var room = buffer.count
            let status = iconv(handle, &source, &left, &target, &room)
            return (
              count: buffer.count - room, failed: status == Int.max || status == -1, code: errno
            )
          }
          output.append(contentsOf: buffer[..<produced.count].map { UInt8(bitPattern: $0) })
          if produced.failed, produced.code != E2BIG, left > 0, let byte = source?.pointee {
            output.append(UInt8(bitPattern: byte))
            source = source?.advanced(by: 1)
            left -= 1
          }
        }
      }
      return output
    }
  }
}
