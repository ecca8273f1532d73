import ArgumentParser
import Formats
import Foundation
import Knowledge
import Memory
import Messages
import Parallel
import TableQueries

struct KnowledgeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "knowledge",
    abstract: "Millions of triples (entity, attribute, value): looked up, searched, asked.",
    discussion: """
      A base is one file, opened in a millisecond. An import into one that exists adds to it; readers
      go on reading the old one until they open it again.

      Examples:
        danlu knowledge import triples.csv.gz --db base.kno
        danlu knowledge get 曹禺 出生地 --db base.kno
        danlu knowledge reverse 毕业院校 清华大学 --db base.kno
        danlu knowledge ask 曹禺的出生地是哪里 --db base.kno
      """,
    subcommands: [
      KnowledgeImportCommand.self, KnowledgeGet.self, KnowledgeReverse.self, KnowledgeSearch.self,
      KnowledgeAsk.self, KnowledgeLearn.self, KnowledgeStats.self, KnowledgeExport.self,
    ])
}

/// The base that a subcommand works on.
struct BaseOptions: ParsableArguments {
  @Option(name: .customLong("db"), help: "The base's file.")
  var path: String

  func open() throws -> KnowledgeBase { try KnowledgeBase(path: path) }
}

struct KnowledgeImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Make a base of CSV or TSV files, or add to one.",
    discussion: """
      A line is entity, attribute, value; only its first two separators count, so that values keep their
      commas. Values in quotes follow RFC 4180. Lines that are no triple are counted and the first
      ones named.

      Examples:
        danlu knowledge import triples.csv more.tsv.gz --db base.kno
        danlu knowledge import kb.txt --separator '|||' --db base.kno
      """)

  @Argument(help: "Files of triples, or - for standard input; gzip is unpacked.")
  var files: [String]

  @Option(help: "Between columns; a tab for .tsv, else a comma. tab means a tab.")
  var separator: String?

  @Flag(help: "Forget what is in the base.")
  var replace = false

  @Flag(help: "Fail at once if another import into this base is under way.")
  var noWait = false

  @OptionGroup var base: BaseOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    _ = try separator.map { try TripleRules(separator: $0 == "tab" ? "\t" : $0) }
  }

  private struct Output: Encodable {
    let triples, rows, duplicates, malformed, generation, bytes: Int
    let seconds: Double
    let malformedRows: [String]
  }

  func run() throws {
    let start = DispatchTime.now().uptimeNanoseconds
    var task = KnowledgeImport()
    task.rules = try separator.map { try TripleRules(separator: $0 == "tab" ? "\t" : $0) }
    task.replaces = replace
    task.waits = !noWait
    task.threads = threads.count
    let summary = try task.run(files, to: base.path, work: Terminal.work)
    let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    for row in summary.malformed { Console.note("note: left out \(row)") }
    let unnamed = summary.malformedCount - summary.malformed.count
    if unnamed > 0 { Console.note("note: left out \(unnamed) more lines that are no triples") }
    let bytes = try base.open().byteCount
    if output.json {
      return try Console.json(
        Output(
          triples: summary.triples, rows: summary.rows, duplicates: summary.duplicates,
          malformed: summary.malformedCount, generation: summary.generation, bytes: bytes,
          seconds: seconds, malformedRows: summary.malformed.map(\.description)))
    }
    let text = String(format: "%.2f", seconds)
    Console.output(
      "\(base.path): \(NumberText.grouped(summary.triples)) triples, generation "
        + "\(summary.generation), \(MemorySize.describe(bytes)) in \(text) s; "
        + "\(NumberText.grouped(summary.rows)) rows read, "
        + "\(NumberText.grouped(summary.duplicates)) of them known already, "
        + "\(NumberText.grouped(summary.malformedCount)) no triples")
  }
}

struct KnowledgeGet: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "What is known of an entity.",
    discussion: """
      Examples:
        danlu knowledge get 曹禺 --db base.kno
        danlu knowledge get 曹禺 出生地 --db base.kno
      """)

  @Argument(help: "The entity's name.") var entity: String
  @Argument(help: "One attribute; all without it.") var attribute: String?
  @OptionGroup var base: BaseOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let base = try base.open()
    let all = base.triples(of: entity)
    guard !all.isEmpty else {
      let near = try base.entities(similarTo: entity, limit: 3).map(\.name)
      throw Failure(
        "no entity '\(entity)'"
          + (near.isEmpty ? "" : "; near to it are \(near.joined(separator: ", "))"))
    }
    let wanted = attribute.map { NormalForm.composed($0) }
    let rows = all.filter { wanted == nil || $0.attribute == wanted }
    guard !rows.isEmpty else {
      var known: [String] = []
      for row in all where !known.contains(row.attribute) { known.append(row.attribute) }
      throw Failure(
        "'\(entity)' has no attribute '\(wanted ?? "")'; it has "
          + known.prefix(20).joined(separator: ", "))
    }
    if output.json { return try Console.json(rows) }
    for row in rows {
      Console.output(wanted == nil ? "\(row.attribute)\t\(row.value)" : row.value)
    }
  }
}

struct KnowledgeReverse: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reverse", abstract: "The entities that have a value under an attribute.",
    discussion: """
      Examples:
        danlu knowledge reverse 毕业院校 清华大学 --db base.kno --top 20
      """)

  @Argument(help: "The attribute.") var attribute: String
  @Argument(help: "The value.") var value: String
  @Option(help: "How many to print; 0 prints all.") var top = 0
  @OptionGroup var base: BaseOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let found = try base.open().entities(with: attribute, value)
    guard !found.isEmpty else { throw Failure("no entity has \(attribute) = \(value)") }
    let shown = top > 0 ? Array(found.prefix(top)) : found
    if output.json { return try Console.json(shown) }
    Console.output(shown.joined(separator: "\n"))
    if shown.count < found.count { Console.note("note: \(found.count - shown.count) more") }
  }
}

struct KnowledgeSearch: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search",
    abstract: "Entities by the beginning of their names, or by similar names.",
    discussion: """
      Examples:
        danlu knowledge search 清华 --db base.kno
        danlu knowledge search 青华大学 --fuzzy --db base.kno
      """)

  @Argument(help: "The beginning of a name; with --fuzzy a whole name.") var text: String
  @Flag(help: "Names that differ in few characters.") var fuzzy = false
  @Option(help: "How many to print.") var top = 20
  @OptionGroup var base: BaseOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if top < 1 { throw ValidationError("--top \(top): at least 1 is needed") }
    if text.isEmpty { throw ValidationError("a text to search for is needed") }
  }

  private struct Found: Encodable {
    let name: String
    let distance: Int
  }

  func run() throws {
    let base = try base.open()
    let found: [Found] =
      fuzzy
      ? try base.entities(similarTo: text, limit: top, threads: threads.count).map {
        Found(name: $0.name, distance: $0.distance)
      } : base.entities(withPrefix: text, limit: top).map { Found(name: $0, distance: 0) }
    guard !found.isEmpty else {
      throw Failure("no entity's name \(fuzzy ? "is like" : "begins with") '\(text)'")
    }
    if output.json { return try Console.json(found) }
    for item in found { Console.output(fuzzy ? "\(item.name)\t\(item.distance)" : item.name) }
  }
}

struct KnowledgeStats: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats", abstract: "What a base holds; --check reads all of it.",
    discussion: """
      Examples:
        danlu knowledge stats --db base.kno
        danlu knowledge stats --check --db base.kno
      """)

  @Option(help: "How many attributes to print, the most frequent first.") var top = 10
  @Flag(help: "Compare the checksums of the whole file.") var check = false
  @Option(help: "Look up the entity and attribute on each line (tab between) and tell the rate.")
  var lookUps: String?
  @OptionGroup var base: BaseOptions
  @OptionGroup var output: OutputOptions

  private struct Attribute: Encodable {
    let attribute: String
    let triples: Int
    /// Attributes with the same values, which answer questions for this one.
    let synonyms: [String]
  }

  private struct Output: Encodable {
    let triples, entities, attributes, values, generation, bytes: Int
    let bytesPerTriple: Double
    let frequent: [Attribute]
    let sections: [String: Int]
    let lookUps: LookUps?
  }

  /// On one thread; microseconds with the clock's own time.
  private struct LookUps: Encodable {
    let count, found: Int
    let perSecond, medianMicroseconds, p99Microseconds: Double
  }

  func run() throws {
    let base = try base.open()
    if check { try base.verify() }
    let lookUps = try lookUps.map { try measure(base, $0) }
    let frequent = (0..<base.attributes.count).map {
      (count: base.count(ofAttribute: $0), number: $0)
    }
    .sorted { ($1.count, $0.number) < ($0.count, $1.number) }.prefix(max(0, top))
    .map {
      Attribute(
        attribute: base.attributes[$0.number], triples: $0.count,
        synonyms: base.synonyms(of: $0.number).map { base.attributes[Int($0.other)] })
    }
    let perTriple = Double(base.byteCount) / Double(max(1, base.tripleCount))
    if output.json {
      return try Console.json(
        Output(
          triples: base.tripleCount, entities: base.entities.count,
          attributes: base.attributes.count, values: base.values.count,
          generation: base.generation, bytes: base.byteCount, bytesPerTriple: perTriple,
          frequent: frequent,
          sections: Dictionary(uniqueKeysWithValues: base.sections.map { ($0.name, $0.bytes) }),
          lookUps: lookUps))
    }
    Console.output(
      """
      triples     \(NumberText.grouped(base.tripleCount))
      entities    \(NumberText.grouped(base.entities.count))
      attributes  \(NumberText.grouped(base.attributes.count))
      values      \(NumberText.grouped(base.values.count))
      generation  \(base.generation)
      bytes       \(NumberText.grouped(base.byteCount)), \(NumberText.short(perTriple, digits: 3)) a triple
      """)
    if check { Console.output("checksums   all right") }
    for item in frequent {
      let synonyms = item.synonyms.isEmpty ? "" : "\t= " + item.synonyms.joined(separator: ", ")
      Console.output("  \(item.attribute)\t\(NumberText.grouped(item.triples))\(synonyms)")
    }
    if let lookUps {
      Console.output(
        String(
          format:
            "look-ups    %.0f/s, p50 %.2f µs, p99 %.2f µs with the clock's own time, %d of %d found",
          lookUps.perSecond, lookUps.medianMicroseconds, lookUps.p99Microseconds, lookUps.found,
          lookUps.count))
    }
  }

  /// The rate of look-ups on one thread, and how long one takes.
  private func measure(_ base: KnowledgeBase, _ path: String) throws -> LookUps {
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    let pairs = lines.map { $0.split(separator: "\t", maxSplits: 1).map { Array($0.utf8) } }
      .filter { $0.count == 2 }
    guard !pairs.isEmpty else { throw Failure("\(path): no lines of entity, tab, attribute") }
    func now() -> UInt64 { DispatchTime.now().uptimeNanoseconds }
    func found(_ pair: [[UInt8]]) -> Bool {
      pair[0].withUnsafeBufferPointer { entity in
        pair[1].withUnsafeBufferPointer { base.firstValue(of: entity, $0) != nil }
      }
    }
    // The first round loads the pages that the second one needs.
    var hits = pairs.count { found($0) }
    let start = now()
    hits = pairs.count { found($0) }
    let rate = Double(pairs.count) / (Double(now() - start) * 1e-9)
    var times = pairs.map { pair in
      let before = now()
      _ = found(pair)
      return now() - before
    }
    times.sort()
    return LookUps(
      count: pairs.count, found: hits, perSecond: rate,
      medianMicroseconds: Double(times[times.count / 2]) * 1e-3,
      p99Microseconds: Double(times[times.count * 99 / 100]) * 1e-3)
  }
}

struct KnowledgeExport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Every triple as a line of tab-separated text, or a row of SQLite's.",
    discussion: """
      Values that hold a tab, a line break or a quote at their beginning stand in quotes, as the import
      reads them. --sqlite makes a database with one table, triples (entity, attribute, value), found by
      entity and attribute and by attribute and value.

      Examples:
        danlu knowledge export --db base.kno --out triples.tsv
        danlu knowledge export --db base.kno --sqlite triples.sqlite
      """)

  @Option(help: "Write to this file instead of standard output.") var out: String?
  @Option(help: "Make this database of SQLite's.") var sqlite: String?
  @OptionGroup var base: BaseOptions

  func validate() throws {
    if out != nil, sqlite != nil {
      throw ValidationError("--out and --sqlite are two exports: give one of them")
    }
    var roles = FileRoles()
    roles.reads("--db", base.path)
    roles.writes("--out", out)
    roles.writes("--sqlite", sqlite)
    try roles.check()
  }

  func run() throws {
    let base = try base.open()
    if let sqlite { return try makeDatabase(at: sqlite, of: base) }
    if let out {
      try AtomicFile.write(to: out) { file in try lines(of: base) { try file.write($0) } }
    } else {
      try lines(of: base) { try Console.write($0) }
    }
  }

  /// Writes blocks of lines.
  private func lines(of base: KnowledgeBase, _ write: ([UInt8]) throws -> Void) throws {
    var block: [UInt8] = []
    try base.forEachTriple { triple in
      for (text, end) in [
        (triple.entity, UInt8(0x09)), (triple.attribute, 0x09), (Self.cell(triple.value), 0x0A),
      ] {
        block += text.utf8
        block.append(end)
      }
      if block.count > 1 << 20 {
        try write(block)
        block.removeAll(keepingCapacity: true)
      }
    }
    try write(block)
  }

  private func makeDatabase(at path: String, of base: KnowledgeBase) throws {
    try Database.make(at: path) { database in
      try Terminal.work.phase("writing rows", of: base.tripleCount, unit: "triples") { phase in
        try database.makeTable("triples", columns: ["entity", "attribute", "value"]) { insert in
          try base.forEachTriple { triple in
            try insert([.text(triple.entity), .text(triple.attribute), .text(triple.value)])
            try phase.advance()
          }
        }
      }
      for columns in [["entity", "attribute"], ["attribute", "value"]] {
        try Terminal.work.phase("indexing", of: nil, unit: "") { _ in
          try database.makeIndex(of: "triples", by: columns)
        }
      }
    }
  }

  static func cell(_ value: String) -> String {
    guard value.hasPrefix("\"") || value.contains(where: { $0 == "\t" || $0.isNewline }) else {
      return value
    }
    return "\"" + value.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }
}
