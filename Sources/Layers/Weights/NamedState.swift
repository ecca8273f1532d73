import Formats
import Messages
import Torch

/// Something that changes during training and that a checkpoint must hold.
public protocol Checkpointable: AnyObject {
  /// The present state. Tensors may be the live ones: `copied()` gives them storage of their own.
  func checkpoint() -> NamedState
  /// Goes back to `state`. Throws, and changes nothing, if it does not belong to this object.
  func restore(_ state: NamedState) throws
}

/// All that one object remembers, as named tensors and plain values: a safetensors file, with the
/// values as JSON in its metadata.
public struct NamedState {
  public var tensors: [String: Tensor]
  public var values: [String: JSONValue]
  /// Where it was read, for messages.
  public let origin: String

  public init(tensors: [String: Tensor] = [:], values: [String: JSONValue] = [:]) {
    self.tensors = tensors
    self.values = values
    origin = "the state in memory"
  }

  fileprivate init(origin: String) {
    tensors = [:]
    values = [:]
    self.origin = origin
  }

  /// The same with storage of its own, so that later updates do not change it.
  public func copied() -> NamedState {
    var copy = self
    copy.tensors = tensors.mapValues { $0.detach().clone() }
    return copy
  }

  /// Reads a safetensors file; throws `FileError` where it is missing or damaged.
  public init(path: String) throws {
    let file = try SafetensorsFile(path: path)
    origin = path
    tensors = [:]
    values = [:]
    for entry in file.entries { tensors[entry.name] = try file.tensor(entry) }
    guard let text = file.metadata["values"] else { return }
    guard let members = (try? JSONValue(parsing: text))?.members else {
      throw FileError(path: path, reason: "its values are not a JSON object")
    }
    for member in members { values[member.key] = member.value }
  }

  /// Writes a safetensors file, which appears whole or not at all. Throws `FileError`.
  public func write(to path: String) throws {
    let members = values.sorted { $0.key < $1.key }.map { JSONMember($0.key, $0.value) }
    try SafetensorsWriter.write(
      tensors.map { SafetensorsTensor(name: $0.key, $0.value) },
      metadata: ["values": JSONValue.object(members).text()], to: path)
  }

  /// Reads the state entry by entry for an `owner`, such as "optimizer".
  public func reader(for owner: String) -> NamedStateReader { NamedStateReader(self, owner) }
}

/// A state that does not belong to the object: everything that is wrong with it at once.
public struct NamedStateError: Error, CustomStringConvertible {
  public let origin: String
  public let owner: String
  public let problems: [String]

  public var description: String {
    "\(origin) does not fit this \(owner): " + problems.joined(separator: "; ")
  }
}

/// Reads a state entry by entry and notes what is missing, unfit or never asked for.
public final class NamedStateReader {
  private let state: NamedState
  private let owner: String
  private var unread: Set<String>
  private var problems: [String] = []

  fileprivate init(_ state: NamedState, _ owner: String) {
    self.state = state
    self.owner = owner
    unread = Set(state.tensors.keys).union(state.values.keys)
  }

  /// Whether there are tensors under `prefix`.
  public func hasTensors(under prefix: String) -> Bool {
    state.tensors.keys.contains { $0.hasPrefix(prefix) }
  }

  /// A copy of the tensor, on the device of `pattern`; `pattern` itself if it is missing or unlike it.
  public func tensor(_ key: String, like pattern: Tensor) -> Tensor {
    unread.remove(key)
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

  /// A number; 0 if it is missing.
  public func number(_ key: String) -> Double {
    unread.remove(key)
    guard let number = state.values[key]?.doubleValue else {
      problems.append("'\(key)' is missing")
      return 0
    }
    return number
  }

  /// A whole number from 0; 0 if it is missing or none.
  public func count(_ key: String) -> Int {
    let value = number(key)
    guard let count = Int(exactly: value), count >= 0 else {
      problems.append("'\(key)' is \(value), expected a count")
      return 0
    }
    return count
  }

  /// As `count`, `nil` where there is none.
  public func countIfPresent(_ key: String) -> Int? {
    state.values[key] == nil ? nil : count(key)
  }

  /// Notes something else that is wrong.
  public func expect(_ condition: Bool, _ problem: @autoclosure () -> String) {
    if !condition { problems.append(problem()) }
  }

  /// Throws `NamedStateError` if anything was wrong or left over.
  public func finish() throws {
    let all = problems + unread.sorted().map { "'\($0)' is not part of it" }
    if !all.isEmpty { throw NamedStateError(origin: state.origin, owner: owner, problems: all) }
  }
}

extension Module: Checkpointable {
  /// Weights and states by name, those of random generators that modules hold, such as
  /// `Dropout(0.1, generator:)`, and which weights are frozen.
  public func checkpoint() -> NamedState {
    let parameters = namedParameters()
    let frozen = parameters.filter { $0.parameter.role == .weight && !$0.parameter.isTrainable }
    return NamedState(
      tensors: Dictionary(
        uniqueKeysWithValues: parameters.map { ($0.name, $0.parameter.value) }
          + generators().map { ($0.name, $0.generator.state) }),
      values: ["frozen": .array(frozen.map { .string($0.name) })])
  }

  /// Throws `CheckpointError` or `NamedStateError`, which list everything that does not fit; nothing has
  /// changed then.
  public func restore(_ state: NamedState) throws {
    var tensors = state.tensors
    var generatorStates = NamedState(origin: state.origin)
    let generators = generators()
    for (name, _) in generators {
      generatorStates.tensors[name] = tensors.removeValue(forKey: name)
    }
    let reader = generatorStates.reader(for: "\(type(of: self))")
    let found = generators.map { ($0.generator, reader.tensor($0.name, like: $0.generator.state)) }
    try reader.finish()
    try load(tensors, source: state.origin)
    for (generator, state) in found { generator.state = state }
    guard let frozen = state.values["frozen"]?.arrayValue?.compactMap(\.stringValue) else { return }
    for (name, parameter) in namedParameters() where parameter.role == .weight {
      parameter.isTrainable = !frozen.contains(name)
    }
  }

  /// The generators of modules, each under the name of the first that holds it.
  private func generators() -> [(name: String, generator: RandomGenerator)] {
    var seen: Set<ObjectIdentifier> = []
    return namedModules().flatMap { path, module in
      let ofLayer = (module as? any Configured)?.generator.map { ("randomGenerator", $0) }
      return ((ofLayer.map { [$0] } ?? []) + PartWalk(module).generators)
        .filter { seen.insert(ObjectIdentifier($0.1)).inserted }
        .map { (path.isEmpty ? $0.0 : "\(path).\($0.0)", $0.1) }
    }
  }
}

extension RandomGenerator: Checkpointable {
  public func checkpoint() -> NamedState { NamedState(tensors: ["state": state]) }

  public func restore(_ state: NamedState) throws {
    let reader = state.reader(for: "random generator")
    let bytes = reader.tensor("state", like: self.state)
    try reader.finish()
    self.state = bytes
  }
}
