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
    let centers: [UInt32] = [0]
    let negatives: [UInt32] = [1, 2]
    centers.withUnsafeBufferPointer { centers in
      negatives.withUnsafeBufferPointer { negatives in
        var position = VectorPosition(
          words: words.base, contexts: contexts.base, document: nil, stride: words.stride, word: 0,
          centers: centers.baseAddress!, centreCount: 1, negatives: negatives.baseAddress!,
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

  /// Random unit rows of a table.
  func unitRows(_ rows: Int, dimension: Int, seed: UInt64) throws -> RowTable {
    let table = try RowTable(rows: rows, dimension: dimension)
    try table.fillUniform(seed: seed, stream: 0, threads: 1)
    try table.normalizeRows(threads: 1)
    return table
  }

  /// Runs one position through a kernel: word 0, with centers and negatives in rows of `words`.
  func run(
    _ kernel: @convention(c) (UnsafePointer<VectorPosition>) -> Void, words: RowTable,
    contexts: RowTable, document: RowTable?, centers: [UInt32], negatives: [UInt32],
    perCentre: Int, rate: Float, margin: Float
  ) throws {
    let scratch = try RowTable(rows: 2, dimension: words.dimension)
    centers.withUnsafeBufferPointer { centers in
      negatives.withUnsafeBufferPointer { negatives in
        var position = VectorPosition(
          words: words.base, contexts: contexts.base, document: document?.base,
          stride: words.stride, word: 0, centers: centers.baseAddress!,
          centreCount: centers.count, negatives: negatives.baseAddress!,
          negativeCount: perCentre, negativeStep: perCentre, rate: rate, margin: margin,
          scratch: scratch.base)
        kernel(&position)
      }
    }
  }

  static func unit(_ x: [Double]) -> [Double] {
    let norm = x.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return x.map { $0 / norm }
  }
  static func dot(_ x: [Double], _ y: [Double]) -> Double {
    zip(x, y).reduce(0) { $0 + $1.0 * $1.1 }
  }
  /// x + c·(g − s·x)
  static func moved(_ x: [Double], _ g: [Double], _ c: Double, _ s: Double) -> [Double] {
    unit(zip(x, g).map { $0 + c * ($1 - s * $0) })
  }

  @Test(arguments: 0..<Int32(VectorKernelLevels), [2, 16, 50, 100])
  func fusedStepsEqualTheirDefinition(level: Int32, dimension: Int) throws {
    guard let kernels = vectorKernelsOfLevel(level)?.pointee else { return }
    for seed in 0..<20 as Range<UInt64> {
      let words = try unitRows(3, dimension: dimension, seed: seed)
      let contexts = try unitRows(1, dimension: dimension, seed: 100 + seed)
      func row(_ table: RowTable, _ index: Int) -> [Double] {
        (0..<dimension).map { Double(table.row(index)[$0]) }
      }
      let (u, n, v) = (row(words, 1), row(words, 2), row(contexts, 0))
      let rate = 0.04
      try run(
        kernels.sphericalSeparate, words: words, contexts: contexts, document: nil, centers: [1],
        negatives: [2], perCentre: 1, rate: Float(rate), margin: 3)
      let (f, h) = (Self.dot(u, v), Self.dot(n, v))
      let expected = [
        Self.moved(u, v, rate * (1 - f), f),
        Self.unit(zip(n, v).map { $0 + rate * 2 * h * (h * $0 - $1) }),
        Self.moved(v, zip(u, n).map { $0 - $1 }, rate * (1 - (f - h)), f - h),
      ]
      for (found, expected) in zip([row(words, 1), row(words, 2), row(contexts, 0)], expected) {
        for (a, b) in zip(found, expected) { #expect(abs(a - b) < 1e-6) }
      }
    }
  }

  @Test(arguments: 0..<Int32(VectorKernelLevels)) func jointStepsEqualTheirDefinition(
    level: Int32
  ) throws {
    guard let kernels = vectorKernelsOfLevel(level)?.pointee else { return }
    let dimension = 50
    for seed in 0..<20 as Range<UInt64> {
      let words = try unitRows(3, dimension: dimension, seed: seed)
      let contexts = try unitRows(1, dimension: dimension, seed: 100 + seed)
      let documents = try unitRows(1, dimension: dimension, seed: 200 + seed)
      func row(_ table: RowTable, _ index: Int) -> [Double] {
        (0..<dimension).map { Double(table.row(index)[$0]) }
      }
      let (u, n, v, d) = (row(words, 1), row(words, 2), row(contexts, 0), row(documents, 0))
      try run(
        kernels.sphericalJoint, words: words, contexts: contexts, document: documents,
        centers: [1], negatives: [2], perCentre: 1, rate: 0.04, margin: 5)
      /// x ← unit(x + η·(1 − x·g/‖g‖)·(I − xxᵀ)g)
      func step(_ x: [Double], _ g: [Double]) -> [Double] {
        let along = Self.dot(x, g)
        return Self.moved(x, g, 0.04 * (1 - along / Self.dot(g, g).squareRoot()), along)
      }
      let both = zip(v, d).map { $0 + $1 }
      let gap = zip(u, n).map { $0 - $1 }
      let expected = [step(u, both), step(n, both.map { -$0 }), step(v, gap), step(d, gap)]
      let found = [row(words, 1), row(words, 2), row(contexts, 0), row(documents, 0)]
      for (found, expected) in zip(found, expected) {
        for (a, b) in zip(found, expected) { #expect(abs(a - b) < 1e-6) }
      }
    }
  }

  @Test func instructionSetsGiveTheSameBytes() throws {
    func result(_ level: Int32, _ method: Int) throws -> [Float]? {
      guard let kernels = vectorKernelsOfLevel(level)?.pointee else { return nil }
      let words = try unitRows(40, dimension: 100, seed: 1)
      let contexts = try unitRows(40, dimension: 100, seed: 2)
      let documents = try unitRows(1, dimension: 100, seed: 3)
      let kernel = [
        kernels.sphericalSeparate, kernels.sphericalJoint, kernels.skipGram, kernels.bagOfWords,
      ][method]
      var random = RandomStream(seed: 9)
      let negatives = (0..<7 * 20).map { _ in UInt32(random.below(40)) }
      try run(
        kernel, words: words, contexts: contexts, document: documents,
        centers: [3, 5, 7, 9, 11, 13], negatives: negatives, perCentre: 20, rate: 0.1, margin: 0.5)
      return words.matrix + contexts.matrix + documents.matrix
    }
    for method in 0..<4 {
      let baseline = try #require(try result(0, method))
      for level in 1..<Int32(VectorKernelLevels) {
        if let wide = try result(level, method) { #expect(wide == baseline, "level \(level)") }
      }
    }
  }

  /// A negative that stays one for thousands of steps: an error of its norm must not grow.
  @Test(arguments: [true, false]) func normsStayOne(joint: Bool) throws {
    let kernels = vectorKernels().pointee
    let words = try unitRows(6, dimension: 20, seed: 1)
    let contexts = try unitRows(1, dimension: 20, seed: 2)
    let documents = try unitRows(1, dimension: 20, seed: 3)
    // All vectors in one half of the sphere, as after some training.
    for table in [words, contexts, documents] {
      for row in 0..<table.rows { table.row(row)[0] += 1 }
      try table.normalizeRows(threads: 1)
    }
    for step in 0..<20_000 {
      try run(
        joint ? kernels.sphericalJoint : kernels.sphericalSeparate, words: words,
        contexts: contexts, document: documents, centers: [UInt32(1 + step % 4)],
        negatives: [5, 5], perCentre: 1, rate: 0.04, margin: 3)
    }
    for table in [words, contexts, documents] {
      for row in 0..<table.rows {
        let square = kernels.dot(table.row(row), table.row(row), table.stride)
        #expect(abs(square.squareRoot() - 1) < 1e-6)
      }
    }
  }

  @Test func ranksOfDrawnNegativesFollowTheirWeights() {
    let counts = [1000, 100, 10, 1]
    let table = AliasTable(counts: counts, power: 0.75)
    var random = SampleStream(seed: 5)
    var drawn = [Double](repeating: 0, count: 4)
    for _ in 0..<400_000 { drawn[Int(table.outcome(random.next()))] += 1 }
    let weights = [177.8279, 31.6228, 5.6234, 1]
    for (found, weight) in zip(drawn, weights) {
      #expect(abs(found / 400_000 - weight / 216.0741) < 0.003)
    }
  }
}
