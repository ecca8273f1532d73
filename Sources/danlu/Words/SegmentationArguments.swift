import ArgumentParser
import Text
import TextMining

/// How text is cut; the same for every subcommand that cuts it.
struct SegmentationArguments: ParsableArguments {
  @Option(
    help: """
      Words that are always kept whole, one on each line (spaces inside are fine; a count and a tag behind \
      the word, as in jieba's user dictionaries, are left off; “# …” is a comment); repeatable.
      """)
  var userWords: [String] = []

  @Option(help: "atoms or jieba: what the dictionary is not asked about.")
  var rules = SegmentationRules.atoms

  @Option(
    help: """
      Token shapes that are not told by their form, separated by commas: url, email, topic, mention, \
      number, numeral, latin, mixed (5G, PM2.5), repeated.
      """)
  var withoutShapes: String?

  @Option(help: "dictionary (most probable path) or unigram (nlp-zero's tokenizer).")
  var search = SegmentationSearch.dictionary

  @Flag(
    inversion: .prefixedNo,
    help: "Guess words outside the dictionary from what its rare words look like.")
  var unknownWords = true

  func validate() throws { _ = try shapes() }

  private func shapes() throws -> TokenShapes {
    guard let withoutShapes else { return .all }
    guard rules == .atoms else {
      throw ValidationError(
        "--without-shapes belongs to --rules atoms; jieba's rules have no shapes")
    }
    var shapes = TokenShapes.all
    for name in withoutShapes.split(separator: ",") {
      guard let found = TokenShapes.names.first(where: { $0.name == name }) else {
        let known = TokenShapes.names.map(\.name).joined(separator: ", ")
        throw ValidationError("--without-shapes knows \(known); received “\(name)”")
      }
      shapes.remove(found.shape)
    }
    return shapes
  }

  /// A segmenter with `dictionary` and the user's words.
  func segmenter(_ dictionary: WordList) throws -> Segmenter {
    var always: [String] = []
    for path in userWords {
      let list = try WordList(linesOf: path)
      list.noteOmissions(path)
      always += list.words
    }
    return try Segmenter(
      dictionary, userWords: always, rules: rules, search: search,
      guessesUnknownWords: unknownWords, shapes: try shapes())
  }

  /// Says which of the user's words stand nowhere in the text.
  static func note(unmet: [String], of count: Int, option: String) {
    guard let first = unmet.first else { return }
    Console.note(
      "note: \(unmet.count) of \(count) words of \(option) stand nowhere in the text, such as \(first)"
    )
  }

  /// Says that a dictionary was of no use.
  static func noteUselessDictionary(_ path: String) {
    Console.note("note: no word of \(path) was found in the text; is it the right dictionary?")
  }
}

extension WordList {
  /// A dictionary; what was left out of it is told.
  init(noting path: String) throws {
    try self.init(contentsOf: path)
    noteOmissions(path)
  }

  func noteOmissions(_ path: String) {
    for note in notes { Console.note("note: \(path): \(note)") }
  }
}
