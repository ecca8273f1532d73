import CVectorKernels
import Messages
import Parallel

/// Vectors of documents that training did not see; words stay as they are.
///
/// JoSE's start from the normalized sum of their words' vectors and take a few steps of the document
/// hinge. Skip-gram's are fitted as a paragraph vector that predicts the document's words (Le and
/// Mikolov 2014, distributed bag of words). A document's vector depends on the seed, on its number
/// and on its words alone: not on the number of threads.
public final class DocumentInference: Sendable {
  private let options: VectorOptions
  private let vocabulary: VectorVocabulary
  private let tables: EmbeddingTables
  private let sampling: SamplingTables

  /// Throws `InputError` for a bag-of-words model, whose document vectors mean something only in
  /// the mean with their neighbors.
  public init(_ embedding: VectorModel) throws {
    guard embedding.options.method != .bagOfWords else {
      throw InputError(
        "documents cannot be inferred from a cbow model; train jose, jose-joint or skip-gram")
    }
    guard embedding.vocabulary.count > 0, embedding.vocabulary.totalCount > 0 else {
      throw InputError("documents cannot be inferred: the model's vocabulary is empty")
    }
    options = embedding.options
    vocabulary = embedding.vocabulary
    tables = try EmbeddingTables(
      words: embedding.words.count, documents: 0, dimension: options.dimension,
      documentDirectory: nil)
    for row in 0..<embedding.words.count {
      tables.words.setRow(row, embedding.words[row])
      tables.contexts.setRow(row, embedding.contexts[row])
    }
    sampling = SamplingTables(
      vocabulary: vocabulary, total: vocabulary.totalCount, options: options)
  }

  /// The ids of the words that the model knows; the others are left out.
  public func encode(_ words: some Sequence<Substring>) -> [UInt32] {
    words.compactMap { vocabulary.id(of: String($0)) }
  }

  /// One vector for each document, named by its number from 0; a document without known words has
  /// the zero vector.
  ///
  /// - Parameter passes: how often each document is read.
  public func infer(
    _ documents: [[UInt32]], passes: Int = 10, seed: UInt64 = 1,
    threads: Int = defaultThreadCount, work: Work = .silent
  ) throws -> VectorTable {
    require(passes >= 0, "infer expected passes ≥ 0, received \(passes)")
    let table = try RowTable(rows: documents.count, dimension: options.dimension)
    let block = 64
    try work.phase("inferring", of: documents.count, unit: "documents") { phase in
      try parallelFor(count: (documents.count + block - 1) / block, threads: threads) { part in
        let range = part * block..<min(documents.count, (part + 1) * block)
        for index in range {
          self.fit(
            documents[index], row: table.row(index), passes: passes,
            random: RandomStream(seed: seed, stream: UInt64(index)))
        }
        try phase.advance(range.count)
      }
    }
    return VectorTable(
      words: documents.indices.map(String.init), dimension: options.dimension,
      matrix: table.matrix)
  }

  private func fit(
    _ words: [UInt32], row: UnsafeMutablePointer<Float>, passes: Int, random seeds: RandomStream
  ) {
    guard !words.isEmpty else { return }
    let kernels = vectorKernels().pointee
    let stride = tables.words.stride
    var seeds = seeds
    if options.method.isSpherical {
      for word in words { kernels.add(row, tables.words.row(Int(word)), 1, stride) }
      kernels.normalize(row, stride)
    } else {
      for k in 0..<options.dimension {
        row[k] = (Float(seeds.uniform()) - 0.5) / Float(options.dimension)
      }
    }
    var random = SampleStream(seed: seeds.next())
    let step =
      options.method.isSpherical ? kernels.sphericalDocument : kernels.logisticDocument
    let total = Float(passes * words.count)
    var done: Float = 0
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: options.negatives) { negatives in
      guard let drawn = negatives.baseAddress else { return }
      for _ in 0..<passes {
        for word in words {
          done += 1
          let bits = UInt32(truncatingIfNeeded: random.next() >> 32)
          guard bits <= sampling.keep[Int(word)] else { continue }
          for index in 0..<options.negatives {
            drawn[index] = sampling.negatives.outcome(random.next())
          }
          var position = VectorDocumentStep(
            words: tables.words.base, contexts: tables.contexts.base, document: row,
            stride: stride, word: word, negatives: drawn, negativeCount: options.negatives,
            rate: options.learningRate * max(1 - done / total, 1e-4), margin: options.margin)
          step(&position)
        }
        if options.method.isSpherical { kernels.normalize(row, stride) }
      }
    }
  }
}
