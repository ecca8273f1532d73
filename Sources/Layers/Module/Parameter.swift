import Messages
import Synchronization
import Torch

/// A weight of a model: one tensor with an identity.
///
/// Sharing a weight is holding the same `Parameter`. Layers keep their parameters in stored
/// properties, where `Module` finds them and names them by the path from the root, such as
/// `encoder.0.attention.query.weight`; checkpoints use the same names.
public final class Parameter {
  public enum Role: Sendable {
    /// Learnt by an optimizer.
    case weight
    /// Kept by the layer itself and saved with the weights: running means, power-iteration vectors.
    case state
  }

  /// The current value. Optimizers change it in place; `replace` puts another tensor here.
  public private(set) var value: Tensor
  public let role: Role
  /// Where the parameter was made, for the message about a forgotten one.
  let origin: String
  /// The number of the parameter in the order of making.
  private(set) var serial = 0
  /// Whether some module holds it.
  var isClaimed = false

  /// Whether optimizers change it; a frozen weight also costs no gradient.
  public var isTrainable: Bool {
    didSet { value.requiresGradient = isTrainable }
  }

  public init(
    _ value: Tensor, role: Role = .weight, file: StaticString = #fileID, line: UInt = #line
  ) {
    self.value = value.detach()
    self.role = role
    isTrainable = role == .weight
    origin = "\(file):\(line)"
    self.value.requiresGradient = isTrainable
    let entry = Ledger.Entry(parameter: Unmanaged.passUnretained(self))
    serial = Parameter.ledger.withLock { $0.add(entry) }
  }

  deinit {
    let serial = self.serial
    Parameter.ledger.withLock { $0.unclaimed[serial] = nil }
  }

  public var shape: [Int] { value.shape }
  public var count: Int { value.count }
  public var dtype: DType { value.dtype }

  /// Puts another tensor in the parameter's place; its shape must be the same.
  public func replace(with tensor: Tensor) {
    require(
      tensor.shape == value.shape,
      "Parameter.replace expected shape \(value.shape), received \(tensor.shape)")
    value = tensor.detach()
    value.requiresGradient = isTrainable
  }

  /// Copies new numbers into the parameter's storage, converting type and device.
  public func assign(_ tensor: Tensor) {
    require(
      tensor.shape == value.shape,
      "Parameter.assign expected shape \(value.shape), received \(tensor.shape)")
    withoutGradients { value.copyInPlace(from: tensor) }
  }

  /// Runs `body` with another tensor in the parameter's place, one made from its value: gradients flow through
  /// it to what it was made of.
  public func substituting<Result>(_ tensor: Tensor, _ body: () throws -> Result) rethrows -> Result
  {
    require(
      tensor.shape == value.shape,
      "Parameter.substituting expected shape \(value.shape), received \(tensor.shape)")
    let own = value
    value = tensor
    defer { value = own }
    return try body()
  }

  // MARK: - Forgotten parameters

  /// The parameters that no module holds (yet). A parameter leaves when a module claims it or when
  /// it dies, so the entries are alive whenever the lock is held.
  struct Ledger {
    struct Entry: @unchecked Sendable {
      // Sendable: only followed under the ledger's lock, and `deinit` removes it under the same lock.
      let parameter: Unmanaged<Parameter>
    }

    private(set) var lastSerial = 0
    var unclaimed: [Int: Entry] = [:]

    /// Takes in a new parameter and returns its serial number.
    mutating func add(_ entry: Entry) -> Int {
      lastSerial += 1
      unclaimed[lastSerial] = entry
      return lastSerial
    }
  }

  static let ledger = Mutex(Ledger())

  /// Notes that a module holds this parameter.
  func claim() {
    guard !isClaimed else { return }
    isClaimed = true
    let serial = self.serial
    Parameter.ledger.withLock { $0.unclaimed[serial] = nil }
  }

  /// Where the living parameters were made that came into being within `serials` and that no module
  /// holds.
  static func forgotten(within serials: ClosedRange<Int>) -> [String] {
    ledger.withLock { ledger in
      ledger.unclaimed.filter { serials.contains($0.key) }.sorted { $0.key < $1.key }
        .map { $0.value.parameter._withUnsafeGuaranteedRef { "\($0.origin)" } }
    }
  }
}
