import Messages
import Parallel

/// A network with one hidden layer: y = V max(0, W x + b) + c, with softmax behind it for classes.
///
/// It is trained elsewhere (`NetworkTrainer`) and computed here, so that a model file needs no libtorch.
public struct SmallNetwork: Sendable, Equatable {
  public let inputSize: Int
  public let hiddenSize: Int
  /// Classes, or 1 for numbers.
  public let outputSize: Int
  /// W by input, `(inputSize, hiddenSize)`: a row of few features touches few of its rows.
  let hiddenWeights: [Float]
  let hiddenBias: [Float]
  /// V, `(outputSize, hiddenSize)`.
  let outputWeights: [Float]
  let outputBias: [Float]

  /// Traps unless the parts fit together.
  ///
  /// - Parameters:
  ///   - hiddenWeights: W by input, `(inputSize, hiddenSize)` row-major.
  ///   - outputWeights: V, `(outputSize, hiddenSize)` row-major.
  public init(
    hiddenWeights: [Float], hiddenBias: [Float], outputWeights: [Float], outputBias: [Float]
  ) {
    hiddenSize = hiddenBias.count
    outputSize = outputBias.count
    inputSize = hiddenSize > 0 ? hiddenWeights.count / hiddenSize : 0
    require(
      hiddenSize > 0 && outputSize > 0 && hiddenWeights.count == inputSize * hiddenSize
        && outputWeights.count == outputSize * hiddenSize,
      "SmallNetwork expected weights of \(hiddenSize) hidden and \(outputSize) outputs, received "
        + "\(hiddenWeights.count) and \(outputWeights.count) numbers")
    self.hiddenWeights = hiddenWeights
    self.hiddenBias = hiddenBias
    self.outputWeights = outputWeights
    self.outputBias = outputBias
  }

  /// Rows × classes: probabilities; or one number for each row.
  func values(_ rows: SparseMatrix) -> [Double] {
    require(
      rows.columnCount == inputSize,
      "SmallNetwork expected rows of \(inputSize) columns, received \(rows.columnCount)")
    var result: [Double] = []
    result.reserveCapacity(rows.rowCount * outputSize)
    var hidden = hiddenBias
    for row in 0..<rows.rowCount {
      hidden = hiddenBias
      for index in rows.range(row) {
        let start = Int(rows.columns[index]) * hiddenSize
        let value = rows.values[index]
        for unit in 0..<hiddenSize { hidden[unit] += value * hiddenWeights[start + unit] }
      }
      for unit in 0..<hiddenSize where hidden[unit] < 0 { hidden[unit] = 0 }
      var scores = (0..<outputSize).map { output in
        let start = output * hiddenSize
        var sum = Double(outputBias[output])
        for unit in 0..<hiddenSize { sum += Double(hidden[unit] * outputWeights[start + unit]) }
        return sum
      }
      if outputSize > 1 {
        let largest = scores.max() ?? 0
        var total = 0.0
        for index in scores.indices {
          scores[index] = Numeric.exponential(scores[index] - largest)
          total += scores[index]
        }
        for index in scores.indices { scores[index] /= total }
      }
      result += scores
    }
    return result
  }
}

extension SmallNetwork {
  func write(to writer: inout ModelWriter) {
    writer.write(hiddenWeights)
    writer.write(hiddenBias)
    writer.write(outputWeights)
    writer.write(outputBias)
  }

  init(from reader: inout ModelReader, inputSize: Int, outputSize: Int) throws {
    let hiddenWeights = try reader.array(Float.self)
    let hiddenBias = try reader.array(Float.self)
    let outputWeights = try reader.array(Float.self)
    let outputBias = try reader.array(Float.self)
    try reader.check(
      !hiddenBias.isEmpty && hiddenWeights.count == inputSize * hiddenBias.count
        && outputBias.count == outputSize && outputWeights.count == outputSize * hiddenBias.count)
    self.init(
      hiddenWeights: hiddenWeights, hiddenBias: hiddenBias, outputWeights: outputWeights,
      outputBias: outputBias)
  }
}

/// What a `NetworkTrainer` is asked for.
public struct NetworkSettings: Sendable {
  public var hiddenSize = 64
  /// Over the rows; 0: as many as give 2,000 steps, but 20 to 200.
  public var passes = 0
  public var learningRate = 3e-3
  /// Decoupled weight decay.
  public var decay = 1e-4
  /// Rows are drawn so that every class comes as often as any other.
  public var isBalanced = false
  public var seed: UInt64 = 0
  public var threads = 1

  public init() {}
}

/// Trains a network on rows and their targets. Throws where it cannot, such as without libtorch.
public typealias NetworkTrainer =
  @Sendable (
    _ rows: SparseMatrix, _ targets: Targets, _ settings: NetworkSettings, _ work: Work
  ) throws -> SmallNetwork
