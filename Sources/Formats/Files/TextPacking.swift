/// Formats that text comes packed in and that are not unpacked here, told by their first bytes.
enum TextPacking: CaseIterable {
  case xz, zstd, bzip2, lz4, zip, sevenZip, rar

  /// The format that `bytes` begin, `nil` for everything else.
  init?(of bytes: UnsafeRawBufferPointer) {
    guard let found = Self.allCases.first(where: { bytes.starts(with: $0.signature) }),
      found != .bzip2 || bytes.dropFirst(4).starts(with: Self.blockOfBzip2)
    else { return nil }
    self = found
  }

  private static let blockOfBzip2: [UInt8] = [0x31, 0x41, 0x59, 0x26, 0x53, 0x59]

  private var signature: [UInt8] {
    switch self {
    case .xz: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]
    case .zstd: [0x28, 0xB5, 0x2F, 0xFD]
    // Then a digit and the first bytes of a block: text may begin with these three letters.
    case .bzip2: [0x42, 0x5A, 0x68]
    case .lz4: [0x04, 0x22, 0x4D, 0x18]
    case .zip: [0x50, 0x4B, 0x03, 0x04]
    case .sevenZip: [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]
    case .rar: [0x52, 0x61, 0x72, 0x21, 0x1A, 0x07]
    }
  }

  private var name: String {
    switch self {
    case .sevenZip: "7z"
    default: "\(self)"
    }
  }

  /// What is wrong with a file in this format, and what would work.
  func advice(for path: String) -> String {
    let file = path == "-" ? "FILE" : path
    let command =
      switch self {
      case .xz: "xz -dc \(file)"
      case .zstd: "zstd -dc \(file)"
      case .bzip2: "bzip2 -dc \(file)"
      case .lz4: "lz4 -dc \(file)"
      case .zip: "unzip -p \(file)"
      case .sevenZip: "7z x -so \(file)"
      case .rar: "unrar p -inul \(file)"
      }
    return "is packed as \(name); text is read plain or as gzip: \(command) | gzip > FILE.gz"
  }
}
