import Foundation
import Messages
import Testing

@testable import WordVectors

/// Files of word pairs and questions as they are published.
@Suite struct PairFileTests {
  private func pairs(_ text: String) throws -> [WordSimilarity.Pair] {
    try withFile(Array(text.utf8)) { try WordSimilarity(contentsOf: $0).pairs }
  }

  private func reason(_ text: String) -> String {
    do {
      _ = try pairs(text)
      return "no error"
    } catch { return (error as? FileError)?.reason ?? "another error: \(error)" }
  }

  private static let expected = [
    WordSimilarity.Pair(first: "king", second: "queen", score: 8.5),
    WordSimilarity.Pair(first: "man", second: "woman", score: 8.25),
  ]

  @Test(arguments: [
    "king,queen,8.5\nman,woman,8.25\n", "king\tqueen\t8.5\nman\twoman\t8.25\n",
    "king queen 8.5\nman   woman 8.25\n", "king;queen;8.5\nman;woman;8.25\n",
    "king;queen;8,5\nman;woman;8,25\n", "king\tqueen\t8,5\nman\twoman\t8,25\n",
    "Word 1,Word 2,Human (mean),1,2,3\nking,queen,8.5,9,8,8.5\nman,woman,8.25,8,8,9\n",
    "\"king\",\"queen\",\"8.5\"\n\"man\",\"woman\",\"8.25\"\n",
    "\"\",\"word1\",\"word2\",\"score\"\n\"1\",\"king\",\"queen\",8.5\n\"2\",\"man\",\"woman\",8.25\n",
    "# own\n\nword1\tword2\tscore\nking\tqueen\t8.5\n# more\nman\twoman\t8.25\n",
    "\u{FEFF}word1;word2;score\r\nking;queen;8.5\r\nman;woman;8.25\r\n",
    "word1\tword2\tPOS\tSimLex999\nking\tqueen\tN\t8.5\nman\twoman\tN\t8.25\n",
    "king,queen,8.5\rman,woman,8.25\r",
  ])
  func readsWhatIsPublished(_ text: String) throws {
    #expect(try pairs(text) == Self.expected)
  }

  @Test(arguments: [
    ("king,queen,8.5\nman,woman\n", "line 2"), ("king,queen,8.5\nman,woman,high\n", "line 2"),
    ("king,queen,NA\nman,woman,8\n", "line 1"), ("king,queen,\nman,woman,8\n", "line 1"),
    ("king|queen|8.5\n", "tabs, commas, semicolons or blanks"),
    ("word1,word2,score\n", "tabs, commas"),
    ("a,b,c\nd,e,f\nking,queen,8\n", "line 2"), ("", "no word pairs"),
    ("# only\n", "no word pairs"),
  ])
  func whatIsNoPairIsNamed(_ text: String, _ part: String) {
    #expect(reason(text).contains(part), "\(reason(text))")
  }

  @Test func questionsMayBeginWithAMark() throws {
    try withFile(Array("\u{FEFF}: family\nman king woman queen\n".utf8)) { path in
      let questions = try AnalogyQuestions(contentsOf: path).questions
      #expect(questions.map(\.section) == ["family"])
    }
  }

  @Test func corporaMayBeginWithAMark() throws {
    try withFile(Array("\u{FEFF}a b\nb a\n".utf8)) { path in
      var encoder = CorpusEncoder()
      try encoder.add(file: path)
      #expect(try encoder.finish(minimumCount: 1).vocabulary.words.sorted() == ["a", "b"])
    }
  }

  /// Steps so long that vectors grow without bound are noticed, whichever method.
  @Test(arguments: VectorOptions.Method.allCases.filter { !$0.isSpherical })
  func divergenceIsNoticed(_ method: VectorOptions.Method) throws {
    var encoder = CorpusEncoder()
    try encoder.add(document: "a b a b a b a b".split(separator: " ").map(String.init))
    try encoder.add(document: "a b a b c c c".split(separator: " ").map(String.init))
    let (vocabulary, corpus) = try encoder.finish(minimumCount: 1)
    var options = VectorOptions(method)
    options.dimension = 4
    options.epochs = 200
    options.subsampling = 0
    options.learningRate = 30
    let trainer = try VectorTrainer(corpus: corpus, vocabulary: vocabulary, options: options)
    let error = #expect(throws: InputError.self) { try trainer.train() }
    #expect(error?.problem.contains("lower `learningRate`") == true)
    options.learningRate = 0.025
    try VectorTrainer(corpus: corpus, vocabulary: vocabulary, options: options).train()
  }
}
