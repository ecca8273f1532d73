import Foundation
import Testing

@testable import Pages

/// docs/claims.md, where `danlu verify` wrote every recipe's claims, against the articles' headers and the
/// recipes' sources.
@Suite struct ClaimWordsTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The `id`s of each recipe's claims.
  private func measured() throws -> [String: [String]] {
    let text = try String(
      contentsOf: Self.root.appending(path: "docs/claims.md"), encoding: .utf8)
    var claims: [String: [String]] = [:]
    var recipe = ""
    for line in text.split(separator: "\n") {
      if line.hasPrefix("## ") {
        recipe = String(line.dropFirst(3).prefix { $0 != " " })
      } else if let match = line.firstMatch(of: /^\| [✓✗] \| `([^`]+)` \|/) {
        claims[recipe, default: []].append(String(match.1))
      }
    }
    return claims
  }

  @Test func everyClaimHasChineseWords() throws {
    let articles = try ArticleSource.all(in: PageResources.folder("Articles"))
    let claims = try measured()
    #expect(claims.values.joined().count > 200)
    for article in articles where article.language == .chinese && article.isRecipe {
      let ids = try #require(
        claims[article.name], "docs/claims.md has no section \(article.name)")
      for id in ids { #expect(article.claims[id] != nil, "\(article.name).zh.md: \(id)") }
      for (id, words) in article.claims {
        #expect(words.contains { $0 >= "\u{4e00}" && $0 <= "\u{9fff}" }, "\(article.name): \(id)")
      }
    }
    #expect(Set(claims.keys) == Set(articles.filter(\.isRecipe).map(\.name)))
  }

  /// Also claims that only other data than the usual have, and those that were not yet measured.
  @Test func everyClaimOfTheSourcesHasChineseWords() throws {
    let articles = try ArticleSource.all(in: PageResources.folder("Articles"))
    let known = Set(articles.flatMap(\.claims.keys))
    let folder = Self.root.appending(path: "Sources/Articles")
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    var count = 0
    while let file = files?.nextObject() as? URL {
      guard file.pathExtension == "swift" else { continue }
      let source = try String(contentsOf: file, encoding: .utf8)
      for match in source.matches(of: /Claim\(\s*id: "([^"\\]+)",/) {
        count += 1
        #expect(known.contains(String(match.1)), "\(file.lastPathComponent): \(match.1)")
      }
    }
    #expect(count > 150)
  }
}
