/// Where lists of articles stand.
enum SitePaths {
  static func category(_ name: String, _ language: PageLanguage) -> String {
    "\(language.prefix)/category/\(folder(name))/"
  }

  static func tag(_ name: String, _ language: PageLanguage) -> String {
    "\(language.prefix)/tag/\(folder(name))/"
  }

  static func year(_ name: String, _ language: PageLanguage) -> String {
    "\(language.prefix)/archives/\(folder(name))/"
  }

  static func search(_ language: PageLanguage) -> String { language.prefix + "/search/" }

  /// A name as a folder's: what addresses and file systems give a meaning is a hyphen.
  static func folder(_ name: String) -> String {
    var folder = ""
    for scalar in name.unicodeScalars {
      let isPlain =
        scalar.value > 0x20 && scalar.value != 0x7F
        && !"/\\?#%:*\"<>|&;".unicodeScalars.contains(scalar)
      folder.unicodeScalars.append(isPlain && !scalar.properties.isWhitespace ? scalar : "-")
    }
    while folder.hasPrefix(".") { folder.removeFirst() }
    return folder.isEmpty ? "-" : String(folder.prefix(80))
  }

  /// For feeds, whose addresses are ASCII.
  static func percentEncoded(_ path: String) -> String {
    var result = ""
    for byte in path.utf8 {
      let isPlain =
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || "-._~/:".utf8.contains(byte)
      if isPlain {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        result += "%" + (byte < 16 ? "0" : "") + digits
      }
    }
    return result
  }
}
