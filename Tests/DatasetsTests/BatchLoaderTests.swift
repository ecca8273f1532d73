import Datasets
import Foundation
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct BatchLoaderTests {
  private let dataset: Dataset = Dataset(
    inputs: Tensor.range(23, dtype: .float32).reshaped(23, 1), labels: Tensor.range(23))

  private func loader(
    batch: Int = 4, order: BatchOrder = .shuffled, dropsLast: Bool = false, prefetch: Int = 3
  ) throws -> BatchLoader {
    try BatchLoader(
      dataset,
      .init(batchSize: batch, seed: 3, order: order, dropsLast: dropsLast, prefetch: prefetch))
  }

  private func rest(of loader: BatchLoader) throws -> [[Int]] {
    var batches: [[Int]] = []
    while let batch = try loader.nextOfEpoch() { batches.append(batch.indices) }
    return batches
  }

  /// libtorch frees at exit what the threads of a loader work with.
  @Test func aProcessMayEndWhileBatchesAreMade() async {
    await #expect(processExitsWith: .success) {
      let images = Tensor.zeros([60_000, 1, 28, 28]).to(.uint8)
      let loader = try BatchLoader(Dataset(inputs: images), .init(batchSize: 4096, prefetch: 8))
      _ = try loader.next()
      withExtendedLifetime(loader) { exit(0) }
    }
  }

  @Test func everyEpochVisitsEveryExampleOnce() throws {
    let loader = try loader()
    #expect(loader.batchesPerEpoch == 6)
    var orders: [[Int]] = []
    for epoch in 0..<3 {
      var seen: [Int] = []
      while let batch = try loader.nextOfEpoch() {
        #expect(batch.epoch == epoch)
        #expect(batch.input.floats().map(Int.init) == batch.indices)
        #expect(batch.labels?.integers() == batch.indices)
        seen += batch.indices
      }
      #expect(seen.sorted() == Array(0..<23))
      orders.append(seen)
    }
    #expect(orders[0] != orders[1] && orders[1] != orders[2])
    #expect(loader.state == .init(epoch: 3, position: 0))
  }

  @Test func aSequentialOrderStays() throws {
    let loader = try loader(order: .sequential)
    #expect(try rest(of: loader).flatMap { $0 } == Array(0..<23))
  }

  @Test(arguments: [0, 1, 5]) func restoredLoadersContinueExactly(prefetch: Int) throws {
    let first = try loader(prefetch: prefetch)
    for _ in 0..<8 { _ = try first.next() }
    let saved = first.state
    #expect(saved == .init(epoch: 1, position: 2))
    let expected = try (0..<10).map { _ in try first.next().indices }
    let second = try loader(prefetch: prefetch)
    _ = try second.next()
    second.state = saved
    #expect(try (0..<10).map { _ in try second.next().indices } == expected)
    // Going back is possible too.
    first.state = saved
    #expect(try first.next().indices == expected[0])
  }

  @Test func shortBatchesCanBeLeftOut() throws {
    let loader = try loader(dropsLast: true)
    #expect(loader.batchesPerEpoch == 5)
    #expect(try rest(of: loader).allSatisfy { $0.count == 4 })
    #expect(throws: EmptyDatasetError.self) {
      try BatchLoader(dataset, .init(batchSize: 24, dropsLast: true))
    }
    let empty = Dataset(inputs: Tensor.zeros([0, 2]))
    let error = #expect(throws: EmptyDatasetError.self) {
      try BatchLoader(empty, .init(batchSize: 1))
    }
    #expect(error?.description == "the data set has no examples")
  }

  @Test func loadersThatNobodyReadsEnd() throws {
    // A worker that waited for its loader for ever would keep the process's threads growing.
    for _ in 0..<200 { _ = try loader(prefetch: 2) }
  }
}
