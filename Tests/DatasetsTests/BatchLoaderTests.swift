import Datasets
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct BatchLoaderTests {
  private let dataset: Dataset = Dataset(
    inputs: Tensor.range(23, dtype: .float32).reshaped(23, 1), labels: Tensor.range(23))

  private func loader(
    batch: Int = 4, seed: UInt64? = 3, dropsLast: Bool = false, rank: Int = 0, world: Int = 1,
    prefetch: Int = 3
  ) throws -> BatchLoader {
    try BatchLoader(
      dataset,
      .init(
        batchSize: batch, seed: seed, dropsLast: dropsLast, rank: rank, worldSize: world,
        prefetch: prefetch))
  }

  @Test func everyEpochVisitsEveryExampleOnce() throws {
    let loader = try loader()
    #expect(loader.batchesPerEpoch == 6)
    var orders: [[Int]] = []
    for epoch in 0..<3 {
      var seen: [Int] = []
      for batch in loader.remainingOfEpoch() {
        #expect(batch.epoch == epoch)
        #expect(batch.inputs.floats().map(Int.init) == batch.indices)
        #expect(batch.labels?.integers() == batch.indices)
        seen += batch.indices
      }
      #expect(seen.sorted() == Array(0..<23))
      orders.append(seen)
    }
    #expect(orders[0] != orders[1] && orders[1] != orders[2])
    #expect(loader.state == .init(epoch: 3, position: 0))
  }

  @Test func withoutSeedTheOrderStays() throws {
    let loader = try loader(seed: nil)
    let seen = loader.remainingOfEpoch().flatMap(\.indices)
    #expect(seen == Array(0..<23))
  }

  @Test(arguments: [0, 1, 5]) func restoredLoadersContinueExactly(prefetch: Int) throws {
    let first = try loader(prefetch: prefetch)
    for _ in 0..<8 { _ = first.next() }
    let saved = first.state
    #expect(saved == .init(epoch: 1, position: 2))
    let expected = (0..<10).map { _ in first.next().indices }
    let second = try loader(prefetch: prefetch)
    _ = second.next()
    second.state = saved
    #expect((0..<10).map { _ in second.next().indices } == expected)
    // Going back is possible too.
    first.state = saved
    #expect(first.next().indices == expected[0])
  }

  @Test func shortBatchesCanBeLeftOut() throws {
    let loader = try loader(dropsLast: true)
    #expect(loader.batchesPerEpoch == 5)
    #expect(loader.remainingOfEpoch().allSatisfy { $0.indices.count == 4 })
    #expect(throws: EmptyDatasetError.self) {
      try BatchLoader(dataset, .init(batchSize: 24, dropsLast: true))
    }
    let empty = Dataset(inputs: Tensor.zeros([0, 2]))
    let error = #expect(throws: EmptyDatasetError.self) {
      try BatchLoader(empty, .init(batchSize: 1))
    }
    #expect(error?.description == "the data set has no examples")
  }

  @Test(arguments: [true, false]) func ranksShareAnEpoch(dropsLast: Bool) throws {
    let loaders = try (0..<3).map { try loader(dropsLast: dropsLast, rank: $0, world: 3) }
    #expect(Set(loaders.map(\.batchesPerEpoch)).count == 1)
    let shards = loaders.map { $0.remainingOfEpoch().flatMap(\.indices) }
    let all = shards.flatMap { $0 }
    if dropsLast {
      #expect(Set(all).count == all.count)
      #expect(shards.allSatisfy { $0.count == 4 })
    } else {
      #expect(Set(all) == Set(0..<23))
      #expect(all.count == 24)
    }
  }

  @Test func loadersThatNobodyReadsEnd() throws {
    // A worker that waited for its loader for ever would keep the process's threads growing.
    for _ in 0..<200 { _ = try loader(prefetch: 2) }
  }
}
