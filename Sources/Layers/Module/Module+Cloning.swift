import Messages
import Torch

/// One run of `Module.clone`: where new weights draw their numbers from, and which parts have been
/// copied already.
public final class Cloning {
  public let generator: RandomGenerator?
  private var copies: [ObjectIdentifier: Module] = [:]

  init(generator: RandomGenerator?) { self.generator = generator }

  /// The fresh copy of a part; the same part gives the same copy.
  public func copy<Part: Module>(_ part: Part) -> Part {
    if let copy = copies[ObjectIdentifier(part)] as? Part { return copy }
    guard let copy = part.freshCopy(self) as? Part else {
      fatalError("freshCopy of \(type(of: part)) gave another type")
    }
    copies[ObjectIdentifier(part)] = copy
    return copy
  }
}

/// What both a module and its clone are.
public protocol Cloneable: Module {}

extension Module: Cloneable {}

extension Cloneable {
  /// A module of the same structure with weights of its own, freshly initialized.
  ///
  /// What is shared inside stays shared inside; types, devices, frozen weights and the mode carry
  /// over. `copyWeights(from:)` then makes the numbers equal, too.
  public func clone(generator: RandomGenerator? = nil) -> Self {
    let copy = Cloning(generator: generator).copy(self)
    let (own, fresh) = (namedParameters(), copy.namedParameters())
    require(
      own.count == fresh.count,
      "the copy of \(type(of: self)) holds \(fresh.count) parameters in place of \(own.count)")
    for (own, fresh) in zip(own, fresh) {
      require(
        own.name == fresh.name && own.parameter.shape == fresh.parameter.shape,
        "the copy of \(type(of: self)) holds '\(fresh.name)' \(fresh.parameter.shape) in place of "
          + "'\(own.name)' \(own.parameter.shape)")
      fresh.parameter.replace(
        with: fresh.parameter.value.to(own.parameter.dtype).to(own.parameter.value.device))
      fresh.parameter.isTrainable = own.parameter.isTrainable
    }
    for (own, fresh) in zip(namedModules(), copy.namedModules()) {
      if own.module.staysInInference { fresh.module.keepInInference() }
      fresh.module.setMode(isTraining: own.module.isTraining)
    }
    return copy
  }
}

extension Module {
  /// Copies all weights and states of a module with the same names and shapes.
  public final func copyWeights(from other: Module) {
    let own = namedParameters()
    let others = other.namedParameters()
    let differences = zip(own, others).filter {
      $0.name != $1.name || $0.parameter.shape != $1.parameter.shape
    }
    require(
      own.count == others.count && differences.isEmpty,
      "copyWeights expected a module of the same structure (\(own.count) parameters), received "
        + "\(others.count)"
        + (differences.first.map {
          ", '\($1.name)' \($1.parameter.shape) in place of '\($0.name)' \($0.parameter.shape)"
        } ?? ""))
    for (own, other) in zip(own, others) { own.parameter.assign(other.parameter.value) }
  }
}
