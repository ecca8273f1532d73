import Formats
import Testing

@Suite struct CRC32CTests {
  /// RFC 3720, appendix B.4.
  @Test func knownValues() {
    #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
    #expect(CRC32C.checksum([UInt8](repeating: 0xff, count: 32)) == 0x62a8_ab43)
    #expect(CRC32C.checksum((0..<32).map { UInt8($0) }) == 0x46dd_794e)
    #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xe306_9283)
    #expect(CRC32C.checksum([]) == 0)
  }

  @Test func partsGiveTheWhole() {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * $0) }
    for cut in [0, 1, 7, 8, 9, 500, 1000] {
      var crc = CRC32C()
      bytes[..<cut].withUnsafeBytes { crc.update($0) }
      bytes[cut...].withUnsafeBytes { crc.update($0) }
      #expect(crc.value == CRC32C.checksum(bytes))
    }
  }
}
