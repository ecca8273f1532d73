/// How byte-level vocabularies spell bytes: each as one visible scalar (Radford et al. 2019).
///
/// Printable Latin-1 stands for itself, every other byte for a scalar from U+0100 on: a space is Ġ.
enum ByteAlphabet {
  static let scalars: [Unicode.Scalar] = {
    var next: UInt32 = 0x100
    return (UInt8.min...UInt8.max).map { byte in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return Unicode.Scalar(byte)
      default:
        defer { next += 1 }
        return Unicode.Scalar(next) ?? "\u{FFFD}"
      }
    }
  }()

  private static let bytes: [Unicode.Scalar: UInt8] = Dictionary(
    uniqueKeysWithValues: zip(scalars, UInt8.min...UInt8.max))

  /// The bytes that `token` spells, or `nil` if it holds a scalar that stands for none.
  static func bytes(of token: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    for scalar in token.unicodeScalars {
      guard let byte = Self.bytes[scalar] else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  static func spelling(_ bytes: some Sequence<UInt8>) -> String {
    String(String.UnicodeScalarView(bytes.lazy.map { scalars[Int($0)] }))
  }
}
