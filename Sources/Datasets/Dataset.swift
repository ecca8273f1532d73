import Messages
import Torch

/// Examples in memory: inputs `(N, …)` and, where there are any, labels `(N)`.
///
/// Images are kept as bytes, `(N, C, H, W)`, and become floating-point when a batch is made (see
/// `PixelScale`). A dataset never changes after it is made.
public struct Dataset: @unchecked Sendable {
  // Sendable: nobody writes to the tensors' storage once the dataset exists, and libtorch reads it
  // safely from any thread.

  /// `(N, …)`.
  public let inputs: Tensor
  /// `(N)`, int64.
  public let labels: Tensor?
  /// The names of the classes, by label.
  public let classNames: [String]?

  /// Traps unless there are as many labels as inputs.
  public init(inputs: Tensor, labels: Tensor? = nil, classNames: [String]? = nil) {
    require(inputs.rank >= 1, "Dataset expected inputs (N, …), received \(inputs.summary)")
    if let labels {
      require(
        labels.rank >= 1 && labels.size(0) == inputs.size(0),
        "Dataset expected \(inputs.size(0)) labels, received \(labels.summary)")
    }
    self.inputs = inputs
    self.labels = labels
    self.classNames = classNames
  }

  public var count: Int { inputs.size(0) }

  /// The shape of one input.
  public var inputShape: [Int] { Array(inputs.shape.dropFirst()) }

  /// One example: its input without the batch axis, and its label.
  public subscript(index: Int) -> (input: Tensor, label: Int?) {
    require(0..<count ~= index, "example \(index) of \(count)")
    return (inputs[index], labels.map { $0[index].integerItem() })
  }

  /// The examples at `positions`, in that order.
  public func subset(_ positions: [Int]) -> Dataset {
    let index = Tensor(positions)
    return Dataset(
      inputs: inputs.gatherRows(index), labels: labels?.gatherRows(index), classNames: classNames)
  }

  /// Neighboring examples, as a view.
  public func subset(_ range: Range<Int>) -> Dataset {
    Dataset(
      inputs: inputs[range], labels: labels.map { $0[range] }, classNames: classNames)
  }

  /// The inputs as float32 network input.
  public func scaledInputs(_ scale: PixelScale = .signedUnit) -> Tensor { scale.apply(to: inputs) }

  /// Divides the examples at random into parts of the given shares; rounding falls to the last part.
  ///
  /// The same seed gives the same parts. Traps unless the shares are positive and sum to 1.
  public func split(_ shares: [Double], seed: UInt64) -> [Dataset] {
    require(
      shares.allSatisfy { $0 > 0 } && abs(shares.reduce(0, +) - 1) < 1e-9,
      "Dataset.split expected positive shares that sum to 1, received \(shares)")
    let order = ExampleOrder(count: count, seed: seed).permutation(epoch: 0)
    var parts: [Dataset] = []
    var start = 0
    var total = 0.0
    for (index, share) in shares.enumerated() {
      total += share
      let end =
        index == shares.count - 1 ? count : max(start, Int((total * Double(count)).rounded()))
      parts.append(subset(Array(order[start..<end])))
      start = end
    }
    return parts
  }

  /// Training, validation and test parts; see `split`.
  public func split(
    validation: Double, test: Double, seed: UInt64
  ) -> (training: Dataset, validation: Dataset, test: Dataset) {
    let parts = split([1 - validation - test, validation, test], seed: seed)
    return (parts[0], parts[1], parts[2])
  }
}

/// How bytes become network input.
public enum PixelScale: String, Sendable, Codable {
  /// The numbers as they are.
  case none
  /// u/255, in [0, 1].
  case unit
  /// u/255·2 − 1, in [−1, 1]: what generators with a final tanh make.
  case signedUnit

  /// A float32 copy; inputs that are floating-point already are only converted to float32.
  public func apply(to tensor: Tensor) -> Tensor {
    let floats = tensor.to(.float32)
    guard !tensor.dtype.isFloatingPoint else { return floats }
    switch self {
    case .none: return floats
    case .unit: return floats / 255.0
    case .signedUnit:
      floats.multiplyInPlace(2.0 / 255)
      return floats - 1.0
    }
  }
}
