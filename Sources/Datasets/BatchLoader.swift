import Foundation
import Layers
import Messages
import Torch

/// One step's worth of examples.
public struct Batch {
  /// `(B, …)`, float32.
  public let inputs: Tensor
  /// `(B)`, int64.
  public let labels: Tensor?
  /// Where the examples stand in the dataset.
  public let indices: [Int]
  /// Which pass over the data this is, from 0, and which batch of it, from 0.
  public let epoch: Int
  public let position: Int
}

/// Batches of a dataset, epoch after epoch, made ahead of time on a background thread.
///
/// Every epoch visits every example once, in an order that only the seed and the epoch's number
/// decide. With several ranks (processes that train one model together) example i of that order
/// belongs to rank i mod `worldSize`; all ranks get the same number of batches. What is next is the
/// pair (epoch, position), which can be read and set: a restored loader continues exactly.
public final class BatchLoader {
  public struct Configuration: Sendable, Codable, Equatable {
    public var batchSize: Int
    /// `nil`: no shuffling.
    public var seed: UInt64?
    /// Leave out a last batch that would be smaller than the others.
    public var dropsLast: Bool
    public var pixelScale: PixelScale
    public var rank: Int
    public var worldSize: Int
    /// How many batches wait ready at most; 0 makes each when it is asked for.
    public var prefetch: Int

    public init(
      batchSize: Int, seed: UInt64? = nil, dropsLast: Bool = false,
      pixelScale: PixelScale = .signedUnit, rank: Int = 0, worldSize: Int = 1, prefetch: Int = 4
    ) {
      self.batchSize = batchSize
      self.seed = seed
      self.dropsLast = dropsLast
      self.pixelScale = pixelScale
      self.rank = rank
      self.worldSize = worldSize
      self.prefetch = prefetch
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
  public let batchesPerEpoch: Int
  private let maker: BatchMaker
  private let queue: BatchQueue?
  private var upcoming = State()

  /// Traps on sizes that cannot be: a batch size below 1, a rank outside the world. Throws
  /// `EmptyDatasetError` where no batch can be made.
  public init(_ dataset: Dataset, _ configuration: Configuration) throws {
    require(
      configuration.batchSize >= 1 && configuration.worldSize >= 1 && configuration.prefetch >= 0
        && 0..<configuration.worldSize ~= configuration.rank,
      "BatchLoader expected a batch size ≥ 1 and a rank below the world size, received "
        + "\(configuration)")
    self.configuration = configuration
    maker = BatchMaker(dataset: dataset, configuration: configuration)
    batchesPerEpoch = maker.batchesPerEpoch
    guard batchesPerEpoch > 0 else {
      throw EmptyDatasetError(examples: dataset.count, configuration: configuration)
    }
    queue =
      configuration.prefetch > 0
      ? BatchQueue(maker: maker, capacity: configuration.prefetch) : nil
  }

  deinit { queue?.stop() }

  /// What `next()` will give. Setting it continues from there.
  public var state: State {
    get { upcoming }
    set {
      require(
        newValue.epoch >= 0 && 0..<batchesPerEpoch ~= newValue.position,
        "BatchLoader.state expected a position below \(batchesPerEpoch), received \(newValue)")
      guard newValue != upcoming else { return }
      upcoming = newValue
      queue?.restart(at: newValue)
    }
  }

  /// The next batch; after an epoch's last one the next epoch begins.
  public func next() -> Batch {
    let batch = queue?.take() ?? maker.batch(at: upcoming)
    upcoming = maker.successor(of: upcoming)
    return batch
  }

  /// The batches that are left of the current epoch, in order.
  public func remainingOfEpoch() -> some Sequence<Batch> {
    let epoch = upcoming.epoch
    return sequence(state: ()) { [self] _ in upcoming.epoch == epoch ? next() : nil }
  }
}

extension BatchLoader: Checkpointable {
  public func checkpoint() -> NamedState {
    NamedState(values: [
      "epoch": .integer(state.epoch), "position": .integer(state.position),
      "batchesPerEpoch": .integer(batchesPerEpoch),
    ])
  }

  /// Throws `NamedStateError` where the data gives another number of batches.
  public func restore(_ saved: NamedState) throws {
    let reader = saved.reader(for: "batch loader")
    let expected = reader.count("batchesPerEpoch")
    let restored = State(epoch: reader.count("epoch"), position: reader.count("position"))
    reader.expect(
      expected == batchesPerEpoch,
      "it was made with \(expected) batches per epoch, the data now gives \(batchesPerEpoch)")
    reader.expect(
      restored.position < expected, "it says batch \(restored.position) of \(expected)")
    try reader.finish()
    state = restored
  }
}

/// A dataset has too few examples for a single batch.
public struct EmptyDatasetError: Error, CustomStringConvertible {
  let examples: Int
  let configuration: BatchLoader.Configuration

  public var description: String {
    let ranks = configuration.worldSize > 1 ? " on each of \(configuration.worldSize) ranks" : ""
    return examples == 0
      ? "the data set has no examples"
      : "\(examples) examples do not fill one batch of \(configuration.batchSize)\(ranks); a smaller "
        + "batch would work"
  }
}

/// Makes any batch from its epoch and position alone.
private final class BatchMaker: @unchecked Sendable {
  // Sendable: the dataset is never written; the cached order is guarded by the lock.
  let dataset: Dataset
  let configuration: BatchLoader.Configuration
  let batchesPerEpoch: Int
  private let order: ExampleOrder
  private let lock = NSLock()
  private var cached: (epoch: Int, indices: [Int])?

  init(dataset: Dataset, configuration: BatchLoader.Configuration) {
    self.dataset = dataset
    self.configuration = configuration
    order = ExampleOrder(count: dataset.count, seed: configuration.seed)
    let world = configuration.worldSize
    let perRank =
      configuration.dropsLast ? dataset.count / world : (dataset.count + world - 1) / world
    batchesPerEpoch =
      configuration.dropsLast
      ? perRank / configuration.batchSize
      : (perRank + configuration.batchSize - 1) / configuration.batchSize
  }

  func successor(of state: BatchLoader.State) -> BatchLoader.State {
    state.position + 1 < batchesPerEpoch
      ? .init(epoch: state.epoch, position: state.position + 1)
      : .init(epoch: state.epoch + 1, position: 0)
  }

  /// This rank's examples of an epoch.
  private func shard(epoch: Int) -> [Int] {
    lock.withLock {
      if let cached, cached.epoch == epoch { return cached.indices }
      let world = configuration.worldSize
      var whole = order.permutation(epoch: epoch)
      if world > 1 {
        let remainder = whole.count % world
        if remainder > 0, configuration.dropsLast {
          whole.removeLast(remainder)
        } else if remainder > 0 {
          // Ranks work in step, so the first examples are seen twice rather than some rank idling.
          let first = Array(whole)
          for index in 0..<(world - remainder) { whole.append(first[index % first.count]) }
        }
        whole = stride(from: configuration.rank, to: whole.count, by: world).map { whole[$0] }
      }
      cached = (epoch, whole)
      return whole
    }
  }

  func batch(at state: BatchLoader.State) -> Batch {
    let shard = shard(epoch: state.epoch)
    let start = state.position * configuration.batchSize
    let indices = Array(shard[start..<min(shard.count, start + configuration.batchSize)])
    return withoutGradients {
      let rows = Tensor(indices)
      return Batch(
        inputs: configuration.pixelScale.apply(to: dataset.inputs.gatherRows(rows)),
        labels: dataset.labels?.gatherRows(rows), indices: indices, epoch: state.epoch,
        position: state.position)
    }
  }
}

/// A bounded queue that a background thread keeps full.
private final class BatchQueue: @unchecked Sendable {
  // Sendable: every stored property is read and written under `condition`.
  private let condition = NSCondition()
  private let maker: BatchMaker
  private let capacity: Int
  private var ready: [Batch] = []
  private var upcoming = BatchLoader.State()
  private var generation = 0
  private var isStopped = false

  init(maker: BatchMaker, capacity: Int) {
    self.maker = maker
    self.capacity = capacity
    let thread = Thread { [self] in fill() }
    thread.name = "batches"
    thread.start()
  }

  private func fill() {
    while true {
      condition.lock()
      while ready.count >= capacity, !isStopped { condition.wait() }
      guard !isStopped else {
        condition.unlock()
        return
      }
      let state = upcoming
      let generation = self.generation
      condition.unlock()

      let batch = maker.batch(at: state)

      condition.lock()
      // After a restart in the meantime this batch is not the one that comes next any more.
      if generation == self.generation {
        ready.append(batch)
        upcoming = maker.successor(of: state)
        condition.broadcast()
      }
      condition.unlock()
    }
  }

  func take() -> Batch {
    condition.lock()
    defer { condition.unlock() }
    while ready.isEmpty { condition.wait() }
    let batch = ready.removeFirst()
    condition.broadcast()
    return batch
  }

  func restart(at state: BatchLoader.State) {
    condition.withLock {
      generation += 1
      ready = []
      upcoming = state
      condition.broadcast()
    }
  }

  func stop() {
    condition.withLock {
      isStopped = true
      ready = []
      condition.broadcast()
    }
  }
}
