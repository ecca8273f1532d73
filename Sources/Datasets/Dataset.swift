import Messages
import Parallel
import Torch

/// Examples in memory: named inputs `(N, …)` and, where there are any, labels `(N, …)`.
///
/// Images are kept as bytes, `(N, C, H, W)`, and become floating-point when a batch is made (see
/// `PixelScale`). Rows of different lengths are `Sequences`. A dataset never changes after it is made.
public struct Dataset: @unchecked Sendable {
  // Sendable: nobody writes to the tensors' storage once the dataset exists, and libtorch reads it
  // safely from any thread.

  /// One input of all examples.
  public enum Column {
    /// `(N, …)`.
    case tensor(Tensor)
    /// N rows, padded batch by batch.
    case sequences(Sequences)

    var count: Int {
      switch self {
      case .tensor(let tensor): tensor.size(0)
      case .sequences(let rows): rows.count
      }
    }

    func subset(_ positions: [Int]) -> Column {
      switch self {
      case .tensor(let tensor): .tensor(tensor.gatherRows(Tensor(positions)))
      case .sequences(let rows): .sequences(rows.subset(positions))
      }
    }
  }

  public let columns: [(name: String, column: Column)]
  /// `(N, …)`: int64 classes or values to predict; or sequences beside sequences.
  public let labelColumn: Column?
  /// The names of the classes, by label.
  public let classNames: [String]?

  /// One input, called `input`. Traps unless there are as many labels as inputs.
  public init(inputs: Tensor, labels: Tensor? = nil, classNames: [String]? = nil) {
    require(inputs.rank >= 1, "Dataset expected inputs (N, …), received \(inputs.summary)")
    if let labels {
      require(
        labels.rank >= 1 && labels.size(0) == inputs.size(0),
        "Dataset expected \(inputs.size(0)) labels, received \(labels.summary)")
    }
    columns = [("input", .tensor(inputs))]
    labelColumn = labels.map { .tensor($0) }
    self.classNames = classNames
  }

  /// Several inputs by name, sequences among them:
  ///
  ///     Dataset(["tokens": .sequences(Sequences(rows)), "age": .tensor(ages)], labels: .tensor(labels))
  ///
  /// Traps unless all have the same number of examples and different names.
  public init(
    _ columns: KeyValuePairs<String, Column>, labels: Column? = nil, classNames: [String]? = nil
  ) {
    self.init(
      columns: columns.map { ($0.key, $0.value) }, labelColumn: labels, classNames: classNames)
  }

  init(columns: [(name: String, column: Column)], labelColumn: Column?, classNames: [String]?) {
    let counts = columns.map { "\($0.name): \($0.column.count)" }
    let all = columns.map(\.column.count) + (labelColumn.map { [$0.count] } ?? [])
    require(
      !columns.isEmpty && Set(all).count == 1 && Set(columns.map(\.name)).count == columns.count,
      "Dataset expected inputs of different names with as many examples each as there are labels, "
        + "received \(counts) and \(labelColumn?.count ?? 0) labels")
    self.columns = columns
    self.labelColumn = labelColumn
    self.classNames = classNames
  }

  /// The only input, `(N, …)`. Traps where there are several, or where it is of sequences.
  public var inputs: Tensor {
    guard columns.count == 1, case .tensor(let tensor) = columns[0].column else {
      fatalError(
        "Dataset.inputs expected one input of one shape; there are \(columns.map(\.name)): "
          + "see columns")
    }
    return tensor
  }

  /// The labels `(N, …)`; `nil` where there are none, or where they are sequences.
  public var labels: Tensor? {
    guard case .tensor(let tensor) = labelColumn else { return nil }
    return tensor
  }

  public var count: Int { columns[0].column.count }

  /// The shape of one input.
  public var inputShape: [Int] { Array(inputs.shape.dropFirst()) }

  /// One example: its input without the batch axis, and its label.
  public subscript(index: Int) -> (input: Tensor, label: Int?) {
    require(0..<count ~= index, "example \(index) of \(count)")
    return (inputs[index], labels.map { $0[index].integerItem() })
  }

  /// The examples at `positions`, in that order.
  public func subset(_ positions: [Int]) -> Dataset {
    Dataset(
      columns: columns.map { ($0.name, $0.column.subset(positions)) },
      labelColumn: labelColumn?.subset(positions), classNames: classNames)
  }

  /// Neighboring examples, as a view where they are of one shape.
  public func subset(_ range: Range<Int>) -> Dataset {
    func part(_ column: Column) -> Column {
      guard case .tensor(let tensor) = column else { return column.subset(Array(range)) }
      return .tensor(tensor[range])
    }
    return Dataset(
      columns: columns.map { ($0.name, part($0.column)) }, labelColumn: labelColumn.map(part),
      classNames: classNames)
  }

  /// The inputs as network input.
  public func scaledInputs(_ scale: PixelScale = .signedUnit) -> Tensor { scale.apply(to: inputs) }

  /// Divides the examples at random into parts of the given shares; rounding falls to the last part.
  /// PyTorch: `random_split`; scikit-learn: `train_test_split`.
  ///
  /// The same seed gives the same parts. Traps unless the shares are positive and sum to 1.
  ///
  /// - Parameter isStratified: Divide each class (or value of the labels) by itself, so that every part
  ///   has its share of it, to within one example.
  public func split(_ shares: [Double], seed: UInt64, isStratified: Bool = false) -> [Dataset] {
    require(
      shares.allSatisfy { $0 > 0 } && abs(shares.reduce(0, +) - 1) < 1e-9,
      "Dataset.split expected positive shares that sum to 1, received \(shares)")
    let order = ShuffledOrder.permutation(count: count, seed: seed, epoch: 0)
    let groups = isStratified ? groupedByLabel(order) : [order]
    var positions = [[Int]](repeating: [], count: shares.count)
    // What rounding gave a part too much in one class is taken off in the next.
    var owed = [Double](repeating: 0, count: shares.count)
    for group in groups {
      var start = 0
      var total = 0.0
      for (index, share) in shares.enumerated() {
        total += share
        let target = isStratified ? share * Double(group.count) + owed[index] : 0
        let end =
          index == shares.count - 1
          ? group.count
          : isStratified
            ? min(group.count, start + max(0, Int(target.rounded())))
            : max(start, Int((total * Double(group.count)).rounded()))
        positions[index] += group[start..<end]
        owed[index] = target - Double(end - start)
        start = end
      }
    }
    return positions.map { subset($0) }
  }

  private func groupedByLabel(_ order: [Int]) -> [[Int]] {
    guard let labels = classLabels else {
      fatalError("a stratified split needs one label for each example")
    }
    var groups: [Int: [Int]] = [:]
    for index in order { groups[labels[index], default: []].append(index) }
    return groups.sorted { $0.key < $1.key }.map(\.value)
  }

  /// Training, validation and test parts; see `split`.
  public func split(
    validation: Double, test: Double, seed: UInt64, isStratified: Bool = false
  ) -> (training: Dataset, validation: Dataset, test: Dataset) {
    let parts = split(
      [1 - validation - test, validation, test], seed: seed, isStratified: isStratified)
    return (parts[0], parts[1], parts[2])
  }
}

/// How bytes become network input.
public enum PixelScale: String, Sendable, Codable {
  /// As they are, uint8.
  case none
  /// u/255, in [0, 1].
  case unit
  /// u/255·2 − 1, in [−1, 1]: what generators with a final tanh make.
  case signedUnit

  /// Bytes (uint8) as scaled float32, other floating-point types as float32; token numbers, counts, flags
  /// and whatever else is no pixel (integers of other types, Bool) stay as they are.
  public func apply(to tensor: Tensor) -> Tensor {
    if tensor.dtype.isFloatingPoint { return tensor.to(.float32) }
    guard tensor.dtype == .uint8, self != .none else { return tensor }
    let floats = tensor.to(.float32)
    switch self {
    case .none: return tensor
    case .unit: return floats / 255.0
    case .signedUnit:
      floats.multiplyInPlace(2.0 / 255)
      return floats - 1.0
    }
  }
}
