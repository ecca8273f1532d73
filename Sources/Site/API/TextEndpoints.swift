import Formats
import Messages
import Parallel
import Text
import TextMining

/// Words found in a pasted text, and the text cut into them.
enum TextEndpoints {
  /// Characters of a text.
  static let textLimit = 100_000

  static let example = """
    雁字回时月满西楼。月满西楼人独倚，独倚西楼望月。西楼望月几回圆，几回圆缺月满天。天上月圆人间人半，人半月圆天上。
    """

  static func all(_ pool: WorkPool) -> [Endpoint] {
    [segment(pool), words(pool)]
  }

  private static func segment(_ pool: WorkPool) -> Endpoint {
    .json(
      .post, "/api/v1/segment", tag: "text", "Cuts a text into words.",
      takes: .object([
        .init("text", .text(textLimit), "What to cut; line by line."),
        .init(
          optional: "words", .array(.text(40), count: 1...20_000),
          "The dictionary; without it, the words that are found in the text itself."),
        .init(
          "rules", .choice(["atoms", "jieba"]),
          "What the dictionary is not asked about: Danlu's token shapes, or jieba's.",
          fallback: "atoms"),
      ]), limit: 4 << 20,
      answers: .object([
        .init("lines", .list(.list(.text)), "The words of each line."),
        .init("words", .count, "How many words the text has."),
        .init("dictionary", .count, "How many words the dictionary has."),
      ]),
      example: ["text": .string(example)]
    ) { input, request in
      let text = input.text("text")
      let given = input["words"] == nil ? nil : input.texts("words")
      let rules = SegmentationRules(rawValue: input.text("rules")) ?? .atoms
      let (lines, count) = try await pool.run(for: request) { work in
        var dictionary = WordList()
        if let given {
          for word in given { dictionary.add(word, count: 1) }
        } else {
          for word in try discover(text, .autonomy, work).words {
            dictionary.add(word.word, count: Double(word.count))
          }
        }
        let segmenter = try Segmenter(dictionary, rules: rules)
        let lines = try text.split(whereSeparator: \.isNewline).map { line in
          try work.check()
          return segmenter.words(in: String(line))
        }
        return (lines, dictionary.count)
      }
      return [
        "lines": .array(lines.map { .array($0.map(JSONValue.string)) }),
        "words": .integer(lines.reduce(0) { $0 + $1.count }), "dictionary": .integer(count),
      ]
    }
  }

  private static func words(_ pool: WorkPool) -> Endpoint {
    .json(
      .post, "/api/v1/words", tag: "text",
      "Finds the words of a text, without labels or a dictionary.",
      takes: .object([
        .init("text", .text(textLimit), "Raw text."),
        .init(
          "method", .choice(DiscoveryPreset.allCases.map(\.rawValue)),
          "Which article's method finds them.", fallback: "autonomy"),
        .init("count", .integer(1...5000), "The most words that are told.", fallback: 200),
      ]), limit: 4 << 20,
      answers: .object([
        .init(
          "words",
          .list(
            .object([
              .init("word", .text, "The word."), .init("count", .count, "How often it occurs."),
              .init("score", .number, "How much speaks for it."),
            ])), "The most frequent words first."),
        .init("found", .count, "How many there are."),
        .init("score", .text, "What the score means."),
      ]),
      example: ["text": .string(example)]
    ) { input, request in
      let text = input.text("text")
      let method = DiscoveryPreset(rawValue: input.text("method")) ?? .autonomy
      let result = try await pool.run(for: request) { work in try discover(text, method, work) }
      let words = result.words.prefix(input.integer("count"))
      return [
        "words": .array(
          words.map {
            ["word": .string($0.word), "count": .integer($0.count), "score": .number($0.score)]
          }),
        "found": .integer(result.words.count), "score": .string(result.scoreMeaning),
      ]
    }
  }

  private static func discover(
    _ text: String, _ preset: DiscoveryPreset, _ work: Work
  ) throws -> DiscoveryResult {
    do {
      return try found(text, preset, work)
    } catch let error as FileError {
      // Controls and the like, which no text has.
      throw Problem(.unprocessableContent, "\(error)")
    }
  }

  /// The presets' bounds are made for corpora; a pasted page has no word that occurs 32 times.
  private static func found(
    _ text: String, _ preset: DiscoveryPreset, _ work: Work
  ) throws -> DiscoveryResult {
    var options = CorpusOptions()
    options.memory = 64 << 20
    options.threads = 1
    let source = TextSource(string: text)
    switch preset {
    case .v0:
      var method = BoundaryEntropy()
      method.minCount = 3
      method.minEntropy = 0.8
      return try method.words(of: source, corpus: options, work: work)
    case .v1:
      var method = PairCutting()
      method.minCount = 3
      return try method.words(of: source, corpus: options, work: work)
    case .v2:
      var method = CharacterTagging()
      method.minCount = 3
      return try method.words(of: source, corpus: options, work: work)
    case .v3, .v5:
      var method = preset == .v3 ? CohesionGlue.v3 : .v5
      method.minCount = 3
      return try method.words(of: source, corpus: options, work: work)
    case .v4, .autonomy:
      return try preset.method.words(of: source, corpus: options, work: work)
    }
  }
}
