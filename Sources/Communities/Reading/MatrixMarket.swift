import Messages

/// The head of a Matrix Market file (coordinate format), whose entries are lines of links.
struct MatrixMarket {
  /// Only one triangle of the matrix is listed.
  let isSymmetric: Bool

  /// `nil` for other files. Hides the line of sizes, which reads like a link, as a comment. Throws
  /// `FileError` for matrices that list no links.
  init?(_ bytes: UnsafeMutableBufferPointer<UInt8>, path: String) throws {
    guard bytes.starts(with: Array("%%MatrixMarket".utf8)) else { return nil }
    let newline = ByteScanner.newline
    let head = String(decoding: bytes.prefix { $0 != newline }, as: UTF8.self)
    let words = head.lowercased().split(whereSeparator: \.isWhitespace)
    guard words.count == 5, words[1] == "matrix", words[2] == "coordinate",
      ["real", "integer", "pattern"].contains(words[3]),
      ["general", "symmetric"].contains(words[4])
    else {
      throw FileError(
        path: path,
        reason: "line 1: of Matrix Market files “matrix coordinate real|integer|pattern "
          + "general|symmetric” is read, received “\(head.prefix(60))”")
    }
    isSymmetric = words[4] == "symmetric"
    var place = 0
    while place < bytes.count, bytes[place] == UInt8(ascii: "%") || bytes[place] == newline {
      place = (bytes[place...].firstIndex(of: newline) ?? bytes.count) + 1
    }
    if place < bytes.count { bytes[place] = UInt8(ascii: "%") }
  }
}
