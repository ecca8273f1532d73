import Foundation

/// Texts as they are compared: full width as half width, capitals as small letters. Scalar for scalar, so that places
/// stay what they are.
public enum FoldedText {
  public static func scalars(_ text: String) -> [Unicode.Scalar] {
    text.unicodeScalars.map(fold)
  }

  public static func string(_ text: String) -> String {
    String(String.UnicodeScalarView(scalars(text)))
  }

  public static func fold(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar.value {
    case 0x3000, 0xA0, 0x09: return " "
    case 0xFF01...0xFF5E:
      return fold(Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar)
    case 0x41...0x5A: return Unicode.Scalar(scalar.value + 32) ?? scalar
    default: return scalar
    }
  }
}
