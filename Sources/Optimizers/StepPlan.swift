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

  init?(rule: any UpdateRule, runtimes: [ExtensionRuntime], count: Int) {
    guard rule.fusion != .none else { return nil }
    var decay = [Double](repeating: 0, count: count)
    var isScaled = false
    var isFinal = false
    for runtime in runtimes {
      switch runtime.influence {
      case .none: continue
      case .decay(let rates):
        guard case .updateWithDecay = rule.fusion, !isScaled, !isFinal else { return nil }
        for index in decay.indices { decay[index] += rates[index] }
      case .multipliers, .schedule:
        guard !isFinal else { return nil }
        isScaled = true
      case .value: isFinal = true
      case .update: return nil
      }
    }
    self.decay = decay
  }
}

/// Parameters that go through a step together, with everything about them that stays the same.
final class PlannedBatch {
  let indices: [Int]
  let multiplier: Double
  /// One table whose history stands still in rows without gradient.
  let isLazy: Bool
  private(set) var step: Int
  private let parameters: [Tensor]
  private let history: [[Tensor]]
  private let stepTensor: Tensor
  private let stepTensors: [Tensor]

  init(
    indices: [Int], parameters: [Tensor], histories: [ParameterHistory], multiplier: Double,
    isLazy: Bool
  ) {
    self.indices = indices
    self.parameters = parameters
    self.multiplier = multiplier
    self.isLazy = isLazy
    history = histories[0].tensors.indices.map { slot in histories.map { $0.tensors[slot] } }
    step = histories[0].steps
    stepTensor = .full([], Double(step), device: parameters[0].device)
    stepTensors = Array(repeating: stepTensor, count: indices.count)
  }

  func advance() {
    step += 1
    stepTensor.fillInPlace(Double(step))
  }

  func ruleBatch(_ gradients: [Tensor?]) -> RuleBatch {
    RuleBatch(
      parameters: parameters, gradients: indices.compactMap { gradients[$0] }, history: history,
      step: step, stepTensors: stepTensors)
  }
}

/// The batches of a step, kept as long as the same parameters get gradients.
final class StepPlan {
  /// The indices of the parameters that change.
  let active: [Int]
  let batches: [PlannedBatch]
  private let values: [Tensor?]
  private let transformed: Set<ObjectIdentifier>

  private struct Key: Hashable {
    let dtype: DType
    let device: Device
    let steps: Int
    let names: [String]
    let multiplier: Double
    let decay: Double
    /// Distinguishes parameters that must go alone, and pieces of long lists.
    var piece = 0
  }

  /// On a CPU operators on lists take one tensor after the other, each operator over the whole list:
  /// pieces that fit the cache save memory traffic.
  private static let pieceElements = 1 << 15

  init(
    gradients: [Tensor?], parameters: [Parameter], histories: [ParameterHistory?],
    fusion: FusedPlan?, multipliers: [Double], lazy: Set<Int>, transformed: [ObjectIdentifier]
  ) {
    self.transformed = Set(transformed)
    active = gradients.indices.filter { gradients[$0] != nil }
    values = gradients.indices.map { gradients[$0] == nil ? nil : parameters[$0].value }
    var keys: [Key] = []
    var members: [Key: [Int]] = [:]
    var piece: [Key: (number: Int, elements: Int)] = [:]
    var pieces = 0
    for index in active {
      guard let history = histories[index] else { continue }
      let value = parameters[index].value
      var key = Key(
        dtype: value.dtype, device: value.device, steps: history.steps, names: history.names,
        multiplier: multipliers[index], decay: fusion?.decay[index] ?? 0)
      if lazy.contains(index) {
        pieces += 1
        key.piece = pieces
      } else if fusion == nil, value.device == .cpu {
        let count = value.count
        let base = key
        var current = piece[base] ?? (0, Self.pieceElements)
        if current.elements + count > Self.pieceElements {
          pieces += 1
          current = (pieces, 0)
        }
        key.piece = current.number
        piece[base] = (current.number, current.elements + count)
      }
      if members[key] == nil { keys.append(key) }
      members[key, default: []].append(index)
    }
    batches = keys.map { key in
      let indices = members[key] ?? []
      return PlannedBatch(
        indices: indices, parameters: indices.map { parameters[$0].value },
        histories: indices.compactMap { histories[$0] }, multiplier: key.multiplier,
        isLazy: indices.count == 1 && lazy.contains(indices[0]))
    }
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
  func isTransformed(_ runtime: ExtensionRuntime, isFused: Bool) -> Bool {
    !isFused && transformed.contains(ObjectIdentifier(runtime))
  }
}
