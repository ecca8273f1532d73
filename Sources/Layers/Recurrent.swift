import Messages
import Torch

/// The weights of one direction of one recurrent layer, gates stacked: `inputWeight` `(gates · H, D)`,
/// `hiddenWeight` `(gates · H, H)`, biases `(gates · H)`.
public final class RecurrentWeights: Module {
  public let inputWeight: Parameter
  public let hiddenWeight: Parameter
  public let inputBias: Parameter?
  public let hiddenBias: Parameter?

  init(inputWeight: Tensor, hiddenWeight: Tensor, bias: Tensor?) {
    self.inputWeight = Parameter(inputWeight)
    self.hiddenWeight = Parameter(hiddenWeight)
    inputBias = bias.map { Parameter($0) }
    hiddenBias = bias.map { Parameter(.zeros(like: $0)) }
    super.init()
  }

  fileprivate var tensors: [Tensor] {
    [inputWeight, hiddenWeight, inputBias, hiddenBias].compactMap { $0?.value }
  }
}

/// One layer of a recurrent stack: from the first step on, and from the last step back.
public final class RecurrentLayer: Module {
  public let forwards: RecurrentWeights
  public let backwards: RecurrentWeights?

  init(forwards: RecurrentWeights, backwards: RecurrentWeights?) {
    self.forwards = forwards
    self.backwards = backwards
    super.init()
  }
}

/// What `LSTM` and `GRU` have in common: a stack of layers over `(B, L, inputSize)`, giving
/// `(B, L, directions · hiddenSize)`; both directions side by side.
///
/// Weights start as in Keras: `inputWeight` Glorot-uniform, `hiddenWeight` orthogonal, biases zeros,
/// except that the forget gate of an LSTM starts at 1.
public class Recurrent: Layer, Configured {
  public struct Configuration: Sendable {
    public var inputSize: Int
    public var hiddenSize: Int
    public var layerCount = 1
    public var isBidirectional = false
    public var hasBias = true
    /// The rate of dropping between layers in training.
    public var dropout = 0.0
    public var inputInitializer = Initializer.glorotUniform
    public var hiddenInitializer = Initializer.orthogonal()

    var directionCount: Int { isBidirectional ? 2 : 1 }
  }

  public let configuration: Configuration
  public let layers: [RecurrentLayer]

  /// How many gates there are, and which one forgets.
  class var gates: (count: Int, forget: Int?) { fatalError("Recurrent is what LSTM and GRU share") }

  public required init(_ configuration: Configuration, generator: RandomGenerator? = nil) {
    require(
      (0...1).contains(configuration.dropout)
        && (configuration.dropout == 0 || configuration.layerCount > 1),
      "\(Self.self) drops between its layers: it expected a rate within 0...1 and at least 2 layers, "
        + "received rate \(configuration.dropout) and \(configuration.layerCount)")
    self.configuration = configuration
    let (gateCount, forgetGate) = Self.gates
    let hiddenSize = configuration.hiddenSize
    let rows = gateCount * hiddenSize
    layers = (0..<configuration.layerCount).map { index in
      let width = index == 0 ? configuration.inputSize : hiddenSize * configuration.directionCount
      let directions = (0..<configuration.directionCount).map { _ in
        let bias = configuration.hasBias ? Tensor.zeros([rows]) : nil
        if let bias, let forgetGate {
          bias.narrowed(0, start: forgetGate * hiddenSize, length: hiddenSize).fillInPlace(1)
        }
        return RecurrentWeights(
          inputWeight: configuration.inputInitializer([rows, width], generator: generator),
          hiddenWeight: configuration.hiddenInitializer([rows, hiddenSize], generator: generator),
          bias: bias)
      }
      return RecurrentLayer(
        forwards: directions[0], backwards: directions.count > 1 ? directions[1] : nil)
    }
    super.init()
  }

  public convenience init(
    _ inputSize: Int, _ hiddenSize: Int, layerCount: Int = 1, isBidirectional: Bool = false,
    bias: Bool = true, dropout: Double = 0, inputInitializer: Initializer = .glorotUniform,
    hiddenInitializer: Initializer = .orthogonal(), generator: RandomGenerator? = nil
  ) {
    self.init(
      Configuration(
        inputSize: inputSize, hiddenSize: hiddenSize, layerCount: layerCount,
        isBidirectional: isBidirectional, hasBias: bias, dropout: dropout,
        inputInitializer: inputInitializer, hiddenInitializer: hiddenInitializer),
      generator: generator)
  }

  public override var mixesSamples: Bool { false }

  public override var drawsRandomNumbers: Bool {
    isTraining && configuration.dropout > 0 && layers.count > 1
  }

  /// All weights in libtorch's order.
  var tensors: [Tensor] {
    layers.flatMap { $0.forwards.tensors + ($0.backwards?.tensors ?? []) }
  }

  func check(_ input: Tensor, _ states: [Tensor?], lengths: Tensor?) {
    require(
      input.rank == 3 && input.size(2) == configuration.inputSize,
      "\(type(of: self)) expected (B, L, \(configuration.inputSize)), received shape \(input.shape)"
    )
    let expected = [
      layers.count * configuration.directionCount, input.size(0), configuration.hiddenSize,
    ]
    for case let state? in states {
      require(
        state.shape == expected,
        "\(type(of: self)) expected states of shape \(expected), received \(state.shape)")
    }
    if let lengths {
      require(
        lengths.shape == [input.size(0)] && lengths.dtype == .int64,
        "\(type(of: self)) expected int64 lengths of \(input.size(0)) sequences, "
          + "received \(lengths.summary)")
      for extreme in lengths.count == 0 ? [] : [lengths.min(), lengths.max()] {
        // The lengths go to the CPU anyway when the batch is packed.
        let length = Int(extreme.item())
        require(
          1...max(1, input.size(1)) ~= length,
          length < 1
            ? "\(type(of: self)) expected lengths of at least 1, received \(length)"
            : "\(type(of: self)) expected lengths up to \(input.size(1)), received \(length)")
      }
    }
  }

  func zeroState(for input: Tensor) -> Tensor {
    .zeros(
      [layers.count * configuration.directionCount, input.size(0), configuration.hiddenSize],
      dtype: input.dtype,
      device: input.device)
  }

  /// Runs `body` over the batch packed in order of falling length, and undoes both.
  func packed(
    _ input: Tensor, lengths: Tensor, states: [Tensor],
    _ body: (_ data: Tensor, _ batchSizes: Tensor, _ states: [Tensor]) -> [Tensor]
  ) -> [Tensor] {
    let order = lengths.argsort(axis: 0, descending: true)
    let inverse = order.argsort(axis: 0)
    let (data, sizes) = input.gatherRows(order.to(input.device)).packedSequences(
      lengths: lengths.to(.cpu).gatherRows(order.to(.cpu)))
    let results = body(data, sizes, states.map { $0.gatherRows(order.to(input.device), axis: 1) })
    let back = inverse.to(input.device)
    let output = results[0].unpackedSequences(batchSizes: sizes, length: input.size(1))
    return [output.gatherRows(back)] + results.dropFirst().map { $0.gatherRows(back, axis: 1) }
  }
}

/// Long short-term memory: c ← σ(f) c + σ(i) tanh(g), h ← σ(o) tanh(c); Hochreiter and Schmidhuber
/// 1997. Gates lie in the order input, forget, candidate, output, as in PyTorch and Keras.
public final class LSTM: Recurrent {
  /// Hidden and cell values, `(layers · directions, B, H)`.
  public struct State {
    public var hidden: Tensor
    public var cell: Tensor

    public init(hidden: Tensor, cell: Tensor) {
      self.hidden = hidden
      self.cell = cell
    }
  }

  override class var gates: (count: Int, forget: Int?) { (4, 1) }

  public override func forward(_ input: Tensor) -> Tensor { run(input).output }

  /// The outputs of all steps and the state after the last one.
  ///
  /// - Parameters:
  ///   - state: Zeros by default.
  ///   - lengths: How many steps of each sequence count, `(B)` int64, all at least 1; outputs beyond
  ///     are zeros, and the state is that after the sequence's own last step.
  public func run(
    _ input: Tensor, from state: State? = nil, lengths: Tensor? = nil
  ) -> (output: Tensor, state: State) {
    check(input, [state?.hidden, state?.cell], lengths: lengths)
    let states = [state?.hidden, state?.cell].map { $0 ?? zeroState(for: input) }
    guard let lengths else {
      let (output, hidden, cell) = input.lstm(
        hidden: states[0], cell: states[1], weights: tensors, hasBiases: configuration.hasBias,
        layerCount: layers.count, dropout: configuration.dropout, training: isTraining,
        isBidirectional: configuration.isBidirectional)
      return (output, State(hidden: hidden, cell: cell))
    }
    let results = packed(input, lengths: lengths, states: states) { data, sizes, states in
      let (output, hidden, cell) = data.packedLSTM(
        batchSizes: sizes, hidden: states[0], cell: states[1], weights: tensors,
        hasBiases: configuration.hasBias, layerCount: layers.count, dropout: configuration.dropout,
        training: isTraining,
        isBidirectional: configuration.isBidirectional)
      return [output, hidden, cell]
    }
    return (results[0], State(hidden: results[1], cell: results[2]))
  }
}

/// Gated recurrent unit: h ← (1 − z) n + z h, n = tanh(Wx + b + r (Uh + b')); Cho et al. 2014 in
/// cuDNN's form (Keras' `reset_after`). Gates lie in the order reset r, update z, candidate n.
public final class GRU: Recurrent {
  override class var gates: (count: Int, forget: Int?) { (3, nil) }

  public override func forward(_ input: Tensor) -> Tensor { run(input).output }

  /// The outputs of all steps and the state after the last one; arguments as for `LSTM.run`.
  public func run(
    _ input: Tensor, from state: Tensor? = nil, lengths: Tensor? = nil
  ) -> (output: Tensor, state: Tensor) {
    check(input, [state], lengths: lengths)
    let state = state ?? zeroState(for: input)
    guard let lengths else {
      let (output, hidden) = input.gru(
        hidden: state, weights: tensors, hasBiases: configuration.hasBias, layerCount: layers.count,
        dropout: configuration.dropout, training: isTraining,
        isBidirectional: configuration.isBidirectional)
      return (output, hidden)
    }
    let results = packed(input, lengths: lengths, states: [state]) { data, sizes, states in
      let (output, hidden) = data.packedGRU(
        batchSizes: sizes, hidden: states[0], weights: tensors, hasBiases: configuration.hasBias,
        layerCount: layers.count, dropout: configuration.dropout, training: isTraining,
        isBidirectional: configuration.isBidirectional)
      return [output, hidden]
    }
    return (results[0], results[1])
  }
}

extension Recurrent.Configuration {
  public init(_ inputSize: Int, _ hiddenSize: Int) {
    self.init(inputSize: inputSize, hiddenSize: hiddenSize)
  }
}
