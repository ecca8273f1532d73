import CVectorKernels
import Parallel
import Testing

@testable import WordVectors

@Suite struct KernelTests {
  /// The gradient of −ln σ(v·u) − Σ ln σ(−v·uₖ), computed independently in double precision.
  @Test(arguments: 0..<Int32(VectorKernelLevels)) func goldenSkipGramGradient(level: Int32) throws {
    guard let kernels = vectorKernelsOfLevel(level)?.pointee else { return }
    let words = try RowTable(rows: 1, dimension: 3)
    let contexts = try RowTable(rows: 3, dimension: 3)
    let input: [Float] = [0.1, -0.2, 0.3]
    let outputs: [[Float]] = [[0.4, 0.1, -0.3], [-0.2, 0.5, 0.1], [0.3, -0.1, 0.2]]
    words.setRow(0, input)
    for (row, values) in outputs.enumerated() { contexts.setRow(row, values) }
    let scratch = try RowTable(rows: 2, dimension: 3)
    let centres: [UInt32] = [0]
    let negatives: [UInt32] = [1, 2]
    centres.withUnsafeBufferPointer { centres in
      negatives.withUnsafeBufferPointer { negatives in
        var position = VectorPosition(
          words: words.base, contexts: contexts.base, document: nil, stride: words.stride, word: 0,
          centres: centres.baseAddress!, centreCount: 1, negatives: negatives.baseAddress!,
          negativeCount: 2, negativeStep: 2, rate: 1, margin: 0, scratch: scratch.base)
        kernels.skipGram(&position)
      }
    }
    // A step of rate 1 subtracts the gradient.
    let expected: [[Float]] = [
      [-0.144258488, 0.134261068, 0.308493842], [-0.051749287, 0.103498574, -0.155247861],
      [0.047751518, -0.095503036, 0.143254554], [0.052747231, -0.105494462, 0.158241693],
    ]
    let rows = [words.row(0)] + (0..<3).map { contexts.row($0) }
    for (row, (before, gradient)) in zip(rows, zip([input] + outputs, expected)) {
      for k in 0..<3 { #expect(abs(before[k] - row[k] - gradient[k]) < 2e-7) }
      for k in 3..<16 { #expect(row[k] == 0) }
    }
  }
}

@Suite struct EmbeddingTrainerTests {
  static let topics = TopicCorpus()

  static func train(_ options: TrainingOptions) throws -> Embedding {
    var encoder = CorpusEncoder()
    for document in topics.documents { try encoder.add(document: document) }
    let (vocabulary, corpus) = try encoder.finish(minimumCount: 5)
    #expect(vocabulary.count == 900)
    let trainer = try EmbeddingTrainer(corpus: corpus, vocabulary: vocabulary, options: options)
    try trainer.train()
    return trainer.embedding()
  }

  static func options(_ method: TrainingOptions.Method) -> TrainingOptions {
    var options = TrainingOptions.defaults(for: method)
    options.dimension = 50
    options.epochs = 5
    return options
  }

  /// Mean cosine of pairs of the same topic and of different topics.
  static func gap(_ vectors: WordVectors, topic: (Int) -> Int?) -> (same: Double, cross: Double) {
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

  @Test(arguments: [TrainingOptions.Method.spherical, .sphericalJoint], [1, 3])
  func sphericalVectorsFindTheTopics(
    method: TrainingOptions.Method, threads: Int
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
  }

  @Test(arguments: [TrainingOptions.Method.skipGram, .bagOfWords], [true, false])
  func logisticVectorsFindTheTopics(
    method: TrainingOptions.Method, documents: Bool
  ) throws {
    var options = Self.options(method)
    options.documents = documents
    options.epochs = 10
    let embedding = try Self.train(options)
    let words = embedding.words
    let wordGap = Self.gap(words) { TopicCorpus.topic(of: words.words[$0]) }
    #expect(wordGap.same - wordGap.cross >= 0.1, "\(wordGap)")
  }

  @Test(arguments: TrainingOptions.Method.allCases)
  func oneThreadIsReproducible(method: TrainingOptions.Method) throws {
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
}
