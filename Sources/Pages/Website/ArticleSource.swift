import Formats
import Foundation
import Messages
import Parallel

/// One article in one language: the header of its file and its text.
///
///     ---
///     article: gan-qp
///     title: A GAN that needs no Lipschitz constraint
///     date: 2018-11-20
///     category: Generative models
///     tags: GAN, loss functions
///     source: https://kexue.fm/archives/6163
///     claim trains: Without a Lipschitz constraint it trains
///     ---
///     (Markdown)
///
/// Its file is `<article>.<language>.md`. `claim ID` says how a claim of the recipe reads in this language;
/// recipes themselves speak English.
public struct ArticleSource: Sendable, Equatable {
  /// The recipe's name, and the page's: `gan-qp`.
  public let name: String
  public let language: PageLanguage
  public let title: String
  /// `2018-11-20`.
  public let date: String
  let day: CalendarDay
  public let category: String
  public let tags: [String]
  /// The address of the original article.
  public let source: String?
  /// The recipe's claims in this language, by their `id`.
  public let claims: [String: String]
  /// What follows the header, as it stands in the file: of most articles nobody asks for the string.
  let body: ArraySlice<UInt8>
  /// The same as a text.
  public var markdown: String { String(decoding: body, as: UTF8.self) }
  /// Of the whole file.
  let hash: ContentHash

  /// Reads a file's bytes. Throws `FileError`, naming the line, for a header that is not as above.
  public init(_ bytes: [UInt8], path: String) throws(FileError) {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    let parts = file.split(separator: ".")
    guard parts.count == 3, parts[2] == "md",
      let language = PageLanguage(rawValue: String(parts[1]))
    else {
      throw FileError(path: path, reason: "an article's file is called NAME.zh.md or NAME.en.md")
    }
    var lines = MarkdownLines(bytes[...])
    guard lines.next()?.elementsEqual("---".utf8) == true else {
      throw FileError(path: path, reason: "line 1: a header that begins with --- was expected")
    }
    var fields: [String: String] = [:]
    var claims: [String: String] = [:]
    var number = 1
    while true {
      number += 1
      guard let line = lines.next() else {
        throw FileError(path: path, reason: "the header has no end (---)")
      }
      if line.elementsEqual("---".utf8) { break }
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
        throw FileError(
          path: path,
          reason:
            "line \(number): 'field: value' was expected, found '\(String(decoding: line, as: UTF8.self))'"
        )
      }
      let field = String(decoding: line[..<colon].trimmed, as: UTF8.self)
      let value = String(decoding: line[(colon + 1)...].trimmed, as: UTF8.self)
      let before: String?
      if field.hasPrefix("claim ") {
        before = claims.updateValue(value, forKey: String(field.dropFirst("claim ".count)))
      } else if Self.fields.contains(field) {
        before = fields.updateValue(value, forKey: field)
      } else {
        throw FileError(
          path: path,
          reason: "line \(number): '\(field)' is no field; they are "
            + (Self.fields + ["claim ID"]).joined(separator: ", "))
      }
      guard before == nil else {
        throw FileError(path: path, reason: "line \(number): a second '\(field):'")
      }
    }
    func field(_ name: String) throws(FileError) -> String {
      guard let value = fields[name], !value.isEmpty else {
        throw FileError(path: path, reason: "its header lacks '\(name):'")
      }
      return value
    }
    name = try field("article")
    title = try field("title")
    date = try field("date")
    category = try field("category")
    guard name == parts[0], Self.isName(name) else {
      throw FileError(
        path: path,
        reason: "article: the file's name up to the first dot was expected, found '\(name)'")
    }
    guard let day = CalendarDay(date) else {
      throw FileError(
        path: path, reason: "date: a day such as 2018-11-20 was expected, found '\(date)'")
    }
    self.day = day
    self.language = language
    self.claims = claims
    tags = (fields["tags"] ?? "").split { $0 == "," || $0 == "，" || $0 == "、" }
      .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    source = fields["source"].flatMap { $0.isEmpty ? nil : $0 }
    guard source.map({ $0.hasPrefix("https://") || $0.hasPrefix("http://") }) ?? true else {
      throw FileError(
        path: path,
        reason: "source: an address that begins with https:// was expected, found '\(source ?? "")'"
      )
    }
    body = lines.rest
    hash = ContentHash(bytes)
  }

  private static let fields = ["article", "title", "date", "category", "tags", "source"]

  /// Small letters, digits and hyphens: what is safe as a folder's name and in an address.
  static func isName(_ name: String) -> Bool {
    let bytes = name.utf8
    return (1...100).contains(bytes.count) && bytes.first != UInt8(ascii: "-")
      && bytes.allSatisfy {
        (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
      }
  }

  /// The page's path: `/en/article/gan-qp/`.
  public var path: String { language.prefix + "/article/\(name)/" }

  /// Whether it is about an article that runs; the others are guides.
  public var isRecipe: Bool { source != nil }

  /// The guide that tells what all this is.
  var isOverview: Bool { name == "index" }

  public var year: String { String(date.prefix(4)) }

  /// All articles of a folder, by date, the newest first; within a day by name. Throws for a folder without
  /// any.
  public static func all(
    in folder: String, threads: Int = defaultThreadCount
  ) throws -> [ArticleSource] {
    let names = try Folder.names(in: folder).filter { $0.hasSuffix(".md") }
    guard !names.isEmpty else {
      throw FileError(
        path: folder, reason: "holds no articles; they are called NAME.zh.md, NAME.en.md")
    }
    return try parallelMap(count: names.count, threads: threads) { index in
      let path = "\(folder)/\(names[index])"
      var bytes = try SiteFile.read(path)
      // A byte order mark at the beginning is none of the text.
      if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
      return try ArticleSource(bytes, path: path)
    }
    .sorted { ($0.date, $0.name, $0.language.rawValue) > ($1.date, $1.name, $1.language.rawValue) }
  }
}
