import Messages

/// The binary files of CIFAR-10 and CIFAR-100: records of one label (CIFAR-100: a coarse and a fine
/// one) and 3072 bytes, the red, green and blue planes of a 32×32 image; plain or gzip.
public struct CIFAR: Sendable, Equatable {
  /// Which of the two layouts a file has.
  public enum Variant: Sendable {
    case ten, hundred

    var labelCount: Int { self == .ten ? 1 : 2 }
    var classCount: UInt8 { self == .ten ? 10 : 100 }
  }

  /// One label per image (CIFAR-100: the fine one).
  public let labels: [UInt8]
  /// The images, `[count, 3, 32, 32]`.
  public let pixels: [UInt8]

  public var count: Int { labels.count }

  static let imageSize = 3 * 32 * 32

  public init(path: String, variant: Variant = .ten) throws {
    let bytes = try ByteSource(path: path).readAll()
    self = try bytes.withUnsafeBytes { try CIFAR(parsing: $0, variant: variant, path: path) }
  }

  /// Parses a whole (unpacked) file. Throws `FileError` naming `path`.
  public init(
    parsing bytes: UnsafeRawBufferPointer, variant: Variant = .ten, path: String
  ) throws {
    let record = variant.labelCount + Self.imageSize
    guard !bytes.isEmpty else {
      throw FileError(path: path, reason: "is empty, expected CIFAR records of \(record) bytes")
    }
    guard bytes.count % record == 0 else {
      throw FileError(
        path: path,
        reason: "truncated or not a CIFAR file: \(bytes.count) bytes are \(bytes.count / record) "
          + "records of \(record) bytes and \(bytes.count % record) more")
    }
    let count = bytes.count / record
    var labels: [UInt8] = []
    var pixels: [UInt8] = []
    labels.reserveCapacity(count)
    pixels.reserveCapacity(count * Self.imageSize)
    for index in 0..<count {
      let start = index * record
      let label = bytes[start + variant.labelCount - 1]
      guard label < variant.classCount else {
        throw FileError(
          path: path,
          reason: "not a CIFAR file: record \(index) has label \(label), expected one below "
            + "\(variant.classCount)")
      }
      labels.append(label)
      pixels.append(contentsOf: bytes[start + variant.labelCount..<start + record])
    }
    self.labels = labels
    self.pixels = pixels
  }
}
