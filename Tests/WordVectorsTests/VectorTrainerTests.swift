import Formats
import Foundation
import Messages
import Parallel
import Testing

@testable import WordVectors

@Suite struct VectorTrainerTests {
  static let topics = TopicCorpus()

  static func corpus() throws -> (vocabulary: VectorVocabulary, corpus: EncodedCorpus) {
    var encoder = CorpusEncoder()
    for document in topics.documents { try encoder.add(document: document) }
    return try encoder.finish(minimumCount: 5)
  }

  static func train(_ options: VectorOptions) throws -> VectorModel {
    let (vocabulary, corpus) = try corpus()
    #expect(vocabulary.count == 900)
    let trainer = try VectorTrainer(corpus: corpus, vocabulary: vocabulary, options: options)
    try trainer.train()
    return trainer.embedding()
  }

  static func options(_ method: VectorOptions.Method) -> VectorOptions {
    var options = VectorOptions(method)
    options.dimension = 50
    options.epochs = 5
    return options
  }

  /// Mean cosine of pairs of the same topic and of different topics.
  static func gap(_ vectors: VectorTable, topic: (Int) -> Int?) -> (same: Double, cross: Double) {
    var sums = (same: 0.0, cross: 0.0)
    var counts = (same: 0.0, cross: 0.0)
    var random = RandomStream(seed: 1)
    for _ in 0..<20_000 {
      let first = random.below(vectors.count)
      let second = random.below(vectors.count)
      guard first != second, let a = topic(first), let b = topic(second) else { continue }
      let cosine = Double(vectors.cosine(first, second))
      if a == b {
        sums.same += cosine
        counts.same += 1
      } else {
        sums.cross += cosine
        counts.cross += 1
      }
    }
    return (sums.same / counts.same, sums.cross / counts.cross)
  }

  @Test(arguments: [VectorOptions.Method.spherical, .sphericalJoint], [1, 3])
  func sphericalVectorsFindTheTopics(
    method: VectorOptions.Method, threads: Int
  ) throws {
    var options = Self.options(method)
    options.threads = threads
    let embedding = try Self.train(options)
    let documents = try #require(embedding.documents)
    for vectors in [embedding.words, embedding.contexts, documents] {
      for row in 0..<vectors.count {
        let square = vectors[row].reduce(0.0) { $0 + Double($1) * Double($1) }
        #expect(abs(square.squareRoot() - 1) < 1e-6)
      }
    }
    let documentGap = Self.gap(documents) { $0 % 4 }
    #expect(documentGap.same - documentGap.cross >= 0.4, "\(documentGap)")
    let words = embedding.words
    let wordGap = Self.gap(words) { TopicCorpus.topic(of: words.words[$0]) }
    #expect(wordGap.same - wordGap.cross >= 0.1, "\(wordGap)")
    let nearest = try ExactNeighbors(documents).nearestToRows(count: 1)
    let right = nearest.enumerated().filter { $0.offset % 4 == $0.element[0].row % 4 }.count
    #expect(right >= 1980)
    // Several starts: one alone may end in a local optimum, and three threads give other vectors each time.
    var means = SphericalKMeans(k: 4)
    means.trials = 10
    let clusters = try means.cluster(documents)
    let agreement = ClusterAgreement(
      clusters: clusters.assignments, classes: Self.topics.topics)
    #expect(agreement.purity >= 0.99)
  }

  @Test(arguments: [VectorOptions.Method.skipGram, .bagOfWords], [true, false])
  func logisticVectorsFindTheTopics(
    method: VectorOptions.Method, documents: Bool
  ) throws {
    var options = Self.options(method)
    options.documents = documents
    options.epochs = 10
    let embedding = try Self.train(options)
    let words = embedding.words
    let wordGap = Self.gap(words) { TopicCorpus.topic(of: words.words[$0]) }
    #expect(wordGap.same - wordGap.cross >= 0.1, "\(wordGap)")
  }

  @Test(arguments: VectorOptions.Method.allCases)
  func oneThreadIsReproducible(method: VectorOptions.Method) throws {
    var options = Self.options(method)
    options.epochs = 1
    let first = try Self.train(options)
    let second = try Self.train(options)
    options.seed = 2
    let other = try Self.train(options)
    #expect(first.words.matrix == second.words.matrix)
    #expect(first.contexts.matrix == second.contexts.matrix)
    #expect(first.documents?.matrix == second.documents?.matrix)
    #expect(first.words.matrix != other.words.matrix)
  }

  @Test func aResumedTrainingEqualsAnUninterruptedOne() throws {
    var options = Self.options(.spherical)
    options.epochs = 2
    let (vocabulary, corpus) = try Self.corpus()
    func trainer() throws -> VectorTrainer {
      try VectorTrainer(corpus: corpus, vocabulary: vocabulary, options: options)
    }
    let whole = try trainer()
    try whole.train()
    let path = NSTemporaryDirectory() + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    // Stopped after three checkpoints, each of which a new trainer goes on from.
    for stop in 1...3 {
      let part = try trainer()
      if stop > 1 { try part.resume(from: path) }
      let cancellation = Cancellation()
      var checkpoints = 0
      #expect(throws: Cancelled.self) {
        try part.train(
          work: Work(cancellation: cancellation), checkpointInterval: .zero
        ) {
          try $0.writeCheckpoint(to: path)
          checkpoints += 1
          if checkpoints == 7 * stop { cancellation.cancel() }
        }
      }
    }
    let last = try trainer()
    try last.resume(from: path)
    #expect(last.completedParts == 42)
    try last.train()
    #expect(last.embedding().words.matrix == whole.embedding().words.matrix)
    #expect(last.embedding().documents?.matrix == whole.embedding().documents?.matrix)

    var others = options
    others.window = 7
    let other = try VectorTrainer(corpus: corpus, vocabulary: vocabulary, options: others)
    #expect(throws: FileError.self) { try other.resume(from: path) }
    let finished = try trainer()
    try whole.write(to: path)
    #expect(throws: FileError.self) { try finished.resume(from: path) }
  }

  @Test func modelsComeBackFromTheirFiles() throws {
    var options = Self.options(.spherical)
    options.epochs = 1
    let (vocabulary, corpus) = try Self.corpus()
    let trainer = try VectorTrainer(
      corpus: corpus, vocabulary: vocabulary, options: options,
      documentDirectory: NSTemporaryDirectory())
    try trainer.train()
    let path = NSTemporaryDirectory() + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    try trainer.write(to: path)
    let before = trainer.embedding()
    let after = try VectorModel(contentsOf: path)
    #expect(after.options == options)
    #expect(after.vocabulary.counts == vocabulary.counts)
    #expect(after.contexts.matrix == before.contexts.matrix)
    let documents = try VectorTable(contentsOf: path, table: .documents)
    #expect(documents.matrix == before.documents?.matrix)
    #expect(documents.words.last == "1999")
    try trainer.writeText(.words, to: path)
    let text = try VectorTable(contentsOf: path)
    #expect(text.words == vocabulary.words)
    #expect(text.matrix == before.words.matrix)
  }

  @Test func saysWhatCannotBeTrained() throws {
    func train(_ documents: [[String]], _ change: (inout VectorOptions) -> Void = { _ in })
      throws
    {
      var encoder = CorpusEncoder()
      for document in documents { try encoder.add(document: document) }
      let (vocabulary, corpus) = try encoder.finish(minimumCount: 1)
      var options = VectorOptions(.spherical)
      options.epochs = 1
      change(&options)
      let trainer = try VectorTrainer(corpus: corpus, vocabulary: vocabulary, options: options)
      try trainer.train()
      let embedding = trainer.embedding()
      for vectors in [embedding.words, embedding.contexts, embedding.documents] {
        let finite = vectors?.matrix.allSatisfy { $0.isFinite } ?? true
        #expect(finite)
      }
    }
    #expect(throws: InputError.self) { try train([]) }
    #expect(throws: InputError.self) { try train([[], []]) }
    #expect(throws: InputError.self) { try train([["one", "one"]]) }
    #expect(throws: OptionError.self) { try train([["a", "b"]]) { $0.dimension = 0 } }
    #expect(throws: OptionError.self) { try train([["a", "b"]]) { $0.negatives = 256 } }
    #expect(throws: OptionError.self) { try train([["a", "b"]]) { $0.learningRate = .nan } }
    // Two words, documents of none and of one word: everything stays finite.
    try train([["a", "b"], [], ["a"], ["b", "a", "b"]])
    try train([["a", "b"], [], ["a"]]) { $0.dimension = 1 }
    for method in VectorOptions.Method.allCases {
      try train([[], ["a", "b"], ["a"]]) {
        $0 = VectorOptions(method)
        $0.documents = true
        $0.negatives = 255
      }
    }
  }

  @Test(arguments: [VectorOptions.Method.spherical, .skipGram])
  func newDocumentsFindTheirTopics(method: VectorOptions.Method) throws {
    var options = Self.options(method)
    options.documents = true
    options.epochs = 10
    let embedding = try Self.train(options)
    let inference = try DocumentInference(embedding)
    let fresh = TopicCorpus(documentCount: 2400).documents[2000...].map { $0 }
    let encoded =
      fresh.map { words in words.compactMap { embedding.vocabulary.id(of: $0) } } + [[]]
    let vectors = try inference.infer(encoded, threads: 1)
    let again = try inference.infer(encoded, threads: 3)
    #expect(vectors.matrix == again.matrix)
    #expect(vectors[400].allSatisfy { $0 == 0 })
    let trained = try #require(embedding.documents)
    let nearest = try ExactNeighbors(trained).nearest(
      to: Array(vectors.matrix[..<(400 * options.dimension)]), count: 1)
    let right = nearest.enumerated().filter { $0.offset % 4 == $0.element[0].row % 4 }.count
    #expect(right >= 396)
  }

  @Test func bagOfWordsDocumentsAreNotInferred() throws {
    var options = Self.options(.bagOfWords)
    options.epochs = 1
    let embedding = try Self.train(options)
    #expect(throws: InputError.self) { try DocumentInference(embedding) }
  }

  @Test(arguments: [true, false]) func partsCoverTheCorpusOnce(splits: Bool) {
    var random = RandomStream(seed: 4)
    let documents = (0..<60).map { index in
      [UInt32](
        repeating: 0, count: index % 7 == 0 ? 0 : index % 11 == 0 ? 9000 : random.below(3000))
    }
    let corpus = EncodedCorpus(documents: documents)
    let parts = CorpusPart.divide(corpus, splitsDocuments: splits)
    #expect(parts.first?.tokens.lowerBound == 0)
    #expect(parts.last?.tokens.upperBound == corpus.tokenCount)
    for (part, next) in zip(parts, parts.dropFirst()) {
      #expect(part.tokens.upperBound == next.tokens.lowerBound)
    }
    for part in parts {
      // What the pass reads: each document's tokens within the part.
      let read = part.documents.reduce(0) { sum, document in
        let low = max(corpus.offsets[document], part.tokens.lowerBound)
        let high = min(corpus.offsets[document + 1], part.tokens.upperBound)
        return sum + max(0, high - low)
      }
      #expect(read == part.tokens.count)
      if !splits { #expect(corpus.offsets[part.documents.lowerBound] == part.tokens.lowerBound) }
    }
  }
}
