import Formats
import Messages
import Parallel
import Synchronization

/// Trains vectors of words, contexts and documents.
///
/// Threads take parts of the corpus, whole documents each (a document is divided only where its
/// vector is not trained), and update shared rows without locks. A part's random numbers depend on
/// the seed, the epoch and the part alone. On one thread the result is the same, byte for byte, for
/// one seed, whichever instruction set the kernels use.
public final class VectorTrainer {
  public let vocabulary: VectorVocabulary
  public let corpus: EncodedCorpus
  public let options: VectorOptions
  let tables: EmbeddingTables
  private let parts: [CorpusPart]
  private let sampling: SamplingTables
  /// Parts done, counted over all epochs.
  public private(set) var completedParts = 0
  /// Tokens done, counted over all epochs.
  public private(set) var completedTokens = 0

  public var isComplete: Bool { completedParts >= parts.count * options.epochs }

  /// - Parameters:
  ///   - documentDirectory: where a temporary file with the document vectors goes; in memory if
  ///     `nil`.
  ///
  /// Throws `OptionError` for options, `InputError` for a corpus that cannot be trained on.
  public init(
    corpus: EncodedCorpus, vocabulary: VectorVocabulary, options: VectorOptions,
    documentDirectory: String? = nil
  ) throws {
    try options.check()
    guard vocabulary.count >= 2 else {
      throw InputError(
        "the vocabulary has \(vocabulary.count) word\(vocabulary.count == 1 ? "" : "s"), training "
          + "needs at least 2; give more text or a smaller `minCount`")
    }
    guard corpus.tokenCount > 0 else {
      throw InputError(
        "the corpus has no words; all of its \(corpus.documentCount) documents are empty")
    }
    if let highest = corpus.tokens.max(), Int(highest) >= vocabulary.count {
      throw InputError(
        "the corpus has the word id \(highest), but the vocabulary has \(vocabulary.count) words")
    }
    self.corpus = corpus
    self.vocabulary = vocabulary
    self.options = options
    parts = CorpusPart.divide(corpus, splitsDocuments: !options.documents)
    sampling = SamplingTables(
      vocabulary: vocabulary, total: corpus.tokenCount, options: options)
    tables = try EmbeddingTables(
      words: vocabulary.count, documents: options.documents ? corpus.documentCount : 0,
      dimension: options.dimension, documentDirectory: documentDirectory)
    try tables.initialize(options)
  }

  /// Trains until all epochs are done, or until it is cancelled: then it throws `Cancelled` after the
  /// running parts, and the state is one that `train` and a checkpoint continue from.
  ///
  /// - Parameter checkpoint: called between parts, at most every `checkpointInterval`.
  public func train(
    work: Work = .silent, checkpointInterval: Duration = .seconds(300),
    checkpoint: ((VectorTrainer) throws -> Void)? = nil
  ) throws {
    let total = corpus.tokenCount * options.epochs
    try work.phase("training", of: total, unit: "words") { phase in
      phase.report(completedTokens)
      try train(phase, checkpointInterval: checkpointInterval, checkpoint: checkpoint)
    }
  }

  private func train(
    _ phase: Work.Phase, checkpointInterval: Duration,
    checkpoint: ((VectorTrainer) throws -> Void)?
  ) throws {
    var lastCheckpoint = ContinuousClock.now
    // Threads meet after each stretch, so that checkpoints see no running part.
    let stretch = options.threads == 1 ? 1 : max(8 * options.threads, parts.count / 8)
    while !isComplete {
      try phase.check()
      let epoch = completedParts / parts.count
      let first = completedParts % parts.count
      let count = min(stretch, parts.count - first)
      let done = Atomic<Int>(completedTokens)
      try run(parts: first..<(first + count), epoch: epoch, done: done, phase)
      completedParts += count
      completedTokens = done.load(ordering: .relaxed)
      if completedParts % parts.count == 0, options.method.isSpherical {
        try tables.normalize(threads: options.threads)
      }
      let isDue = checkpoint != nil && ContinuousClock.now - lastCheckpoint >= checkpointInterval
      if isDue || completedParts % parts.count == 0 { try checkConvergence(epoch: epoch) }
      if let checkpoint, isDue {
        try checkpoint(self)
        lastCheckpoint = .now
      }
    }
  }

  /// Throws `InputError` if numbers became so large that they are none: the steps were too long.
  private func checkConvergence(epoch: Int) throws {
    guard ![tables.words, tables.contexts, tables.documents].allSatisfy({ $0?.isFinite ?? true })
    else { return }
    let usual = VectorOptions(options.method).learningRate
    let rate = options.learningRate > 2 * usual ? max(usual, options.learningRate / 8) : usual / 4
    throw InputError(
      "training diverged in epoch \(epoch + 1): vectors are not finite any more; lower `learningRate` "
        + "from \(options.learningRate), for example to \(rate)")
  }

  private func run(
    parts range: Range<Int>, epoch: Int, done: borrowing Atomic<Int>, _ phase: Work.Phase
  ) throws {
    let pass = TrainingPass(
      corpus: corpus, options: options, tables: tables, sampling: sampling,
      total: corpus.tokenCount * options.epochs, completed: done.load(ordering: .relaxed))
    let parts = parts
    try parallelFor(count: range.count, threads: options.threads) { index in
      let part = range.lowerBound + index
      pass.run(parts[part], stream: UInt64(epoch * parts.count + part), phase)
    }
    done.store(pass.completed, ordering: .relaxed)
  }

  /// Takes over a checkpoint's position after checking that it is this training's.
  func resume(options saved: VectorOptions, position: VectorFile.Position, path: String)
    throws
  {
    var comparable = saved
    comparable.threads = options.threads
    guard comparable == options else {
      throw FileError(
        path: path, reason: "the checkpoint was trained with other options: \(saved.summary)")
    }
    guard position.corpus == corpus.fingerprint,
      position.completedParts >= 0, position.completedParts <= parts.count * options.epochs,
      position.completedTokens >= 0, position.completedTokens <= corpus.tokenCount * options.epochs
    else { throw FileError(path: path, reason: "the checkpoint belongs to another corpus") }
    completedParts = position.completedParts
    completedTokens = position.completedTokens
  }
}

/// The rows that training changes.
final class EmbeddingTables: Sendable {
  let words: RowTable
  let contexts: RowTable
  let documents: RowTable?

  init(words: Int, documents: Int, dimension: Int, documentDirectory: String?) throws {
    self.words = try RowTable(rows: words, dimension: dimension)
    contexts = try RowTable(rows: words, dimension: dimension)
    self.documents =
      documents == 0
      ? nil : try RowTable(rows: documents, dimension: dimension, directory: documentDirectory)
  }

  /// Random rows, of unit length for the spherical methods; the others start from contexts of zero.
  func initialize(_ options: VectorOptions) throws {
    try words.fillUniform(seed: options.seed, stream: 1, threads: options.threads)
    try documents?.fillUniform(seed: options.seed, stream: 2, threads: options.threads)
    if options.method.isSpherical {
      try contexts.fillUniform(seed: options.seed, stream: 3, threads: options.threads)
      try normalize(threads: options.threads)
    }
  }

  func normalize(threads: Int) throws {
    for table in [words, contexts, documents] { try table?.normalizeRows(threads: threads) }
  }
}
