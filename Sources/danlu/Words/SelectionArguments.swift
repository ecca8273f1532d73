import ArgumentParser
import Text

/// Which of the words found are shown; the same for every subcommand that lists words.
struct SelectionArguments: ParsableArguments {
  @Option(help: "How many words to print; 0 prints all.")
  var top: Int?

  @Option(help: "Shortest word, in characters.")
  var minLength: Int?

  @Option(help: "A file of words that are left out, one on each line; repeatable.")
  var exclude: [String] = []

  func validate() throws {
    if let top, top < 0 { throw ValidationError("--top \(top): 0 (all) or more is needed") }
    if let minLength, minLength < 1 {
      throw ValidationError("--min-length \(minLength): at least 1 is needed")
    }
  }

  /// The words to leave out.
  func excluded() throws -> WordList {
    var excluded = WordList()
    for path in exclude {
      let list = try WordList(linesOf: path)
      list.noteOmissions(path)
      for word in list.words { excluded.add(word, count: 1) }
    }
    return excluded
  }

  /// The entries that are shown, in their order. Words to leave out that are not there are told.
  func select<Entry>(_ entries: [Entry], word: (Entry) -> String) throws -> [Entry] {
    let excluded = try excluded()
    var met = Set<String>()
    var shown = entries.filter { entry in
      let word = word(entry)
      if excluded.contains(word) {
        met.insert(word)
        return false
      }
      return minLength.map { word.count >= $0 } ?? true
    }
    SegmentationArguments.note(
      unmet: excluded.words.filter { !met.contains($0) }, of: excluded.count, option: "--exclude")
    if let top, top > 0 { shown = Array(shown.prefix(top)) }
    return shown
  }
}
