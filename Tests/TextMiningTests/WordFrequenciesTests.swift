import Foundation
import Messages
import Testing
import Text

@testable import TextMining

@Suite struct WordFrequenciesTests {
  @Test func everyModeThreadAndBatchGivesTheSameCounts() throws {
    let text = ExampleCorpora.synthetic(lines: 5000) + "abc 12 𠀀\n"
    let words = WordList(
      ExampleCorpora.syntheticVocabulary.dropLast(4).map {
        (word: $0.word, count: Double($0.weight))
      })
    try withTemporaryFile(Array(text.utf8)) { path in
      let source = TextSource(paths: [path])
      let tokens = WordFrequencies.Tokens.dictionary(try Segmenter(words), words)
      let expected = try WordFrequencies(tokens, mode: .naive, threads: 1).count(source)
      #expect(expected.lines == 5001)
      let segmented = try Segmenter(words)
      let tokenCount = text.split(separator: "\n").reduce(0) {
        $0 + segmented.words(in: String($1)).count
      }
      #expect(expected.tokens == tokenCount)
      for mode in WordFrequencies.Mode.allCases {
        for (threads, batch) in [(1, 1), (2, 7), (8, 1000)] {
          let result = try WordFrequencies(tokens, mode: mode, threads: threads, batch: batch)
            .count(source)
          #expect(result.words.elementsEqual(expected.words) { $0 == $1 }, "\(mode) \(threads)")
          #expect(result.tokens == expected.tokens)
        }
      }
    }
  }

  @Test func spacesSeparateWordsWithoutADictionary() throws {
    let source = TextSource(string: "a b  a\tc\nb a\n")
    let result = try WordFrequencies(.separated, mode: .parallel, threads: 2).count(source)
    #expect(result.words.map { "\($0.word)\($0.count)" } == ["a3", "b2", "c1"])
  }

  /// Counts come from Windows, too.
  @Test func countsThatWereMadeApartAddUp() throws {
    func merged(_ text: String) throws -> [String] {
      try WordFrequencies.merged(TextSource(string: text)).words
        .map { "\($0.word) \($0.count)" }
    }
    #expect(try merged("二\t3\n一\t2\n\n一\t5\na b\t0\n") == ["一 7", "二 3", "a b 0"])
    #expect(try merged("\u{feff}一\t2\r\n二\t3\r\n\r\n一\t5") == ["一 7", "二 3"])
    for (text, line) in [
      ("一\t2\n二\n", 2), ("\t2\n", 1), ("一\t-2\n", 1), ("一\t2\t0.5\n", 1),
      ("一\t2\n二\t\(Int.max)\n", 2),
    ] {
      let error = #expect(throws: InputError.self) { try merged(text) }
      #expect(error?.problem.contains("line \(line):") == true)
    }
  }
}
