import Foundation
import Messages
import TableQueries

/// The comments on pages, in a file of SQLite's: each with its floor on the page, and where it stands among the answers.
public actor CommentStore {
  /// What a stranger sends.
  struct Draft: Sendable {
    var page: String
    var nickname: String
    /// Never shown.
    var email: String
    var home: String?
    var text: String
    /// The comment that it answers.
    var parent: Int?
  }

  public enum Visibility: String, Sendable, CaseIterable {
    case shown
    /// Until it is approved.
    case waiting
    case hidden
    /// Marked; its floor stays.
    case deleted
  }

  public struct Comment: Sendable, Equatable {
    public let id: Int
    public let page: String
    public let floor: Int
    /// 1 is a comment, up to 10 are answers.
    public let level: Int
    public let nickname: String
    public let home: String?
    public let text: String
    /// The floor that is answered, where answers stand no deeper.
    public let quoted: Int?
    /// Seconds since 1970.
    public let created: Double
    public let visibility: Visibility
  }

  static let deepest = 10
  /// An author's same words within these seconds are a mistake.
  static let duplicateSeconds = 600.0
  /// Comments of one client within ten minutes.
  static let clientLimit = 10
  static let linkLimit = 3

  /// What is written waits for the disk.
  private nonisolated let thread = OwnThread("danlu.comments")
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    thread.asUnownedSerialExecutor()
  }

  private let database: Database
  private let isModerated: Bool
  private var recent: [String: [Double]] = [:]

  /// Opens the file, or makes it. Throws `FileError`, and `InputError` where there is no SQLite.
  public init(path: String, isModerated: Bool = false) throws {
    self.isModerated = isModerated
    database = try Database(keptIn: path)
    try database.execute(
      """
      CREATE TABLE IF NOT EXISTS comments (id INTEGER PRIMARY KEY, page TEXT NOT NULL, floor INTEGER NOT NULL, \
      level INTEGER NOT NULL, path TEXT NOT NULL, nickname TEXT NOT NULL, email TEXT NOT NULL, home TEXT, \
      text TEXT NOT NULL, quoted INTEGER, created REAL NOT NULL, visibility TEXT NOT NULL, UNIQUE (page, floor))
      """)
    try database.execute("CREATE INDEX IF NOT EXISTS comments_order ON comments (page, path)")
    try database.execute(
      "CREATE INDEX IF NOT EXISTS comments_author ON comments (email, created)")
  }

  private static let readable = "page = ? AND visibility IN ('shown', 'deleted')"
  private static let columns =
    "id, page, floor, level, nickname, home, text, quoted, created, visibility"

  private static func comment(_ row: [SQLValue]) -> Comment {
    func integer(_ place: Int) -> Int? {
      if case .integer(let value) = row[place] { value } else { nil }
    }
    func text(_ place: Int) -> String? {
      if case .text(let value) = row[place] { value } else { nil }
    }
    return Comment(
      id: integer(0) ?? 0, page: text(1) ?? "", floor: integer(2) ?? 0, level: integer(3) ?? 1,
      nickname: text(4) ?? "", home: text(5), text: text(6) ?? "", quoted: integer(7),
      created: row[8].number ?? 0, visibility: text(9).flatMap(Visibility.init) ?? .hidden)
  }

  /// Adds a comment; it is on the disk when this returns. Throws `Problem` for what is refused.
  func add(_ draft: Draft, from client: String, at now: Double = Date().timeIntervalSince1970)
    throws
    -> Comment
  {
    try check(draft)
    var times = (recent[client] ?? []).filter { $0 > now - 600 }
    guard times.count < Self.clientLimit else {
      throw Problem(
        .tooManyRequests, "\(Self.clientLimit) comments in ten minutes are enough",
        fields: [.retryAfter: "600"])
    }
    let id = try database.transaction {
      let same = try database.query(
        "SELECT 1 FROM comments WHERE email = ? AND created > ? AND page = ? AND text = ? LIMIT 1",
        [
          .text(draft.email), .real(now - Self.duplicateSeconds), .text(draft.page),
          .text(draft.text),
        ])
      guard same.rows.isEmpty else {
        throw Problem(.conflict, "you have said this already, word by word")
      }
      let last = try database.query(
        "SELECT max(floor) FROM comments WHERE page = ?", [.text(draft.page)]
      ).rows[0][0].number
      let floor = Int(last ?? 0) + 1
      let place = try place(of: draft, floor)
      try database.execute(
        "INSERT INTO comments (page, floor, level, path, nickname, email, home, text, quoted, created, visibility) "
          + "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
          .text(draft.page), .integer(floor), .integer(place.level), .text(place.path),
          .text(draft.nickname), .text(draft.email), draft.home.map(SQLValue.text) ?? .null,
          .text(draft.text), place.quoted.map(SQLValue.integer) ?? .null, .real(now),
          .text(isModerated ? Visibility.waiting.rawValue : Visibility.shown.rawValue),
        ])
      return try database.query("SELECT last_insert_rowid()").rows[0][0]
    }
    times.append(now)
    // Those who have not written for ten minutes are forgotten.
    if recent.count > 10_000 {
      recent = recent.filter { ($0.value.last ?? 0) > now - 600 }
    }
    recent[client] = times
    let rows = try database.query("SELECT \(Self.columns) FROM comments WHERE id = ?", [id]).rows
    return Self.comment(rows[0])
  }

  /// Where an answer stands: below what it answers, ten levels deep at most; deeper ones quote the floor.
  private func place(
    of draft: Draft, _ floor: Int
  ) throws -> (level: Int, path: String, quoted: Int?) {
    let own = String(format: "%08d", floor)
    guard let parent = draft.parent else { return (1, own, nil) }
    let rows = try database.query(
      "SELECT floor, level, path FROM comments WHERE id = ? AND page = ? AND visibility = 'shown'",
      [.integer(parent), .text(draft.page)]
    ).rows
    guard let row = rows.first, case .integer(let answered) = row[0],
      case .integer(let level) = row[1], case .text(let path) = row[2]
    else { throw Problem.notFound("the comment that is answered is not on this page") }
    guard level >= Self.deepest else { return (level + 1, path + "/" + own, nil) }
    let above = path.split(separator: "/").prefix(Self.deepest - 1).joined(separator: "/")
    return (Self.deepest, above + "/" + own, answered)
  }

  private func check(_ draft: Draft) throws {
    func refuse(_ what: String) -> Problem { Problem(.unprocessableContent, what) }
    let isBlank = { (text: String) in text.allSatisfy { $0.isWhitespace } }
    guard !isBlank(draft.nickname), draft.nickname.onOneLine == draft.nickname else {
      throw refuse("nickname: a name on one line is expected")
    }
    guard draft.email.wholeMatch(of: /[^@\s]{1,64}@[^@\s]{1,100}/) != nil else {
      throw refuse("email: an address is expected; it is not shown")
    }
    if let home = draft.home {
      guard home.wholeMatch(of: /https?:\/\/[^\s"'<>\\]{3,200}/) != nil else {
        throw refuse("home: an address that begins with http:// or https:// is expected")
      }
    }
    guard !isBlank(draft.text) else { throw refuse("text: something to read is expected") }
    guard draft.text.matches(of: /https?:/.ignoresCase()).count <= Self.linkLimit else {
      throw refuse("text: at most \(Self.linkLimit) links are taken")
    }
  }

  /// A page's comments in the order in which they are read, and how many there are. Those that are marked as deleted
  /// keep their place, without their words.
  func list(page: String, offset: Int, limit: Int) throws -> (comments: [Comment], total: Int) {
    let total = try database.query(
      "SELECT count(*) FROM comments WHERE \(Self.readable)", [.text(page)]
    ).rows[0][0].number
    let rows = try database.query(
      "SELECT \(Self.columns) FROM comments WHERE \(Self.readable) ORDER BY path LIMIT ? OFFSET ?",
      [.text(page), .integer(limit), .integer(offset)]
    ).rows
    return (rows.map(Self.comment), Int(total ?? 0))
  }

  /// How many comments are read before one on its page.
  func offset(of comment: Comment) throws -> Int {
    let count = try database.query(
      "SELECT count(*) FROM comments WHERE \(Self.readable) AND path < "
        + "(SELECT path FROM comments WHERE id = ?)", [.text(comment.page), .integer(comment.id)]
    ).rows[0][0].number
    return Int(count ?? 0)
  }

  // MARK: - Moderation

  /// The newest comments of all pages, whatever their visibility.
  public func newest(_ limit: Int, _ visibility: Visibility? = nil) throws -> [Comment] {
    let condition = visibility == nil ? "" : "WHERE visibility = ? "
    let values = visibility.map { [SQLValue.text($0.rawValue)] } ?? []
    return try database.query(
      "SELECT \(Self.columns) FROM comments \(condition)ORDER BY id DESC LIMIT ?",
      values + [.integer(limit)]
    ).rows.map(Self.comment)
  }

  /// Throws `InputError` where there is no such comment.
  public func set(_ visibility: Visibility, of id: Int) throws {
    let found = try database.query("SELECT 1 FROM comments WHERE id = ?", [.integer(id)])
    guard !found.rows.isEmpty else { throw InputError("there is no comment \(id)") }
    try database.execute(
      "UPDATE comments SET visibility = ? WHERE id = ?", [.text(visibility.rawValue), .integer(id)])
  }
}
