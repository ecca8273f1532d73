import Foundation

/// The system's converter from another encoding to UTF-8.
final class CharacterConverter {
  private let handle: iconv_t

  /// `nil` where the system has no such converter.
  init?(from encoding: TextEncoding) {
    guard let name = Self.names[encoding], let handle = iconv_open("UTF-8", name),
      // The failure value is all ones.
      handle != iconv_t(bitPattern: -1)
    else { return nil }
    self.handle = handle
  }

  private static let names: [TextEncoding: String] = [
    .gb18030: "GB18030", .big5: "BIG5-HKSCS", .shiftJIS: "CP932",
  ]

  deinit { iconv_close(handle) }

  /// Bytes the converter refuses pass through, and are counted; the encoder finds them invalid.
  func convert(_ bytes: [UInt8]) -> (text: [UInt8], refused: Int) {
    var input = bytes.map { CChar(bitPattern: $0) }
    var output: [UInt8] = []
    var refused = 0
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
          refused += 1
        }
      }
    }
    return (output, refused)
  }
}
