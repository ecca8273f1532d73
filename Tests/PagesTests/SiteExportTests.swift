import Foundation
import Messages
import Testing

@testable import Pages

@Suite struct SiteExportTests {
  private func folder(_ body: (String) throws -> Void) throws {
    let path = NSTemporaryDirectory() + "danlu-site-\(UInt64.random(in: 0...UInt64.max))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  /// `count` articles of invented sentences, each with one that no other has.
  private func articles(_ count: Int, in folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for index in 0..<count { try write(article(index), index, folder) }
  }

  private func write(_ text: String, _ index: Int, _ folder: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/article-\(index).zh.md"))
  }

  private func index(in folder: String) throws -> SearchIndex {
    let reader = SearchFilesReader(.chinese) {
      FileManager.default.contents(atPath: folder + $0).map(Array.init)
    }
    var found = try #require(reader)
    let isRead = found.readLists(of: Set(0..<found.shards), threads: 1)
    try #require(isRead)
    return found.index
  }

  private static let subjects = ["判别器", "生成器", "编码器", "词向量", "优化器", "社区划分", "损失函数"]
  private static let verbs = ["决定了", "依赖于", "并不影响", "通常快过", "可以代替", "约束着"]

  private func article(_ index: Int) -> String {
    let sentences = (0..<40).map { line in
      let a = Self.subjects[(index * 3 + line) % 7]
      let b = Self.subjects[(index + line * 2) % 7]
      return
        "第\(index * 40 + line)条说的是\(a)\(Self.verbs[(index + line) % 6])\(b)，其中 $x_{\(line)}^2+\\frac{1}{\(index + 1)}$ 是常数。"
    }
    return """
      ---
      article: article-\(index)
      title: 第\(index)篇：\(Self.subjects[index % 7])
      date: 20\(10 + index % 10)-\(10 + index % 3)-\(10 + index % 19)
      category: 类\(index % 5)
      tags: 签\(index % 11), 签\(11 + index % 13)
      ---
      \(sentences.joined(separator: "\n\n"))

      \\begin{equation}\\label{eq:a}
      y=\(index)
      \\end{equation}

      见 \\eqref{eq:a}。
      """
  }

  private func options(_ folder: String) -> Website.Options {
    var options = Website.Options()
    options.articles = folder + "/articles"
    options.threads = 2
    return options
  }

  @Test func onlyWhatChangedIsWritten() throws {
    try folder { folder in
      try articles(40, in: folder + "/articles")
      let target = folder + "/public"
      let first = try SiteExport(to: target, options(folder)).run()
      #expect(first.articles == 40 && first.written == first.files)
      // A language without articles has a search that finds nothing, not one that fails.
      #expect(FileManager.default.fileExists(atPath: target + "/assets/search/en/index.json"))
      let page = try String(
        contentsOfFile: target + "/article/article-7/index.html", encoding: .utf8)
      #expect(page.contains("href=\"#eq-a\">(1)</a>"))
      #expect(try SiteExport(to: target, options(folder)).run().written == 0)

      try write(article(7) + "\n\n只有这里说到了蓝色的企鹅。", 7, folder + "/articles")
      let second = try SiteExport(to: target, options(folder)).run()
      #expect(second.written > 1 && second.written < 12)
      // The index that was amended answers as a new one does.
      let amended = try index(in: target)
      let fresh = folder + "/fresh"
      _ = try SiteExport(to: fresh, options(folder)).run()
      let new = try index(in: fresh)
      for term in ["企鹅", "蓝色", "判别", "第7"] {
        let key = SearchTerms.key(of: term)
        func names(_ index: SearchIndex) -> Set<String> {
          Set(
            (index.postings[key] ?? []).map {
              "\(index.documents[Int($0.document)].name) \($0.count)"
            })
        }
        #expect(names(amended) == names(new), "\(term)")
      }
    }
  }

  /// What a kill leaves half done is done by the next export, also where the change was taken back.
  @Test func anExportThatEndsEarlyIsCompleted() throws {
    try folder { folder in
      try articles(9, in: folder + "/articles")
      let target = folder + "/public"
      _ = try SiteExport(to: target, options(folder)).run()
      let page = target + "/article/article-7/index.html"
      let whole = try String(contentsOfFile: page, encoding: .utf8)
      for number in [2, 7] {
        try write(article(number) + "\n\n蓝色的企鹅。", number, folder + "/articles")
      }
      // Where this folder stands no file can be written.
      let obstacle = target + "/article/article-2/index.html.partial"
      try FileManager.default.createDirectory(atPath: obstacle, withIntermediateDirectories: true)
      var alone = options(folder)
      alone.threads = 1
      #expect(throws: FileError.self) { try SiteExport(to: target, alone).run() }
      try FileManager.default.removeItem(atPath: obstacle)
      for number in [2, 7] { try write(article(number), number, folder + "/articles") }
      _ = try SiteExport(to: target, options(folder)).run()
      #expect(try String(contentsOfFile: page, encoding: .utf8) == whole)
      let index = try index(in: target)
      #expect(index.postings[SearchTerms.key(of: "企鹅")] == nil)
    }
  }

  @Test func articlesThatAreGoneAreRemoved() throws {
    try folder { folder in
      try articles(5, in: folder + "/articles")
      let target = folder + "/public"
      _ = try SiteExport(to: target, options(folder)).run()
      try FileManager.default.removeItem(atPath: folder + "/articles/article-3.zh.md")
      let outcome = try SiteExport(to: target, options(folder)).run()
      #expect(outcome.removed >= 2)
      #expect(!FileManager.default.fileExists(atPath: target + "/article/article-3"))
      #expect(try index(in: target).documents.count == 4)
    }
  }

  @Test func foreignFoldersAreRefused() throws {
    try folder { folder in
      try articles(2, in: folder + "/articles")
      let error = #expect(throws: FileError.self) { try SiteExport(to: folder, options(folder)) }
      #expect(error?.description.contains("something else than an export") == true)
      // An export that a kill cut short has a list of files that names none: it is completed.
      var empty = options(folder)
      empty.articles = NSTemporaryDirectory() + "danlu-no-such-folder"
      #expect(throws: FileError.self) { try SiteExport(to: folder + "/public", empty).run() }
      let target = folder + "/public"
      _ = try SiteExport(to: target, options(folder)).run()
      try Data("{\"files\": {\"/../escaped\": [\"a\", \"b\", 1]".utf8)
        .write(to: URL(fileURLWithPath: target + "/export.json"))
      try FileManager.default.removeItem(atPath: target + "/index.html")
      _ = try SiteExport(to: target, options(folder)).run()
      #expect(FileManager.default.fileExists(atPath: target + "/index.html"))
    }
  }

  /// Hundreds of articles, exported and amended; how long a thousand take stands in docs/benchmarks/site.md.
  @Test func hundredsOfArticlesAreFoundBySentence() throws {
    try folder { folder in
      try articles(300, in: folder + "/articles")
      let target = folder + "/public"
      _ = try SiteExport(to: target, options(folder)).run()
      let site = try Website(options(folder))
      for index in stride(from: 0, to: 300, by: 37) {
        let line = "第\(index * 40 + 5)条说的是\(Self.subjects[(index * 3 + 5) % 7])"
        #expect(site.search(line, in: .chinese).first?.name == "article-\(index)")
      }
      try write(article(150) + "\n\n只有这里说到了蓝色的企鹅。", 150, folder + "/articles")
      #expect(try SiteExport(to: target, options(folder)).run().written < 80)
      let updated = try site.updated()
      #expect(updated.search("蓝色的企鹅", in: .chinese).first?.name == "article-150")
    }
  }
}
