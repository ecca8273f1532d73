import Foundation
import Layers
import Messages
import Parallel
import Torch

/// Batches of a data set, epoch after epoch, made ahead of time on background threads.
///
///     let loader = try BatchLoader(dataset, .init(batchSize: 64, seed: 1))
///     while let batch = try loader.nextOfEpoch() { … }
///
/// What is in a batch depends on the seed, the epoch and the position alone: not on the number of
/// threads, nor on what was asked before. What is next is the pair (epoch, position), which can be read
/// and set: a restored loader continues exactly.
/// PyTorch: `DataLoader`; TensorFlow: `tf.data`; Keras: `PyDataset`.
public final class BatchLoader {
  public struct Configuration: Sendable, Equatable {
    public var batchSize: Int
    /// Decides the order of every epoch and what transforms draw; 0 unless another is given.
    public var seed: UInt64
    public var order: BatchOrder
    /// Leave out a last batch that would be smaller than the others.
    public var dropsLast: Bool
    /// How inputs of bytes become floating-point.
    public var pixelScale: PixelScale
    /// What fills up rows of inputs, and of labels, that are shorter than the longest of the batch.
    public var padding: Double
    public var labelPadding: Double
    /// How many examples of a stream wait to be drawn from when it is shuffled.
    public var shuffleBuffer: Int
    /// How many batches wait ready at most; 0 makes each when it is asked for.
    public var prefetch: Int
    /// How many threads make batches; `nil`: one for a data set in memory and for a stream, else one per
    /// processor, up to four.
    public var threads: Int?

    public init(
      batchSize: Int, seed: UInt64 = 0, order: BatchOrder = .shuffled, dropsLast: Bool = false,
      pixelScale: PixelScale = .signedUnit, padding: Double = 0, labelPadding: Double = -100,
      shuffleBuffer: Int = 10_000, prefetch: Int = 4, threads: Int? = nil
    ) {
      self.batchSize = batchSize
      self.seed = seed
      self.order = order
      self.dropsLast = dropsLast
      self.pixelScale = pixelScale
      self.padding = padding
      self.labelPadding = labelPadding
      self.shuffleBuffer = shuffleBuffer
      self.prefetch = prefetch
      self.threads = threads
    }
  }

  /// The batch that comes next.
  public struct State: Sendable, Codable, Equatable {
    public var epoch: Int
    public var position: Int

    public init(epoch: Int = 0, position: Int = 0) {
      self.epoch = epoch
      self.position = position
    }
  }

  public let configuration: Configuration
  public let transforms: [any ExampleTransform]
  /// `nil` for a stream.
  public var batchesPerEpoch: Int? { maker.batchesPerEpoch }
  private let maker: any BatchMaker
  private let queue: BatchQueue?
  private var upcoming = State()
  /// The part of each batch that this process takes: set by a trainer where several ranks train together,
  /// each the whole batch otherwise.
  public var part = BatchPart.whole
  /// The part that the queue makes; changed when a batch is asked for, so that a training's end begins nothing.
  private var queuedPart = BatchPart.whole
  /// What the part that `next()` gave last counts in the mean over its whole batch; `nil` for whole batches.
  public private(set) var lastShare: Double?
  /// Whether `nextOfEpoch` has to say that an epoch is over.
  private var isEndDue = false

  /// Examples by their number, such as a `Dataset` in memory. Traps on sizes that cannot be; throws
  /// `EmptyDatasetError` where no batch can be made, `InputError` where the order asks for what the source
  /// does not tell.
  public convenience init(
    _ source: some ExampleSource, _ configuration: Configuration,
    transforms: [any ExampleTransform] = []
  ) throws {
    let dataset = source as? Dataset
    if let dataset, transforms.isEmpty {
      try self.init(DatasetBatches(dataset, configuration), configuration, threads: 1)
    } else {
      let data = dataset?.fingerprint ?? "\(source.count) examples"
      try self.init(
        ExampleBatches(source, configuration, transforms, data: data), configuration, transforms,
        threads: nil)
    }
  }

  /// Examples one after the other, in their order or through a shuffle buffer.
  public convenience init(
    _ stream: ExampleStream, _ configuration: Configuration, transforms: [any ExampleTransform] = []
  ) throws {
    guard configuration.order == .sequential || configuration.order == .shuffled else {
      throw InputError("a stream has a sequential or a shuffled order, not \(configuration.order)")
    }
    if let threads = configuration.threads, threads > 1 {
      throw InputError("a stream is read by one thread, not by \(threads)")
    }
    try self.init(
      StreamBatches(stream, configuration, transforms), configuration, transforms, threads: 1)
  }

  private init(
    _ maker: any BatchMaker, _ configuration: Configuration,
    _ transforms: [any ExampleTransform] = [], threads: Int?
  ) throws {
    self.transforms = transforms
    require(
      configuration.batchSize >= 1 && configuration.prefetch >= 0
        && configuration.shuffleBuffer >= 1 && configuration.threads ?? 1 >= 1,
      "BatchLoader expected a batch size, a shuffle buffer and threads ≥ 1 and prefetch ≥ 0, "
        + "received \(configuration)")
    self.configuration = configuration
    self.maker = maker
    if let count = maker.batchesPerEpoch, count == 0 {
      throw EmptyDatasetError(
        examples: maker.exampleCount ?? 0, batchSize: configuration.batchSize)
    }
    let threads =
      maker.isInOrder ? 1 : configuration.threads ?? threads ?? min(4, defaultThreadCount)
    queue =
      configuration.prefetch > 0
      ? BatchQueue(maker: maker, capacity: max(configuration.prefetch, threads), threads: threads)
      : nil
  }

  deinit { queue?.stop() }

  /// What `next()` will give. Setting it continues from there.
  public var state: State {
    get { upcoming }
    set {
      require(
        newValue.epoch >= 0 && newValue.position >= 0
          && newValue.position < batchesPerEpoch ?? .max,
        "BatchLoader.state expected a position below \(batchesPerEpoch ?? .max), received "
          + "\(newValue)")
      isEndDue = false
      guard newValue != upcoming else { return }
      upcoming = newValue
      restart()
    }
  }

  /// The next batch; after an epoch's last one the next epoch begins.
  ///
  /// Throws what the source throws. A loader of a data set in memory throws nothing.
  public func next() throws -> Batch {
    if part != queuedPart { restart() }
    let batch = try queue?.take() ?? maker.batch(at: upcoming, part)
    upcoming = batch.successor
    lastShare = batch.share
    isEndDue = batch.isLast
    return batch
  }

  private func restart() {
    queuedPart = part
    queue?.restart(at: upcoming, part)
  }

  /// The next batch of the epoch; `nil` once after its last one, after which the next epoch begins.
  public func nextOfEpoch() throws -> Batch? {
    if isEndDue {
      isEndDue = false
      return nil
    }
    return try next()
  }
}

extension BatchLoader {
  /// One pass over other examples, in their order, as this loader would make their batches: the same
  /// scale and padding, transforms as they are for evaluation.
  public func forEvaluation(of source: any ExampleSource) throws -> BatchLoader {
    var configuration = configuration
    configuration.batchSize = max(configuration.batchSize, 256)
    configuration.order = .sequential
    configuration.dropsLast = false
    configuration.prefetch = 2
    return try BatchLoader(
      source, configuration, transforms: transforms.compactMap(\.forEvaluation))
  }
}

extension BatchLoader: Checkpointable {
  /// What decides the batches beside the state, by name: the same on all ranks that train together.
  public var facts: [String: String] {
    var facts = Dictionary(
      uniqueKeysWithValues: identity.map { ("\($0.key) of the batches", $0.value) })
    if let checksum = maker.checksum { facts["content of the data"] = checksum }
    return facts
  }

  /// What decides the batches beside the state, by name.
  private var identity: [(key: String, value: String)] {
    [
      ("data", maker.data), ("batch size", "\(configuration.batchSize)"),
      ("seed", "\(configuration.seed)"), ("order", configuration.order.summary),
      ("last batch", configuration.dropsLast ? "dropped" : "kept"),
      ("pixel scale", configuration.pixelScale.rawValue),
    ] + (maker.isInOrder ? [("shuffle buffer", "\(configuration.shuffleBuffer)")] : [])
  }

  public func checkpoint() -> NamedState {
    var state = NamedState(values: [
      "epoch": .integer(upcoming.epoch), "position": .integer(upcoming.position),
    ])
    for (key, value) in identity { state.values[key] = .string(value) }
    return state
  }

  /// Throws `NamedStateError`, which says all that differs, where the data, the batch size, the seed or
  /// the order are others: the batches would not be those that the state belongs to.
  public func restore(_ saved: NamedState) throws {
    var place = saved
    var earlier: [String: String] = [:]
    for (key, _) in identity {
      earlier[key] = place.values.removeValue(forKey: key)?.stringValue ?? "unknown"
    }
    let reader = place.reader(for: "batch loader")
    for (key, value) in identity {
      let before = earlier[key] ?? ""
      reader.expect(before == value, "\(key) was \(before), is now \(value)")
    }
    let restored = State(epoch: reader.count("epoch"), position: reader.count("position"))
    if let count = batchesPerEpoch {
      reader.expect(
        restored.position < count, "it says batch \(restored.position) of \(count) in an epoch")
    }
    try reader.finish()
    state = restored
  }
}

/// A dataset has too few examples for a single batch.
public struct EmptyDatasetError: Error, CustomStringConvertible {
  let examples: Int
  let batchSize: Int

  public var description: String {
    examples == 0
      ? "the data set has no examples"
      : "\(examples) examples do not fill one batch of \(batchSize); a smaller batch would work"
  }
}

extension Batch {
  /// What comes after it.
  var successor: BatchLoader.State {
    isLast
      ? .init(epoch: epoch + 1, position: 0) : .init(epoch: epoch, position: position + 1)
  }
}
