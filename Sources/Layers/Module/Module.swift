import Messages
import Torch

/// Anything that holds parameters: a layer, a block, a whole model.
///
/// Parameters and sub-modules are ordinary stored properties. They are found by one reflection walk,
/// at the first use; arrays, dictionaries (by sorted key) and optionals of them are followed too.
/// Names are the paths of properties. A container whose parts lie elsewhere overrides `parts()`. What
/// a module holds is fixed from its first use on.
///
/// A parameter that was made while the module was built but that no module holds would silently not
/// be trained. The first use of the root detects it and names the place where it was made.
open class Module {
  /// What a module holds under one name.
  public enum Part {
    case parameter(Parameter)
    case module(Module)
  }

  /// Whether layers that differ between training and inference (dropout, batch norm) are to train.
  public private(set) var isTraining = true

  private var registered: [(name: String, parameter: Parameter)]?
  private var registeredModules: [(name: String, module: Module)]?
  private let birth: Int

  public init() {
    birth = Parameter.ledger.withLock { $0.lastSerial }
    // Subclasses have set their properties by now, so what they hold can be claimed at once; parts
    // that are added later are claimed at the first use.
    for case (_, .parameter(let parameter)) in parts() { parameter.claim() }
  }

  /// The module's own parameters and direct sub-modules, in the order of their declaration.
  open func parts() -> [(name: String, part: Part)] {
    var parts: [(name: String, part: Part)] = []
    var mirrors: [Mirror] = []
    var next: Mirror? = Mirror(reflecting: self)
    while let mirror = next, mirror.subjectType != Module.self {
      mirrors.append(mirror)
      next = mirror.superclassMirror
    }
    for mirror in mirrors.reversed() {
      for child in mirror.children {
        if let label = child.label { Module.collect(child.value, name: label, into: &parts) }
      }
    }
    return parts
  }

  private static func collect(
    _ value: Any, name: String, into parts: inout [(name: String, part: Part)]
  ) {
    switch value {
    case let parameter as Parameter: parts.append((name, .parameter(parameter)))
    case let module as Module: parts.append((name, .module(module)))
    default:
      let mirror = Mirror(reflecting: value)
      switch mirror.displayStyle {
      case .optional:
        if let wrapped = mirror.children.first {
          collect(wrapped.value, name: name, into: &parts)
        }
      case .collection:
        for (index, child) in mirror.children.enumerated() {
          collect(child.value, name: "\(name).\(index)", into: &parts)
        }
      case .dictionary:
        let entries = mirror.children.compactMap { child -> (key: String, value: Any)? in
          guard let pair = child.value as? (key: AnyHashable, value: Any) else { return nil }
          return ("\(pair.key)", pair.value)
        }
        for entry in entries.sorted(by: { $0.key < $1.key }) {
          collect(entry.value, name: "\(name).\(entry.key)", into: &parts)
        }
      default: break
      }
    }
  }

  /// All parameters with their names; a shared one appears once, under its first name.
  public final func namedParameters() -> [(name: String, parameter: Parameter)] {
    if let registered { return registered }
    var found: [(name: String, parameter: Parameter)] = []
    var seen: Set<ObjectIdentifier> = []
    visit { name, part in
      guard case .parameter(let parameter) = part else { return }
      parameter.claim()
      if seen.insert(ObjectIdentifier(parameter)).inserted { found.append((name, parameter)) }
    }
    let serials = found.map(\.parameter.serial)
    if let first = serials.min(), let last = serials.max() {
      let forgotten = Parameter.forgotten(within: first...max(last, birth))
      require(
        forgotten.isEmpty,
        "\(type(of: self)) does not hold \(forgotten.count) parameter(s) made while it was built "
          + "(\(forgotten.joined(separator: ", "))): they would not be trained. Keep them in stored "
          + "properties, or override parts()")
    }
    registered = found
    return found
  }

  /// The weights: what optimizers see.
  public final var parameters: [Parameter] {
    namedParameters().map(\.parameter).filter { $0.role == .weight }
  }

  /// Whether each parameter is reached under each of its names: one name for most, several for tied.
  public final func allNames() -> [(name: String, parameter: Parameter)] {
    var found: [(name: String, parameter: Parameter)] = []
    visit { name, part in
      if case .parameter(let parameter) = part { found.append((name, parameter)) }
    }
    return found
  }

  /// All sub-modules with their names, outer before inner; the module itself has the name "".
  public final func namedModules() -> [(name: String, module: Module)] {
    let inner =
      registeredModules
      ?? {
        var found: [(name: String, module: Module)] = []
        visit { name, part in
          if case .module(let module) = part { found.append((name, module)) }
        }
        return found
      }()
    registeredModules = inner
    return [("", self)] + inner
  }

  /// Sets the mode of this module and all its sub-modules.
  @discardableResult
  public final func train(_ isTraining: Bool = true) -> Self {
    for (_, module) in namedModules() { module.setMode(isTraining: isTraining) }
    return self
  }

  /// The mode of this module alone.
  final func setMode(isTraining: Bool) { self.isTraining = isTraining }

  /// Inference mode: dropout passes everything, batch norm uses its running statistics.
  @discardableResult
  public final func evaluate() -> Self { train(false) }

  /// Moves all parameters to a device, or to another floating-point type, keeping their identity.
  @discardableResult
  public final func move(to device: Device? = nil, dtype: DType? = nil) -> Self {
    for (_, parameter) in namedParameters() {
      var value = parameter.value
      if let dtype, value.dtype.isFloatingPoint { value = value.to(dtype) }
      if let device { value = value.to(device) }
      parameter.replace(with: value)
    }
    return self
  }

  /// A module of the same structure with fresh weights; `clone` calls it.
  ///
  /// A `Configured` module is made anew from its configuration. Containers override this and copy
  /// their parts by `cloning.copy`, which keeps shared parts shared.
  open func freshCopy(_ cloning: Cloning) -> Module {
    guard let configured = self as? any Configured else {
      fatalError(
        "\(type(of: self)) cannot be cloned: it is not Configured and does not override freshCopy(_:)"
      )
    }
    return configured.madeAnew(cloning)
  }

  private func visit(_ body: (String, Part) -> Void) {
    func walk(_ module: Module, _ prefix: String) {
      for (name, part) in module.parts() {
        let path = prefix.isEmpty ? name : "\(prefix).\(name)"
        body(path, part)
        if case .module(let inner) = part { walk(inner, path) }
      }
    }
    walk(self, "")
  }
}

/// A module that maps one tensor to one tensor; `Sequential` is made of these.
///
/// Subclasses override `forward`; users call the layer like a function.
open class Layer: Module {
  /// Called with each output of the layer: the way to internal tensors of a model.
  public final var outputObserver: ((Tensor) -> Void)?

  open func forward(_ input: Tensor) -> Tensor {
    fatalError("\(type(of: self)) does not override forward")
  }

  /// Whether the output of a sample depends on the other samples of the batch, as the layer stands;
  /// parts answer for themselves. True unless a layer says otherwise: what is not known may mix.
  open var mixesSamples: Bool { true }

  /// Whether a pass draws random numbers, as the layer stands; parts answer for themselves.
  open var drawsRandomNumbers: Bool { false }

  public final func callAsFunction(_ input: Tensor) -> Tensor {
    let output = forward(input)
    outputObserver?(output)
    return output
  }
}
