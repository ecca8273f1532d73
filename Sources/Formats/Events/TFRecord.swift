/// The framing of TFRecord files: length, masked checksum of the length, data, masked checksum of
/// the data; little endian.
public enum TFRecord {
  /// `data` with its frame.
  public static func framed(_ data: [UInt8]) -> [UInt8] {
    let length = withUnsafeBytes(of: UInt64(data.count).littleEndian, Array.init)
    return length + checksum(length) + data + checksum(data)
  }

  private static func checksum(_ bytes: [UInt8]) -> [UInt8] {
    withUnsafeBytes(of: bytes.withUnsafeBytes(CRC32C.masked).littleEndian, Array.init)
  }

  /// The records of a file, as far as they are whole.
  public struct Contents: Sendable {
    /// Where each record's data stands.
    public var records: [Range<Int>]
    /// Bytes up to the end of the last whole record.
    public var wholeLength: Int
    /// Why reading stopped before the end of the file; `nil` if it did not.
    public var problem: String?
  }

  /// Finds the records of a file, stopping at the first one that is cut or fails a checksum.
  public static func parse(_ bytes: UnsafeRawBufferPointer) -> Contents {
    var contents = Contents(records: [], wholeLength: 0)
    var offset = 0
    while offset < bytes.count {
      guard bytes.count - offset >= 12 else {
        contents.problem = "torn record at byte \(offset)"
        break
      }
      let length = UInt64(
        littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      guard stored(bytes, offset + 8) == masked(bytes, offset..<offset + 8) else {
        contents.problem = "damaged record length at byte \(offset)"
        break
      }
      guard length <= bytes.count - offset - 12, bytes.count - offset - 12 - Int(length) >= 4 else {
        contents.problem = "torn record at byte \(offset)"
        break
      }
      let data = offset + 12..<offset + 12 + Int(length)
      guard stored(bytes, data.upperBound) == masked(bytes, data) else {
        contents.problem = "damaged record at byte \(offset)"
        break
      }
      contents.records.append(data)
      offset = data.upperBound + 4
      contents.wholeLength = offset
    }
    return contents
  }

  private static func stored(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
    UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  private static func masked(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> UInt32 {
    CRC32C.masked(UnsafeRawBufferPointer(rebasing: bytes[range]))
  }
}
