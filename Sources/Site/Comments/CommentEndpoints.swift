import Formats
import Foundation
import Messages
import Pages

/// Reading and writing comments on articles.
struct CommentEndpoints: Sendable {
  /// `nil` where the site takes no comments.
  let store: CommentStore?
  /// The articles that can be commented on.
  let articles: Set<String>
  private let previews = RateLimit(perSecond: 20)

  init(store: CommentStore?, articles: Set<String>) {
    self.store = store
    self.articles = articles
  }

  func all() -> [Endpoint] { [list, add, preview] }

  private static let commentProperties: [Schema.Property] = [
    .init("id", .count, "What an answer names as `parent`."),
    .init("floor", .count, "Its number on the page."),
    .init("level", .count, "How deep it stands among answers, from 1 to 10."),
    .init("nickname", .text, "Who says it."), .init(optional: "home", .text, "The author's page."),
    .init("html", .text, "What is said, as safe HTML."),
    .init(optional: "quoted", .count, "The floor that is answered, where answers stand no deeper."),
    .init("created", .text, "When."),
    .init("isDeleted", .boolean, "Whether only its place is left."),
  ]

  private func found() throws -> CommentStore {
    guard let store else {
      throw Problem.notFound("this site takes no comments: it was started without a file for them")
    }
    return store
  }

  private func article(_ name: String) throws -> String {
    guard articles.contains(name) else {
      throw Problem.notFound("there is no article of this name")
    }
    return name
  }

  private static func json(_ comment: CommentStore.Comment) -> JSONValue {
    let isDeleted = comment.visibility == .deleted
    var members = [
      JSONMember("id", .integer(comment.id)), JSONMember("floor", .integer(comment.floor)),
      JSONMember("level", .integer(comment.level)),
      JSONMember("nickname", .string(isDeleted ? "" : comment.nickname)),
    ]
    if let home = comment.home, !isDeleted { members.append(JSONMember("home", .string(home))) }
    members += [
      JSONMember("html", .string(isDeleted ? "" : Markdown.html(ofComment: comment.text))),
      JSONMember(
        "created", .string(Date(timeIntervalSince1970: comment.created).formatted(.iso8601))),
      JSONMember("isDeleted", .bool(isDeleted)),
    ]
    if let quoted = comment.quoted { members.append(JSONMember("quoted", .integer(quoted))) }
    return .object(members)
  }

  private var list: Endpoint {
    .json(
      .get, "/api/v1/comments", tag: "comments",
      "The comments on an article, answers below what they answer.",
      parameters: [
        .init(name: "article", schema: .text(100), about: "The article's name."),
        .init(name: "offset", schema: .integer(0...1_000_000), about: "How many are left out."),
      ],
      answers: .object([
        .init("total", .count, "How many there are."),
        .init("comments", .list(.object(Self.commentProperties)), "Fifty at most."),
      ]), problems: [404, 422]
    ) { _, request in
      let store = try found()
      let article = try article(request.query["article"] ?? "")
      let text = request.query["offset"] ?? "0"
      guard let offset = Int(text), (0...1_000_000).contains(offset) else {
        throw Problem(.unprocessableContent, "offset: an integer from 0 to 1000000 expected")
      }
      let (comments, total) = try await store.list(page: article, offset: offset, limit: 50)
      return ["total": .integer(total), "comments": .array(comments.map(Self.json))]
    }
  }

  private var add: Endpoint {
    .json(
      .post, "/api/v1/comments", tag: "comments", "Adds a comment, or an answer to one.",
      takes: .object([
        .init("article", .text(100), "The article's name."),
        .init("nickname", .text(40), "Who says it."),
        .init("email", .text(160), "Never shown."),
        .init(optional: "home", .text(210), "The author's page."),
        .init("text", .text(5000), "What is said: Markdown with formulas, no HTML."),
        .init(
          optional: "parent", .integer(1...Int(Int32.max)),
          "The `id` of the comment that it answers."),
      ]),
      answers: .object([
        .init("id", .count, "Its number of all."),
        .init("floor", .count, "Its number on the page."),
        .init("offset", .count, "How many are read before it: the `offset` that lists it."),
        .init("visibility", .choice(["shown", "waiting"]), "`waiting`: until it is approved."),
      ]), status: .created, problems: [404, 409, 429]
    ) { input, request in
      let store = try found()
      let draft = CommentStore.Draft(
        page: try article(input.text("article")), nickname: input.text("nickname"),
        email: input.text("email"), home: input["home"]?.stringValue, text: input.text("text"),
        parent: input["parent"]?.integerValue)
      let comment = try await store.add(draft, from: request.client)
      return [
        "id": .integer(comment.id), "floor": .integer(comment.floor),
        "offset": .integer(try await store.offset(of: comment)),
        "visibility": .string(comment.visibility.rawValue),
      ]
    }
  }

  private var preview: Endpoint {
    .json(
      .post, "/api/v1/preview", tag: "comments", "A comment as it will be shown.",
      takes: .object([.init("text", .text(5000, 0), "What is said.")]),
      answers: .object([.init("html", .text, "As safe HTML.")]), problems: [429]
    ) { input, request in
      guard previews.admits(request.client) else {
        throw Problem(
          .tooManyRequests, "20 previews a second are enough", fields: [.retryAfter: "1"])
      }
      return ["html": .string(Markdown.html(ofComment: input.text("text")))]
    }
  }
}
