import Torch

/// All that an optimizer remembers, as named tensors and numbers: what a checkpoint holds beside the
/// weights.
public struct OptimizerState {
  public var tensors: [String: Tensor]
  public var numbers: [String: Double]

  public init(tensors: [String: Tensor] = [:], numbers: [String: Double] = [:]) {
    self.tensors = tensors
    self.numbers = numbers
  }
}

/// A state that does not belong to the optimizer: everything that is wrong with it at once.
public struct OptimizerStateError: Error, CustomStringConvertible {
  public let problems: [String]

  public var description: String {
    "the optimizer's state does not fit: " + problems.joined(separator: "; ")
  }
}

/// Reads a state entry by entry and notes what is missing, misshapen or never asked for.
public final class StateReader {
  private let state: OptimizerState
  private var unused: Set<String>
  private(set) var problems: [String] = []

  init(_ state: OptimizerState) {
    self.state = state
    unused = Set(state.tensors.keys).union(state.numbers.keys)
  }

  /// Whether there are tensors under `prefix`.
  public func hasTensors(under prefix: String) -> Bool {
    state.tensors.keys.contains { $0.hasPrefix(prefix) }
  }

  /// A copy of the tensor, on the device of `pattern`; `pattern` itself if it is missing or unlike it.
  public func tensor(_ key: String, like pattern: Tensor) -> Tensor {
    unused.remove(key)
    guard let tensor = state.tensors[key] else {
      problems.append("'\(key)' is missing")
      return pattern
    }
    guard tensor.shape == pattern.shape, tensor.dtype == pattern.dtype else {
      problems.append("'\(key)' is \(tensor.summary), expected \(pattern.summary)")
      return pattern
    }
    return tensor.detach().to(pattern.device).clone()
  }

  /// As `tensor`, `nil` where there is none.
  public func tensorIfPresent(_ key: String, like pattern: Tensor) -> Tensor? {
    state.tensors[key] == nil ? nil : tensor(key, like: pattern)
  }

  /// A count; a problem is noted if it is missing or not a whole number from 0.
  public func count(_ key: String) -> Int {
    let value = number(key)
    guard let count = Int(exactly: value), count >= 0 else {
      problems.append("'\(key)' is \(value), expected a count")
      return 0
    }
    return count
  }

  public func countIfPresent(_ key: String) -> Int? {
    state.numbers[key] == nil ? nil : count(key)
  }

  public func number(_ key: String) -> Double {
    unused.remove(key)
    guard let number = state.numbers[key] else {
      problems.append("'\(key)' is missing")
      return 0
    }
    return number
  }

  /// Throws if anything was wrong or left over.
  func finish() throws {
    let leftover = unused.sorted().map { "'\($0)' is not part of this optimizer" }
    if !(problems + leftover).isEmpty { throw OptimizerStateError(problems: problems + leftover) }
  }
}
