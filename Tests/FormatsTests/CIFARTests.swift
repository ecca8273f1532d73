import Formats
import Messages
import TestSupport
import Testing

@Suite struct CIFARTests {
  @Test func readsGzip() throws {
    let images = try CIFAR(path: Golden.path("cifar.bin.gz"))
    #expect(images.labels == [3, 9] && images.pixels.count == 2 * 3072)
    #expect(images.pixels[3072 + 5] == UInt8((9 * 31 + 5) % 256))
  }

  @Test func readsTheFineLabelOfCIFAR100() throws {
    let record = [19, 77] + [UInt8](repeating: 1, count: 3072)
    let images = try record.withUnsafeBytes { try CIFAR(parsing: $0, variant: .hundred, path: "x") }
    #expect(images.labels == [77])
  }

  @Test func refusesTruncationForeignLabelsAndEmptiness() throws {
    let bytes = [UInt8](repeating: 1, count: 2 * 3073)
    for length in [0, 1, 3072, 3074, 2 * 3073 - 1] {
      #expect(throws: FileError.self) {
        try bytes[..<length].withUnsafeBytes { _ = try CIFAR(parsing: $0, path: "x") }
      }
    }
    let foreign = [UInt8](repeating: 200, count: 3073)
    let text = message { _ = try foreign.withUnsafeBytes { try CIFAR(parsing: $0, path: "x") } }
    #expect(text.contains("record 0 has label 200"))
  }
}
