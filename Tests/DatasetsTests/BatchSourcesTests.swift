import Datasets
import Formats
import Foundation
import Messages
import Parallel
import TestSupport
import Testing
import Torch

/// Every way of getting batches, and its exact resumption.
@Suite(.enabled(if: hasTorch, torchReason)) struct BatchSourcesTests {
  static let rows = (0..<37).map { row in (0...(row * 5) % 11).map { $0 + 100 * row } }
  static let texts = Dataset(
    ["tokens": .sequences(Sequences(rows)), "age": .tensor(Tensor.range(37))],
    labels: .tensor(Tensor((0..<37).map { $0 % 5 == 0 ? 1 : 0 })))
  static let pictures = Dataset(
    inputs: Tensor((0..<10 * 2 * 6 * 6).map { UInt8($0 % 251) }, shape: [10, 2, 6, 6]),
    labels: Tensor.range(10))
  static let drawn = Examples(
    count: 23, classLabels: (0..<23).map { $0 % 4 == 0 ? 1 : 0 }, lengths: (1...23).map { $0 }
  ) { index, random in
    Example(
      ["noise": .floats([Float(random.normal())]), "row": .sequence(Array(0...index))],
      label: .integer(index))
  }
  static let stream = ExampleStream { epoch in
    var next = 0
    return {
      guard next < 29 else { return nil }
      next += 1
      return Example(.integers([next, epoch]), label: .float(Float(next)))
    }
  }

  /// A loader of each kind, by name.
  static let kinds: [(name: String, make: @Sendable () throws -> BatchLoader)] = [
    ("plain", { try BatchLoader(texts, .init(batchSize: 4, seed: 2)) }),
    ("short left out", { try BatchLoader(texts, .init(batchSize: 4, dropsLast: true)) }),
    ("sequential", { try BatchLoader(texts, .init(batchSize: 4, order: .sequential)) }),
    (
      "weighted",
      { try BatchLoader(texts, .init(batchSize: 4, order: .weighted((0..<37).map(Double.init)))) }
    ),
    ("balanced", { try BatchLoader(texts, .init(batchSize: 4, order: .balanced)) }),
    ("bucketed", { try BatchLoader(texts, .init(batchSize: 4, order: .bucketed(window: 3))) }),
    (
      "transformed",
      {
        try BatchLoader(
          pictures, .init(batchSize: 3, threads: 3),
          transforms: [RandomCrop(height: 5, width: 4, padding: 1), RandomHorizontalFlip()])
      }
    ),
    ("drawn", { try BatchLoader(drawn, .init(batchSize: 4, threads: 3)) }),
    ("no prefetch", { try BatchLoader(drawn, .init(batchSize: 4, prefetch: 0)) }),
    ("stream", { try BatchLoader(stream, .init(batchSize: 4, order: .sequential)) }),
    ("shuffled stream", { try BatchLoader(stream, .init(batchSize: 4, shuffleBuffer: 7)) }),
    ("short stream", { try BatchLoader(stream, .init(batchSize: 4, dropsLast: true)) }),
  ]

  func text(_ batch: Batch) -> String {
    let tensors =
      batch.inputs.entries + batch.attentionMasks.entries + batch.sequenceLengths.entries
      + (batch.labels.map { [("labels", $0)] } ?? [])
    return "\(batch.epoch) \(batch.position) \(batch.indices) "
      + tensors.map { "\($0.name) \($0.tensor.shape) \($0.tensor.doubles())" }.joined(
        separator: " ")
  }

  @Test(arguments: kinds.map(\.name)) func interruptionsChangeNothing(kind: String) throws {
    let make = try #require(Self.kinds.first { $0.name == kind }).make
    let whole = try make()
    var texts: [String] = []
    for _ in 0..<25 { texts.append(text(try whole.next())) }
    #expect(Set(texts).count == 25)
    for stop in [1, 5, 6, 7, 8, 13] {
      let first = try make()
      for _ in 0..<stop { _ = try first.next() }
      let second = try make()
      if stop % 2 == 0 { _ = try second.next() }
      try second.restore(first.checkpoint())
      for step in stop..<25 {
        #expect(text(try second.next()) == texts[step], "\(kind) at \(stop)")
      }
    }
    // Epoch after epoch.
    let epochs = try make()
    var count = 0
    for epoch in 0..<2 {
      while let batch = try epochs.nextOfEpoch() {
        #expect(batch.epoch == epoch && text(batch) == texts[count])
        count += 1
      }
      #expect(epochs.state == .init(epoch: epoch + 1, position: 0))
    }
  }

  @Test func threadsDoNotChangeBatches() throws {
    func batches(_ threads: Int, _ prefetch: Int) throws -> [String] {
      let loader = try BatchLoader(
        Self.drawn, .init(batchSize: 3, prefetch: prefetch, threads: threads))
      return try (0..<20).map { _ in text(try loader.next()) }
    }
    let one = try batches(1, 0)
    #expect(try batches(1, 4) == one)
    #expect(try batches(4, 9) == one)
  }

  @Test func rowsArePaddedToTheLongestOfTheBatch() throws {
    let loader = try BatchLoader(
      Self.texts, .init(batchSize: 5, order: .sequential, padding: 7))
    while let batch = try loader.nextOfEpoch() {
      let rows = batch.indices.map { Self.rows[$0] }
      let longest = rows.map(\.count).max()!
      #expect(batch.inputs["tokens"].shape == [rows.count, longest])
      #expect(batch.inputs["tokens"].dtype == .int64 && batch.attentionMask.dtype == .bool)
      #expect(batch.lengths.integers() == rows.map(\.count))
      let padded = rows.flatMap { $0 + [Int](repeating: 7, count: longest - $0.count) }
      #expect(batch.inputs["tokens"].integers() == padded)
      let mask = rows.flatMap { row in (0..<longest).map { $0 < row.count ? 1 : 0 } }
      #expect(batch.attentionMask.integers() == mask)
      #expect(batch.inputs["age"].integers() == batch.indices)
    }
  }

  @Test func labelsOfSequencesArePaddedByWhatLossesLeaveOut() throws {
    let data = Dataset(
      ["tokens": .sequences(Sequences([[1, 2, 3], [4]]))],
      labels: .sequences(Sequences([[0, 1, 0], [1]])))
    let batch = try BatchLoader(data, .init(batchSize: 2, order: .sequential)).next()
    #expect(batch.labels?.integers() == [0, 1, 0, 1, -100, -100])
    #expect(batch.input.integers() == [1, 2, 3, 4, 0, 0])
    let floats = Dataset(
      ["series": .sequences(Sequences(elements: Tensor.ones([3, 2]), lengths: [0, 3]))])
    let series = try BatchLoader(floats, .init(batchSize: 2, order: .sequential)).next()
    #expect(series.input.shape == [2, 3, 2] && series.lengths.integers() == [0, 3])
    #expect(series.input.floats() == [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1])
  }

  @Test func bucketsHoldSimilarLengths() throws {
    let lengths = (0..<400).map { ($0 * 37) % 100 + 1 }
    let data = Dataset(["tokens": .sequences(Sequences(lengths.map { [Int](0..<$0) }))])
    func waste(_ order: BatchOrder) throws -> Double {
      let loader = try BatchLoader(data, .init(batchSize: 10, order: order))
      var (all, used) = (0, 0)
      var seen: [Int] = []
      while let batch = try loader.nextOfEpoch() {
        all += batch.attentionMask.count
        used += batch.lengths.integers().reduce(0, +)
        seen += batch.indices
      }
      #expect(seen.sorted() == Array(0..<400))
      return Double(all) / Double(used)
    }
    #expect(try waste(.bucketed(window: 20)) < 1.12)
    #expect(try waste(.shuffled) > 1.5)
  }

  @Test func drawsFollowTheWeights() throws {
    var counts = [Int](repeating: 0, count: 4)
    let data = Dataset(inputs: Tensor.range(4), labels: Tensor([0, 0, 0, 1]))
    let loader = try BatchLoader(
      data, .init(batchSize: 4, order: .weighted([0, 1, 3, 0])))
    for _ in 0..<1000 { for index in try loader.next().indices { counts[index] += 1 } }
    #expect(counts[0] == 0 && counts[3] == 0)
    #expect(abs(Double(counts[2]) / 4000 - 0.75) < 0.02)
    let balanced = try BatchLoader(data, .init(batchSize: 4, order: .balanced))
    var ones = 0
    for _ in 0..<1000 { ones += try balanced.next().labels!.integers().reduce(0, +) }
    #expect(abs(Double(ones) / 4000 - 0.5) < 0.03)
  }

  @Test func wholeNumbersStayAndBytesArePixels() throws {
    func input(_ tensor: Tensor, _ scale: PixelScale = .signedUnit) throws -> Tensor {
      try BatchLoader(
        Dataset(inputs: tensor), .init(batchSize: 3, order: .sequential, pixelScale: scale)
      ).next().input
    }
    let ages = try input(Tensor([[18, 1], [65, 0], [40, 1]]))
    #expect(ages.dtype == .int64 && ages.integers() == [18, 1, 65, 0, 40, 1])
    for dtype in [DType.int8, .int16, .int32, .bool] {
      #expect(try input(Tensor([1, 0, 1]).to(dtype)).dtype == dtype)
    }
    let bytes = Tensor([UInt8(0), 51, 255])
    expectClose(try input(bytes).doubles(), [-1, -0.6, 1], 1e-6)
    #expect(try input(bytes, .unit).floats() == [0, 0.2, 1])
    #expect(try input(bytes, .none).dtype == .uint8)
    #expect(try input(Tensor([0.5, 1, 2]).to(.float64)).dtype == .float32)
  }

  @Test func transformsKnowTheirPlace() throws {
    // A crop without room and a flip of certain outcome.
    let mirrored = try BatchLoader(
      Self.pictures, .init(batchSize: 10, order: .sequential, pixelScale: .none),
      transforms: [RandomCrop(height: 6, width: 6), RandomHorizontalFlip(probability: 1)]
    ).next().input
    let expected = (0..<10 * 2 * 6).flatMap { row in
      (0..<6).map { (row * 6 + 5 - $0) % 251 }
    }
    #expect(mirrored.integers() == expected)
    let loader = try BatchLoader(
      Self.pictures, .init(batchSize: 10, pixelScale: .none),
      transforms: [RandomCrop(height: 4, width: 2), RandomHorizontalFlip(probability: 1)])
    let middle = try loader.forEvaluation(of: Self.pictures).next()
    #expect(
      middle.input.equals(
        Self.pictures.inputs.narrowed(2, start: 1, length: 4).narrowed(3, start: 2, length: 2)))
    // Every window of a padded picture is one of the padded picture.
    let padded = try BatchLoader(
      Self.pictures, .init(batchSize: 10, pixelScale: .none),
      transforms: [RandomCrop(height: 6, width: 6, padding: 2)])
    let frame = Tensor.zeros([10, 2, 10, 10], dtype: .uint8)
    frame.narrowed(2, start: 2, length: 6).narrowed(3, start: 2, length: 6)
      .copyInPlace(from: Self.pictures.inputs)
    var places: Set<[Int]> = []
    for _ in 0..<20 {
      let batch = try padded.next()
      for (row, index) in batch.indices.enumerated() {
        let found = (0..<25).first { place in
          batch.input[row].equals(
            frame[index].narrowed(1, start: place / 5, length: 6)
              .narrowed(2, start: place % 5, length: 6))
        }
        places.insert([try #require(found)])
      }
    }
    #expect(places.count == 25)
    let small = try BatchLoader(
      Self.pictures, .init(batchSize: 1), transforms: [RandomCrop(height: 7, width: 7)])
    #expect(message { _ = try small.next() }.contains("at least 7 × 7 pixels"))
    // An error stays, and goes away with another place.
    #expect(message { _ = try small.next() }.contains("at least 7 × 7 pixels"))
  }

  @Test func errorsOfSourcesArrive() throws {
    let source = Examples(count: 10) { index, _ in
      guard index != 6 else { throw InputError("example 6 is broken") }
      return Example(.integer(index))
    }
    let loader = try BatchLoader(source, .init(batchSize: 2, order: .sequential, threads: 3))
    for position in 0..<3 { #expect(try loader.next().position == position) }
    #expect(message { _ = try loader.next() } == "example 6 is broken")
    loader.state = .init(epoch: 0, position: 4)
    #expect(try loader.next().indices == [8, 9])
    let uneven = Examples(count: 4) { index, _ in Example(.integers(Array(0..<index + 1))) }
    let refused = message {
      _ = try BatchLoader(uneven, .init(batchSize: 2, order: .sequential)).next()
    }
    #expect(refused.contains("'input' of example 1 is int64 [2], that of example 0 int64 [1]"))
    let empty = ExampleStream { _ in { nil } }
    #expect(
      message { _ = try BatchLoader(empty, .init(batchSize: 2)).next() }
        .contains("the stream gave no batch 0 in epoch 0"))
    for order in [BatchOrder.balanced, .bucketed(window: 2), .weighted([1])] {
      let text = message {
        _ = try BatchLoader(
          Dataset(inputs: Tensor.ones([4, 2])), .init(batchSize: 2, order: order))
      }
      #expect(text != "no error", "\(order)")
      #expect(
        message { _ = try BatchLoader(Self.stream, .init(batchSize: 2, order: order)) }
          .hasPrefix("a stream has"))
    }
  }

  @Test func linesOfFilesStream() throws {
    try withTemporaryFolder { folder in
      // Longer than a block, lines across its end, the last one open.
      let first = (0..<30_000).map { "line \($0)" }
      try AtomicFile.write(first.joined(separator: "\r\n"), to: folder + "/a.txt")
      try AtomicFile.write(
        "\n\nlast\n" + String(repeating: "x", count: 200_000), to: folder + "/b.txt")
      try AtomicFile.write("", to: folder + "/c.txt")
      let stream = ExampleStream(linesOf: ["a", "c", "b"].map { "\(folder)/\($0).txt" }) { line in
        line == "line 7" ? nil : Example(.sequence(line.utf8.map(Int.init)))
      }
      let loader = try BatchLoader(stream, .init(batchSize: 1000, order: .sequential))
      var lines: [String] = []
      while let batch = try loader.nextOfEpoch() {
        guard batch.epoch == 0 else { break }
        for (row, length) in batch.lengths.integers().enumerated() {
          let codes = batch.input[row].narrowed(0, start: 0, length: length).integers()
          lines.append(String(decoding: codes.map { UInt8($0) }, as: UTF8.self))
        }
      }
      #expect(
        lines == first.filter { $0 != "line 7" } + ["last", String(repeating: "x", count: 200_000)])
      let lost = ExampleStream(linesOf: [folder + "/none.txt"]) { _ in nil }
      #expect(
        message { _ = try BatchLoader(lost, .init(batchSize: 1)).next() }.contains("none.txt"))
    }
  }

  @Test func stratifiedPartsHaveTheirShareOfEachClass() {
    let labels = (0..<200).map { $0 % 20 == 0 ? 2 : $0 % 3 == 0 ? 1 : 0 }
    let data = Dataset(inputs: Tensor.range(200), labels: Tensor(labels))
    let (training, validation, test) = data.split(
      validation: 0.2, test: 0.1, seed: 4, isStratified: true)
    #expect(training.count + validation.count + test.count == 200)
    for (part, share) in [(training, 0.7), (validation, 0.2), (test, 0.1)] {
      for value in 0..<3 {
        let all = labels.count { $0 == value }
        let found = part.labels!.integers().count { $0 == value }
        #expect(abs(Double(found) - share * Double(all)) <= 1.5)
      }
    }
    let seen = [training, validation, test].flatMap { $0.inputs.integers() }.sorted()
    #expect(seen == Array(0..<200))
  }

  @Test func exampleValuesTellWhatTheyHold() {
    #expect(ExampleValue.integers([1, 2]).integers == [1, 2])
    #expect(ExampleValue.integers([1, 2]).floats == nil)
    let image = Image(width: 2, height: 1, channels: 3, pixels: [1, 2, 3, 4, 5, 6])
    #expect(ExampleValue.image(image).pixels == [1, 4, 2, 5, 3, 6])
    #expect(ExampleValue.image(image).shape == [3, 1, 2])
  }
}
