import Layers
import Torch

/// What a rule remembers of one parameter.
final class ParameterHistory {
  /// How many updates the parameter has seen.
  var steps = 0
  let names: [String]
  var tensors: [Tensor]

  init(_ entries: [(name: String, tensor: Tensor)]) {
    names = entries.map(\.name)
    tensors = entries.map(\.tensor)
  }

  /// Follows a parameter to another device or element type.
  func move(to value: Tensor) {
    tensors = tensors.map { tensor in
      let sameType = tensor.dtype == value.dtype ? tensor : tensor.to(value.dtype)
      return sameType.device == value.device ? sameType : sameType.to(value.device)
    }
  }
}

/// Whether a step may run in the rule's fused kernel: the extensions that touch the update must be
/// decay (innermost, before any multiplier), then multipliers and schedules, then value changes.
struct FusedPlan {
  /// λ by parameter.
  let decay: [Double]
  let grouping: StepPlan.Grouping

  init?(rule: any UpdateRule, extensions: [ExtensionState], count: Int) {
    guard let rule = rule as? any FusedRule else { return nil }
    var decay = [Double](repeating: 0, count: count)
    var isScaled = false
    var isFinal = false
    for state in extensions {
      switch state.influence {
      case .none: continue
      case .decay(let rates):
        guard rule.fusesDecay, !isScaled, !isFinal else { return nil }
        for index in decay.indices { decay[index] += rates[index] }
      case .multipliers, .schedule:
        guard !isFinal else { return nil }
        isScaled = true
      case .value: isFinal = true
      case .update: return nil
      }
    }
    self.decay = decay
    grouping = rule.worksInPieces ? .parts : .lists
  }
}

/// Parameters, or a part of a long one, that go through a step together, with everything about them
/// that stays the same.
final class PlannedBatch {
  let indices: [Int]
  let multiplier: Double
  /// One table whose history stands still in rows without gradient.
  let isLazy: Bool
  private(set) var step: Int
  /// Which elements of the only parameter, in the order of storage; `nil` for all.
  private let part: Range<Int>?
  private let parameters: [Tensor]
  private let history: [[Tensor]]
  private let stepTensor: Tensor
  private let stepTensors: [Tensor]

  init(
    indices: [Int], parameters: [Tensor], histories: [ParameterHistory], multiplier: Double,
    isLazy: Bool, part: Range<Int>? = nil
  ) {
    func taken(_ tensor: Tensor) -> Tensor { part.map { tensor.elements($0) } ?? tensor }
    self.indices = indices
    self.parameters = parameters.map(taken)
    self.multiplier = multiplier
    self.isLazy = isLazy
    self.part = part
    history = histories[0].tensors.indices.map { slot in
      histories.map { taken($0.tensors[slot]) }
    }
    step = histories[0].steps
    stepTensor = .full([], Double(step), device: parameters[0].device)
    stepTensors = Array(repeating: stepTensor, count: indices.count)
  }

  func advance() {
    step += 1
    stepTensor.fillInPlace(Double(step))
  }

  func ruleBatch(_ gradients: [Tensor?]) -> RuleBatch {
    let members = indices.compactMap { gradients[$0] }
    return RuleBatch(
      parameters: parameters, gradients: part.map { [members[0].elements($0)] } ?? members,
      history: history, step: step, stepTensors: stepTensors)
  }
}

extension Tensor {
  /// A view of some elements in the order of storage.
  fileprivate func elements(_ range: Range<Int>) -> Tensor {
    detach().reshaped([-1]).narrowed(0, start: range.lowerBound, length: range.count)
  }
}

/// The batches of a step, kept as long as the same parameters get gradients.
final class StepPlan {
  /// The indices of the parameters that change.
  let active: [Int]
  let batches: [PlannedBatch]
  private let values: [Tensor?]
  private let transformed: Set<ObjectIdentifier>

  /// What must be equal within a batch.
  private struct Key: Hashable {
    let dtype: DType
    let device: Device
    let steps: Int
    let names: [String]
    let multiplier: Double
    let decay: Double
  }

  /// How parameters are put together.
  enum Grouping {
    /// All that are alike in one list: for kernels that take lists.
    case lists
    /// In lists that fit the cache: operators on lists run one after the other, each over the whole
    /// list.
    case shortLists
    /// The same, and long parameters in parts; for elementwise rules whose update no extension sees.
    case parts
  }

  /// The longest list on a CPU, in elements: what an operator leaves in the cache for the next one.
  private static let pieceElements = 1 << 15
  /// The length of a part, per thread. Calls cost more than the cache saves for shorter ones.
  private static let partElements = 1 << 17

  init(
    gradients: [Tensor?], parameters: [Parameter], histories: [ParameterHistory?],
    grouping: Grouping, decay: [Double]?, multipliers: [Double], lazy: Set<Int>,
    transformed: [ObjectIdentifier]
  ) {
    self.transformed = Set(transformed)
    active = gradients.indices.filter { gradients[$0] != nil }
    values = gradients.indices.map { gradients[$0] == nil ? nil : parameters[$0].value }
    var batches: [PlannedBatch] = []
    var open: [Key: (indices: [Int], elements: Int)] = [:]
    var order: [Key] = []

    func add(_ indices: [Int], _ key: Key, isLazy: Bool = false, part: Range<Int>? = nil) {
      batches.append(
        PlannedBatch(
          indices: indices, parameters: indices.map { parameters[$0].value },
          histories: indices.compactMap { histories[$0] }, multiplier: key.multiplier,
          isLazy: isLazy, part: part))
    }

    for index in active {
      guard let history = histories[index] else { continue }
      let value = parameters[index].value
      let key = Key(
        dtype: value.dtype, device: value.device, steps: history.steps, names: history.names,
        multiplier: multipliers[index], decay: decay?[index] ?? 0)
      if lazy.contains(index) {
        add([index], key, isLazy: true)
        continue
      }
      let isSplit = grouping != .lists && value.device == .cpu
      let longest = Self.partElements * threadCount
      if isSplit, case .parts = grouping, value.count >= 2 * longest, value.isContiguous {
        for start in stride(from: 0, to: value.count, by: longest) {
          add([index], key, part: start..<min(start + longest, value.count))
        }
        continue
      }
      var list = open[key] ?? ([], 0)
      if open[key] == nil { order.append(key) }
      if isSplit, !list.indices.isEmpty, list.elements + value.count > Self.pieceElements {
        add(list.indices, key)
        list = ([], 0)
      }
      list.indices.append(index)
      list.elements += value.count
      open[key] = list
    }
    for key in order {
      if let list = open[key] { add(list.indices, key) }
    }
    self.batches = batches
  }

  /// Whether the same parameters, with the same tensors, have gradients.
  func fits(_ gradients: [Tensor?], _ parameters: [Parameter]) -> Bool {
    for (index, gradient) in gradients.enumerated() {
      guard let value = values[index] else {
        if gradient != nil { return false }
        continue
      }
      if gradient == nil || value !== parameters[index].value { return false }
    }
    return true
  }

  /// Whether the extension's `transform` ran in a step.
  func isTransformed(_ state: ExtensionState, isFused: Bool) -> Bool {
    !isFused && transformed.contains(ObjectIdentifier(state))
  }
}
