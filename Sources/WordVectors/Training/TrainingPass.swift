import CVectorKernels
import Parallel
import Synchronization

/// Which words are kept and which negatives are drawn.
struct SamplingTables: Sendable {
  let negatives: AliasTable
  /// A token is kept if 32 random bits are at most this.
  let keep: [UInt32]

  init(vocabulary: VectorVocabulary, total: Int, options: VectorOptions) {
    negatives = AliasTable(counts: vocabulary.counts.map { max($0, 1) }, power: 0.75)
    let threshold = options.subsampling * Double(total)
    keep = vocabulary.counts.map { count in
      guard threshold > 0, count > 0 else { return .max }
      let ratio = threshold / Double(count)
      let probability = ratio.squareRoot() + ratio
      return probability >= 1 ? .max : UInt32(probability * 0x1p32)
    }
  }
}

/// Runs parts of the corpus through the kernels.
final class TrainingPass: Sendable {
  /// A document longer than this is trained in pieces: windows do not reach across their bounds.
  static let longestPiece = 1000

  private let corpus: EncodedCorpus
  private let options: VectorOptions
  private let tables: EmbeddingTables
  private let sampling: SamplingTables
  private let total: Int
  private let processed: Atomic<Int>

  var completed: Int { processed.load(ordering: .relaxed) }

  init(
    corpus: EncodedCorpus, options: VectorOptions, tables: EmbeddingTables,
    sampling: SamplingTables, total: Int, completed: Int
  ) {
    self.corpus = corpus
    self.options = options
    self.tables = tables
    self.sampling = sampling
    self.total = total
    processed = Atomic(completed)
  }

  private var rate: Float {
    let progress = Float(Double(completed) / Double(total + 1))
    return max(options.learningRate * (1 - progress), options.finalLearningRate)
  }

  /// Trains on one part; `stream` numbers the part over all epochs.
  func run(_ part: CorpusPart, stream: UInt64, _ phase: Work.Phase) {
    var seeds = RandomStream(seed: options.seed, stream: 1 << 32 + stream)
    var random = SampleStream(seed: seeds.next())
    let worker = PositionWorker(options: options, tables: tables, sampling: sampling)
    worker.rate = rate
    var pending = 0
    for document in part.documents {
      let range =
        max(
          corpus.offsets[document], part.tokens.lowerBound)..<min(
          corpus.offsets[document + 1], part.tokens.upperBound)
      var start = range.lowerBound
      while start < range.upperBound {
        let end = worker.fill(
          from: corpus.tokens, range: start..<range.upperBound, limit: Self.longestPiece, &random)
        worker.trainPiece(document: document, &random)
        pending += end - start
        start = end
        if pending >= 10_000 {
          processed.add(pending, ordering: .relaxed)
          phase.report(pending)
          pending = 0
          worker.rate = rate
        }
      }
    }
    processed.add(pending, ordering: .relaxed)
    phase.report(pending)
  }
}

/// One thread's buffers and its calls of the kernel.
final class PositionWorker {
  private let options: VectorOptions
  private let tables: EmbeddingTables
  private let sampling: SamplingTables
  private let kernel: @convention(c) (UnsafePointer<VectorPosition>) -> Void
  private let piece: UnsafeMutablePointer<UInt32>
  private let centers: UnsafeMutablePointer<UInt32>
  private let negatives: UnsafeMutablePointer<UInt32>
  private let scratch: UnsafeMutableRawPointer
  private var count = 0
  var rate: Float = 0

  init(options: VectorOptions, tables: EmbeddingTables, sampling: SamplingTables) {
    self.options = options
    self.tables = tables
    self.sampling = sampling
    let kernels = vectorKernels().pointee
    kernel =
      switch options.method {
      case .spherical: kernels.sphericalSeparate
      case .sphericalJoint: kernels.sphericalJoint
      case .skipGram: kernels.skipGram
      case .bagOfWords: kernels.bagOfWords
      }
    piece = .allocate(capacity: TrainingPass.longestPiece)
    centers = .allocate(capacity: 2 * options.window)
    negatives = .allocate(capacity: (2 * options.window + 1) * options.negatives)
    scratch = .allocate(byteCount: 2 * tables.words.stride * 4, alignment: 64)
  }

  deinit {
    piece.deallocate()
    centers.deallocate()
    negatives.deallocate()
    scratch.deallocate()
  }

  /// Takes the tokens that subsampling keeps, at most `limit`; returns where it stopped reading.
  func fill(
    from tokens: UnsafeBufferPointer<UInt32>, range: Range<Int>, limit: Int,
    _ random: inout SampleStream
  ) -> Int {
    count = 0
    var index = range.lowerBound
    sampling.keep.withUnsafeBufferPointer { keep in
      while index < range.upperBound, count < limit {
        let token = tokens[index]
        index += 1
        let bound = keep[Int(token)]
        if bound == .max || UInt32(truncatingIfNeeded: random.next() >> 32) <= bound {
          piece[count] = token
          count += 1
        }
      }
    }
    return index
  }

  /// Trains on every position of the piece that `fill` took.
  func trainPiece(document: Int, _ random: inout SampleStream) {
    let stride = tables.words.stride
    let documentRow = tables.documents?.row(document)
    // The bag of words is one pair a position; so is each neighbor elsewhere, and the document.
    let sharesNegatives = options.sharedNegatives || options.method == .bagOfWords
    var position = VectorPosition(
      words: tables.words.base, contexts: tables.contexts.base, document: documentRow,
      stride: stride, word: 0, centers: centers, centreCount: 0, negatives: negatives,
      negativeCount: options.negatives, negativeStep: sharesNegatives ? 0 : options.negatives,
      rate: rate, margin: options.margin,
      scratch: scratch.assumingMemoryBound(to: Float.self))
    let documentPairs = documentRow != nil && options.method != .sphericalJoint ? 1 : 0
    for index in 0..<count {
      let width = 1 + random.below(options.window)
      let low = max(0, index - width)
      let high = min(count - 1, index + width)
      var neighbors = 0
      for other in low...high where other != index {
        centers[neighbors] = piece[other]
        neighbors += 1
      }
      let sets = sharesNegatives ? 1 : neighbors + documentPairs
      for draw in 0..<(sets * options.negatives) {
        negatives[draw] = sampling.negatives.outcome(random.next())
      }
      position.word = piece[index]
      position.centreCount = neighbors
      kernel(&position)
    }
  }
}
