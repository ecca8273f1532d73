import Formats
import Foundation
import Messages
import Parallel
import Synchronization
import Torch

/// Makes any batch from its epoch and position.
protocol BatchMaker: Sendable {
  /// `nil` if only reading on can tell.
  var batchesPerEpoch: Int? { get }
  var exampleCount: Int? { get }
  /// Whether batches are cheap only one after the other.
  var isInOrder: Bool { get }
  /// Count, names and shapes, to tell one data set from another.
  var data: String { get }
  /// Tells data of one description from others; `nil` where only reading all of it could.
  var checksum: String? { get }
  func batch(at state: BatchLoader.State, _ part: BatchPart) throws -> Batch
}

extension Batch {
  /// This, as a rank's part of a batch of `count` examples.
  func placed(_ part: BatchPart, of count: Int) -> Batch {
    guard part != .whole else { return self }
    var batch = self
    batch.place = BatchPlace(part: part, wholeCount: count)
    return batch
  }
}

extension BatchMaker {
  var isInOrder: Bool { false }
  /// Of examples that are made one by one, that of the first batch.
  var checksum: String? {
    guard let batch = try? batch(at: .init(), .whole) else { return nil }
    let tensors = batch.inputs.map(\.tensor) + (batch.labels.map { [$0] } ?? [])
    return "\(tensors.map { $0.withBytes { CRC32C.checksum($0) } })"
  }

  /// The state after `state`; `nil` if only the batch can tell.
  func successor(of state: BatchLoader.State) -> BatchLoader.State? {
    batchesPerEpoch.map { count in
      state.position + 1 < count
        ? .init(epoch: state.epoch, position: state.position + 1)
        : .init(epoch: state.epoch + 1, position: 0)
    }
  }
}

extension BatchLoader.Configuration {
  var collation: Collation {
    Collation(pixelScale: pixelScale, padding: padding, labelPadding: labelPadding)
  }

  /// What is drawn for one example: the same whenever its batch is made.
  func random(epoch: Int, index: Int) -> RandomStream {
    RandomStream(
      seed: seed &+ (UInt64(epoch) &+ 1) &* 0x9E37_79B9_7F4A_7C15, stream: UInt64(index))
  }
}

/// The examples of each batch of an epoch. The latest epochs' orders are kept.
final class BatchIndices: Sendable {
  let batchesPerEpoch: Int
  private let order: EpochOrder
  private let batchSize: Int
  private let cached = Mutex<[(epoch: Int, indices: [Int])]>([])

  init(_ source: some ExampleSource, _ configuration: BatchLoader.Configuration) throws {
    let (count, size) = (source.count, configuration.batchSize)
    batchSize = max(1, size)
    batchesPerEpoch =
      configuration.dropsLast ? count / batchSize : (count + batchSize - 1) / batchSize
    order = try EpochOrder(
      configuration.order, of: source, batchSize: batchSize, seed: configuration.seed)
  }

  func indices(at state: BatchLoader.State) -> [Int] {
    let whole = cached.withLock { cached in
      if let found = cached.first(where: { $0.epoch == state.epoch }) { return found.indices }
      let made = order.indices(epoch: state.epoch)
      // Two: threads that are ahead are in the next epoch already.
      cached = cached.suffix(1) + [(state.epoch, made)]
      return made
    }
    let start = state.position * batchSize
    return Array(whole[start..<min(whole.count, start + batchSize)])
  }
}

/// Batches gathered whole from a data set in memory.
struct DatasetBatches: BatchMaker {
  let dataset: Dataset
  private let indices: BatchIndices
  private let collation: Collation
  var batchesPerEpoch: Int? { indices.batchesPerEpoch }
  var exampleCount: Int? { dataset.count }
  var data: String { dataset.fingerprint }
  var checksum: String? {
    let columns = dataset.columns.map(\.column) + (dataset.labelColumn.map { [$0] } ?? [])
    return "\(columns.map(\.checksum))"
  }

  init(_ dataset: Dataset, _ configuration: BatchLoader.Configuration) throws {
    self.dataset = dataset
    indices = try BatchIndices(dataset, configuration)
    collation = configuration.collation
  }

  func batch(at state: BatchLoader.State, _ part: BatchPart) throws -> Batch {
    let all = indices.indices(at: state)
    return try collation.batch(
      of: dataset, Array(all[part.computedRows(of: all.count)]), state,
      isLast: state.position + 1 == indices.batchesPerEpoch
    ).placed(part, of: all.count)
  }
}

/// Batches of examples that are made and transformed one by one.
struct ExampleBatches<Source: ExampleSource>: BatchMaker {
  private let source: Source
  private let configuration: BatchLoader.Configuration
  private let transforms: [any ExampleTransform]
  private let indices: BatchIndices
  let data: String
  var batchesPerEpoch: Int? { indices.batchesPerEpoch }
  var exampleCount: Int? { source.count }

  init(
    _ source: Source, _ configuration: BatchLoader.Configuration,
    _ transforms: [any ExampleTransform], data: String
  ) throws {
    self.source = source
    self.configuration = configuration
    self.transforms = transforms
    self.data = data
    indices = try BatchIndices(source, configuration)
  }

  func batch(at state: BatchLoader.State, _ part: BatchPart) throws -> Batch {
    let all = indices.indices(at: state)
    let indices = Array(all[part.computedRows(of: all.count)])
    let examples = try indices.map { index in
      var random = configuration.random(epoch: state.epoch, index: index)
      var example = try source.example(at: index, random: &random)
      for transform in transforms { try transform.apply(to: &example, random: &random) }
      return example
    }
    return try configuration.collation.batch(
      of: examples, indices, state, isLast: state.position + 1 == self.indices.batchesPerEpoch
    ).placed(part, of: all.count)
  }
}

/// Batches of a stream, read on from where the last one ended; an earlier or later one is found by
/// reading the epoch from its beginning.
final class StreamBatches: BatchMaker {
  let batchesPerEpoch: Int? = nil
  let exampleCount: Int? = nil
  let isInOrder = true
  let checksum: String? = nil
  let data = "a stream"
  private let stream: ExampleStream
  private let configuration: BatchLoader.Configuration
  private let transforms: [any ExampleTransform]
  private let lock = NSLock()
  // Guarded by the lock; the iterator of a stream need not be Sendable.
  nonisolated(unsafe) private var reading: Reading?

  /// An epoch that is being read.
  private struct Reading {
    let next: ExampleStream.Next
    var upcoming: BatchLoader.State
    var random: RandomStream
    var buffer: [(index: Int, example: Example)] = []
    /// The examples of the batch that comes next, drawn already: so the last batch knows that it is.
    var ahead: [(index: Int, example: Example)] = []
    var read = 0
    var isOver = false
  }

  init(
    _ stream: ExampleStream, _ configuration: BatchLoader.Configuration,
    _ transforms: [any ExampleTransform]
  ) {
    self.stream = stream
    self.configuration = configuration
    self.transforms = transforms
  }

  func batch(at state: BatchLoader.State, _ part: BatchPart) throws -> Batch {
    try lock.withLock {
      do {
        if reading?.upcoming != state { try begin(state) }
        return try takeBatch(state, part)
      } catch {
        // What an iterator does after an error is not known.
        reading = nil
        throw error
      }
    }
  }

  private func begin(_ state: BatchLoader.State) throws {
    var started = Reading(
      next: try stream.makeIterator(state.epoch), upcoming: state,
      random: RandomStream(seed: configuration.seed, stream: UInt64(state.epoch)))
    for position in 0...state.position {
      started.ahead = try drawBatch(&started)
      guard !started.ahead.isEmpty else {
        throw InputError(
          "the stream gave no batch \(position) in epoch \(state.epoch): it has \(started.read) "
            + "examples for batches of \(configuration.batchSize)")
      }
    }
    reading = started
  }

  /// The examples of the next batch; none at the end of the epoch.
  private func drawBatch(_ reading: inout Reading) throws -> [(index: Int, example: Example)] {
    var drawn: [(index: Int, example: Example)] = []
    while drawn.count < configuration.batchSize, let example = try draw(&reading) {
      drawn.append(example)
    }
    return configuration.dropsLast && drawn.count < configuration.batchSize ? [] : drawn
  }

  /// The next example, through the shuffle buffer if there is one.
  private func draw(_ reading: inout Reading) throws -> (index: Int, example: Example)? {
    func read() throws -> (index: Int, example: Example)? {
      guard !reading.isOver else { return nil }
      guard let example = try reading.next() else {
        reading.isOver = true
        return nil
      }
      defer { reading.read += 1 }
      return (reading.read, example)
    }
    guard configuration.order == .shuffled else { return try read() }
    while reading.buffer.count < configuration.shuffleBuffer, let example = try read() {
      reading.buffer.append(example)
    }
    guard !reading.buffer.isEmpty else { return nil }
    let place = reading.random.below(reading.buffer.count)
    reading.buffer.swapAt(place, reading.buffer.count - 1)
    return reading.buffer.removeLast()
  }

  private func takeBatch(_ state: BatchLoader.State, _ part: BatchPart) throws -> Batch {
    guard var current = reading else { fatalError("no epoch is being read") }
    reading = nil
    let count = current.ahead.count
    let own = current.ahead[part.computedRows(of: count)]
    let examples = try own.map { index, drawn in
      var example = drawn
      var random = configuration.random(epoch: state.epoch, index: index)
      for transform in transforms { try transform.apply(to: &example, random: &random) }
      return example
    }
    let indices = own.map(\.index)
    current.ahead = try drawBatch(&current)
    let isLast = current.ahead.isEmpty
    let batch = try configuration.collation.batch(of: examples, indices, state, isLast: isLast)
      .placed(part, of: count)
    current.upcoming = batch.successor
    if !isLast { reading = current }
    return batch
  }
}

extension Dataset.Column {
  fileprivate var checksum: UInt32 {
    switch self {
    case .tensor(let tensor): tensor.withBytes { CRC32C.checksum($0) }
    case .sequences(let rows): rows.elements.withBytes { CRC32C.checksum($0) }
    }
  }
}

extension Dataset {
  /// Count, names, types and shapes.
  var fingerprint: String {
    func text(_ column: Column) -> String {
      switch column {
      case .tensor(let tensor): "\(tensor.dtype) \(Array(tensor.shape.dropFirst()))"
      case .sequences(let rows):
        "sequences of \(rows.elements.dtype) \(Array(rows.elements.shape.dropFirst())), "
          + "\(rows.elements.size(0)) elements"
      }
    }
    let all = columns.map { ($0.name, $0.column) } + (labelColumn.map { [("labels", $0)] } ?? [])
    return "\(count) examples (" + all.map { "\($0.0): \(text($0.1))" }.joined(separator: ", ")
      + ")"
  }
}

extension BatchOrder {
  /// In a word, for checkpoints and messages.
  var summary: String {
    switch self {
    case .sequential: "sequential"
    case .shuffled: "shuffled"
    case .weighted(let weights):
      "weighted \(weights.withUnsafeBytes { CRC32C.checksum($0) })"
    case .balanced: "balanced"
    case .bucketed(let window): "bucketed by \(window) batches"
    }
  }
}
