import Foundation
import Testing

@testable import Formats
@testable import Site
@testable import TableQueries

private let hasSQLite = (try? SQLiteLibrary.open()) != nil

@Suite(.enabled(if: hasSQLite, "SQLite's library is not installed")) struct CommentTests {
  private static func path() -> String {
    FileManager.default.temporaryDirectory.path + "/comments-\(UUID().uuidString).sqlite"
  }

  private func draft(_ text: String, parent: Int? = nil, email: String = "a@b.c")
    -> CommentStore.Draft
  {
    .init(page: "gan-qp", nickname: "甲", email: email, home: nil, text: text, parent: parent)
  }

  @Test func answersStandTenLevelsDeepThenQuote() async throws {
    let store = try CommentStore(path: Self.path())
    var parent: Int?
    for number in 1...13 {
      let comment = try await store.add(draft("\(number)", parent: parent), from: "\(number)")
      #expect(comment.floor == number && comment.level == min(number, 10))
      #expect(comment.quoted == (number > 10 ? number - 1 : nil))
      parent = comment.id
    }
    let side = try await store.add(draft("beside", parent: 1), from: "x")
    #expect(side.level == 2)
    let (comments, total) = try await store.list(page: "gan-qp", offset: 0, limit: 50)
    #expect(total == 14)
    let last = try await store.add(draft("last"), from: "y")
    #expect(try await store.offset(of: side) == 13)
    #expect(try await store.offset(of: last) == 14)
    // Each answer below what it answers.
    #expect(comments.map(\.floor) == Array(1...13) + [14])
    #expect(
      try await store.list(page: "gan-qp", offset: 12, limit: 1).comments.map(\.floor) == [13])
    #expect(try await store.list(page: "o-gan", offset: 0, limit: 50).total == 0)
  }

  @Test func mistakesAndFloodsAreRefused() async throws {
    let store = try CommentStore(path: Self.path())
    _ = try await store.add(draft("same"), from: "a", at: 1000)
    await #expect(throws: Problem.self) { try await store.add(draft("same"), from: "a", at: 1500) }
    _ = try await store.add(draft("same"), from: "a", at: 1700)
    _ = try await store.add(draft("same", email: "d@e.f"), from: "b", at: 1000)
    for number in 0..<9 { _ = try await store.add(draft("\(number)"), from: "c", at: 2000) }
    _ = try await store.add(draft("tenth"), from: "c", at: 2000)
    await #expect(throws: Problem.self) { try await store.add(draft("more"), from: "c", at: 2001) }
    _ = try await store.add(draft("later"), from: "c", at: 2700)
    for wrong in [
      draft("  "), draft("http://a http://b https://c HTTP://d"), draft("x", email: "none"),
      draft("x", parent: 999),
    ] {
      await #expect(throws: Problem.self) { try await store.add(wrong, from: "e") }
    }
    var home = draft("x")
    home.home = "javascript:alert(1)"
    let wrong = home
    await #expect(throws: Problem.self) { try await store.add(wrong, from: "e") }
  }

  @Test func whatIsConfirmedIsKeptAndModerated() async throws {
    let path = Self.path()
    do {
      let store = try CommentStore(path: path, isModerated: true)
      for text in ["one", "two", "three"] { _ = try await store.add(draft(text), from: text) }
      #expect(try await store.list(page: "gan-qp", offset: 0, limit: 9).total == 0)
      // A second process, while the first has the file open.
      let other = try CommentStore(path: path)
      for number in 1...3 { try await other.set(.shown, of: number) }
      try await other.set(.deleted, of: 2)
      try await other.set(.hidden, of: 3)
      await #expect(throws: (any Error).self) { try await other.set(.hidden, of: 99) }
      let found = try await store.list(page: "gan-qp", offset: 0, limit: 9)
      #expect(found.comments.map(\.visibility) == [.shown, .deleted])
    }
    let again = try CommentStore(path: path)
    #expect(try await again.newest(10).map(\.text) == ["three", "two", "one"])
    #expect(try await again.newest(10, .hidden).map(\.floor) == [3])
  }

  static let corpus = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>",
    "[a](javascript:alert(1))", "[a](JaVaScRiPt:alert(1))", "[a](java\nscript:alert(1))",
    "[a](&#106;avascript:alert(1))", "[a](data:text/html,<script>alert(1)</script>)",
    "[a](vbscript:x)", "![x](x\" onerror=\"alert(1))", "![x](javascript:alert(1))",
    "\"><script>alert(1)</script>", "'><img src=x onerror=alert(1)>", "`<script>`</script>",
    "```\n</code></pre><script>alert(1)</script>\n```", "$<script>alert(1)</script>$",
    "$\\text{</math><script>alert(1)</script>}$", "$\\href{javascript:alert(1)}{x}$",
    "<a href=\"javascript:alert(1)\">x</a>", "<iframe srcdoc=\"<script>alert(1)</script>\">",
    "<math><mtext><style><img src=x onerror=alert(1)></style>", "&lt;script&gt;alert(1)",
    "<!--<script>alert(1)</script>-->", "\u{202e}<script>", "# <script>alert(1)</script>",
    "| a | <script>alert(1)</script> |\n| --- | --- |\n| <img src=x onerror=y> | b |",
    "[x]: javascript:alert(1)\n[x]", "<https://a\"onmouseover=alert(1)>", "\u{0}<script>\u{0}",
    "https://a.example/\"onmouseover=\"alert(1)",
  ]

  /// No tag or attribute that runs something: every `<` of the answer begins one of the few that comments have.
  private func expectHarmless(_ html: String, _ source: String) {
    for tag in html.matches(of: /<\/?([a-zA-Z!]+)([^>]*)>/) {
      #expect(
        !["script", "img", "svg", "iframe", "style", "!"].contains(tag.1.lowercased()),
        "\(source): \(html)")
      #expect(
        tag.2.firstMatch(of: /\son[a-z]+\s*=/.ignoresCase()) == nil || tag.2.contains("&quot;"),
        "\(source): \(html)")
      let target = tag.2.firstMatch(of: /href="([^"]*)"/)?.1.lowercased()
      if let target {
        #expect(
          ["http://", "https://", "mailto:", "#"].contains { target.hasPrefix($0) },
          "\(source): \(html)")
      }
    }
  }

  @Test func nothingThatIsWrittenRuns() async throws {
    let path = Self.path()
    try await TestSite.with {
      $0.comments = path
    } _: { site in
      for source in Self.corpus {
        let body: JSONValue = ["text": .string(source)]
        let reply = await site.post("/api/v1/preview", body.text())
        // Twenty a second are let in.
        if reply.status == 429 {
          try await Task.sleep(for: .milliseconds(1000))
        } else {
          expectHarmless(try JSONValue(parsing: reply.text).text("html"), source)
        }
      }
      let comment: JSONValue = [
        "article": "gan-qp", "nickname": "<b onclick=x>\"'", "email": "secret@example.org",
        "text": "<script>alert(1)</script> $x^2$",
      ]
      #expect(await site.post("/api/v1/comments", comment.text()).status == 201)
      #expect(await site.post("/api/v1/comments", comment.text()).isProblem(409))
      let list = await site.get("/api/v1/comments?article=gan-qp")
      #expect(list.status == 200 && list.text.contains("<math") && !list.text.contains("secret@"))
      #expect(await site.get("/api/v1/comments?article=nix").isProblem(404))
      #expect(await site.get("/api/v1/comments?article=gan-qp&offset=-1").isProblem(422))
      #expect(await site.get("/article/gan-qp/").text.contains("data-comments=\"gan-qp\""))
    }
    try await TestSite.with { site in
      #expect(await site.get("/api/v1/comments?article=gan-qp").isProblem(404))
      #expect(await site.get("/article/gan-qp/").text.contains("data-comments") == false)
    }
  }

  @Test func aPageOfManyIsQuick() async throws {
    let path = Self.path()
    let store = try CommentStore(path: path)
    let database = try Database(keptIn: path)
    try database.transaction {
      for number in 1...20_000 {
        try database.execute(
          "INSERT INTO comments (page, floor, level, path, nickname, email, text, created, visibility) "
            + "VALUES ('gan-qp', ?, 1, ?, 'n', 'e', 't', 0, 'shown')",
          [.integer(number), .text(String(format: "%08d", number))])
      }
    }
    let began = ContinuousClock.now
    let (comments, total) = try await store.list(page: "gan-qp", offset: 19_950, limit: 50)
    #expect(total == 20_000 && comments.last?.floor == 20_000)
    #expect(ContinuousClock.now - began < .milliseconds(200))
  }
}
