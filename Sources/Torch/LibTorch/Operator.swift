import CTorch

/// One ATen operator, found once by name and called through libtorch's dispatcher.
///
/// The methods of `Tensor` cover what models use; every other operator is reachable here:
///
///     let logGamma = try Operator(named: "aten::lgamma")
///     let y = try logGamma.call([x])[0]
public struct Operator: @unchecked Sendable {
  // Sendable: libtorch keeps operators for the life of the process and never changes them.
  let handle: CTorchOperator
  public let name: String

  /// Looks the operator up. Throws `TorchError` if this libtorch has none of that name and overload.
  public init(named name: String, overload: String = "") throws {
    try LibTorch.load()
    guard let handle = LibTorch.api.find_operator(name, overload) else {
      throw TorchError.last("operator lookup")
    }
    self.handle = handle
    self.name = overload.isEmpty ? name : "\(name).\(overload)"
  }

  /// An operator that Danlu itself relies on; traps if this libtorch lacks it.
  package init(_ name: String, _ overload: String = "") {
    guard let handle = LibTorch.api.find_operator("aten::" + name, overload) else {
      trap(TorchError.last("this libtorch (\(LibTorch.version)) is too old or too new"))
    }
    self.handle = handle
    self.name = "aten::" + (overload.isEmpty ? name : "\(name).\(overload)")
  }

  /// The operator's schema, such as `aten::relu(Tensor self) -> Tensor`.
  public var schema: String { String(cString: LibTorch.api.operator_schema(handle)) }

  /// The names of all ATen operators of this libtorch.
  public static func allNames() throws -> [String] {
    try LibTorch.load()
    return String(cString: LibTorch.api.operator_names()).split(separator: "\n").map(String.init)
  }
}

/// What an operator takes: tensors, numbers, flags, lists of them, text, devices, element types.
/// An absent optional is `nil`.
public protocol OperatorArgument {
  /// 64-bit words that the argument's list needs besides its slot.
  var scratchWords: Int { get }
  /// Writes the argument into a slot; a list goes to `scratch`, which then moves past it.
  func write(to slot: inout CTorchSlot, scratch: inout UnsafeMutablePointer<Int64>)
  /// The argument in a few words, for messages.
  var argumentSummary: String { get }
}

/// What an operator gives back.
public enum OperatorResult {
  case tensor(Tensor)
  case tensors([Tensor])
  case integer(Int)
  case integers([Int])
  case real(Double)
  case boolean(Bool)
  case none
}

extension Operator {
  /// Calls the operator with arguments in the order of its schema; missing ones at the end take the
  /// schema's defaults.
  public func call(_ arguments: [(any OperatorArgument)?]) throws -> [OperatorResult] {
    try withResults(arguments) { $0.map(Operator.result) }
  }

  /// Calls the operator and gives `body` its results, which it must take over.
  private func withResults<Result>(
    _ arguments: [(any OperatorArgument)?],
    _ body: (UnsafeMutableBufferPointer<CTorchSlot>) -> Result
  ) throws -> Result {
    let capacity = 8
    return try withUnsafeTemporaryAllocation(of: CTorchSlot.self, capacity: capacity) { results in
      guard let start = results.baseAddress else {
        throw TorchError("\(name): no room for results")
      }
      results.initialize(repeating: CTorchSlot())
      let written = withSlots(arguments) { slots, count in
        LibTorch.api.call(handle, slots, count, start, Int32(capacity))
      }
      guard written >= 0 else { throw failure(arguments) }
      return body(UnsafeMutableBufferPointer(rebasing: results[..<Int(written)]))
    }
  }

  /// Calls an operator that gives one tensor; traps with shapes and types if it fails.
  package func tensor(_ arguments: (any OperatorArgument)?...) -> Tensor {
    let result = withSlots(arguments) { slots, count in
      LibTorch.api.call_tensor(handle, slots, count)
    }
    guard let result else { trap(failure(arguments)) }
    return Tensor(owning: result)
  }

  /// Calls an operator that gives tensors, alone or in one list; traps if it fails.
  package func tensors(_ arguments: (any OperatorArgument)?...) -> [Tensor] {
    do {
      return try call(arguments).flatMap { result -> [Tensor] in
        switch result {
        case .tensor(let tensor): [tensor]
        case .tensors(let tensors): tensors
        default: []
        }
      }
    } catch let error as TorchError {
      trap(error)
    } catch {
      trap(TorchError("\(name): \(error)"))
    }
  }

  /// Calls an operator for its effect on its arguments; traps if it fails.
  package func perform(_ arguments: (any OperatorArgument)?...) {
    do {
      // In-place operators give their first argument back.
      try withResults(arguments) { for slot in $0 { _ = Operator.result(slot) } }
    } catch let error as TorchError {
      trap(error)
    } catch {
      trap(TorchError("\(name): \(error)"))
    }
  }

  // The calls that small models make most go without an array.

  @inline(__always)
  func unary(_ input: Tensor) -> Tensor {
    var slot = CTorchSlot(tensor: input)
    guard let result = LibTorch.api.call_tensor(handle, &slot, 1) else { trap(failure([input])) }
    return Tensor(owning: result)
  }

  @inline(__always)
  func binary(_ left: Tensor, _ right: Tensor) -> Tensor {
    var slots = (CTorchSlot(tensor: left), CTorchSlot(tensor: right))
    guard let result = pairResult(&slots) else { trap(failure([left, right])) }
    return Tensor(owning: result)
  }

  @inline(__always)
  func binary(_ left: Tensor, _ right: Double) -> Tensor {
    scalar(left, CTorchSlot(real: right), right)
  }

  @inline(__always)
  func binary(_ left: Tensor, _ right: Int) -> Tensor {
    scalar(left, CTorchSlot(integer: Int64(right)), right)
  }

  @inline(__always)
  private func scalar(_ left: Tensor, _ slot: CTorchSlot, _ right: any OperatorArgument) -> Tensor {
    var slots = (CTorchSlot(tensor: left), slot)
    guard let result = pairResult(&slots) else { trap(failure([left, right])) }
    return Tensor(owning: result)
  }

  /// A tensor and a list, such as a shape or axes.
  @inline(__always)
  func binary(_ input: Tensor, _ list: [Int]) -> Tensor {
    var slots = (CTorchSlot(tensor: input), CTorchSlot())
    let result = list.withUnsafeBufferPointer { buffer in
      buffer.withMemoryRebound(to: Int64.self) { integers in
        slots.1.tag = Int32(CTORCH_INTEGERS)
        slots.1.count = Int32(integers.count)
        slots.1.integers = integers.baseAddress
        return pairResult(&slots)
      }
    }
    guard let result else { trap(failure([input, list])) }
    return Tensor(owning: result)
  }

  @inline(__always)
  private func pairResult(_ slots: inout (CTorchSlot, CTorchSlot)) -> CTorchTensor? {
    withUnsafePointer(to: &slots) {
      $0.withMemoryRebound(to: CTorchSlot.self, capacity: 2) {
        LibTorch.api.call_tensor(handle, $0, 2)
      }
    }
  }

  private func withSlots<Result>(
    _ arguments: [(any OperatorArgument)?],
    _ body: (UnsafePointer<CTorchSlot>?, Int32) -> Result
  ) -> Result {
    var words = 0
    for argument in arguments { words += argument?.scratchWords ?? 0 }
    return withUnsafeTemporaryAllocation(of: CTorchSlot.self, capacity: arguments.count) { slots in
      withUnsafeTemporaryAllocation(of: Int64.self, capacity: max(1, words)) { buffer in
        guard var scratch = buffer.baseAddress else { return body(nil, 0) }
        for (index, argument) in arguments.enumerated() {
          var slot = CTorchSlot()
          if let argument {
            argument.write(to: &slot, scratch: &scratch)
          } else {
            slot.tag = Int32(CTORCH_NONE)
          }
          slots.initializeElement(at: index, to: slot)
        }
        return withExtendedLifetime(arguments) {
          body(slots.baseAddress.map { UnsafePointer($0) }, Int32(arguments.count))
        }
      }
    }
  }

  private func failure(_ arguments: [(any OperatorArgument)?]) -> TorchError {
    let received = arguments.map { $0?.argumentSummary ?? "none" }.joined(separator: ", ")
    let error = TorchError.last(name)
    return TorchError("\(error.message) (received \(received))", details: error.details)
  }

  private static func result(_ slot: CTorchSlot) -> OperatorResult {
    switch Int(slot.tag) {
    case CTORCH_TENSOR:
      return slot.tensor.map { .tensor(Tensor(owning: $0)) } ?? .none
    case CTORCH_TENSORS:
      defer { LibTorch.api.free_list(slot.tensors) }
      guard let list = slot.tensors else { return .none }
      return .tensors((0..<Int(slot.count)).compactMap { list[$0].map(Tensor.init(owning:)) })
    case CTORCH_INTEGER: return .integer(Int(slot.integer))
    case CTORCH_INTEGERS:
      defer { LibTorch.api.free_list(slot.integers) }
      guard let list = slot.integers else { return .none }
      return .integers((0..<Int(slot.count)).map { Int(list[$0]) })
    case CTORCH_REAL: return .real(slot.real)
    case CTORCH_BOOLEAN: return .boolean(slot.integer != 0)
    default: return .none
    }
  }
}
