import Messages
import Torch

/// Anything that holds parameters: a layer, a block, a whole model.
///
/// Parameters and sub-modules are ordinary stored properties, found by reflection; those in optionals,
/// arrays, dictionaries (by sorted key), tuples, structs and enums are found, too. Names are the paths of
/// properties: `blocks.0.dense.weight`. A container whose parts lie elsewhere overrides `parts()`.
/// A `weak` or `unowned` reference, such as one to a parent, is no part; a strong one that leads back to
/// the module traps.
///
/// A layer that is put into a `var` property later is found from then on. An optimizer is bound to the
/// parameters it was made for, and traps at its next step if the module holds others.
///
/// What cannot be followed would silently not be trained. The first use of the root traps if parameters
/// lie in a set or in an object that is no module, or if one was made while the module was built and no
/// module holds it. What a closure captures stays unseen if it is a module that holds its own parameters.
/// PyTorch: `nn.Module`; MLX: `Module`; Keras: `Model`.
open class Module {
  /// What a module holds under one name.
  public enum Part {
    case parameter(Parameter)
    case module(Module)
  }

  /// Whether layers that differ between training and inference (dropout, batch norm) are to train.
  public private(set) var isTraining = true
  /// Whether `train()` of an outer module passes this one by.
  public private(set) final var staysInInference = false

  // What the walk found; kept only where it can never change.
  private var registered: [(name: String, parameter: Parameter)]?
  private var registeredModules: [(name: String, module: Module)]?
  private var isStructureFixed: Bool?
  private var arePartsFixed: Bool?
  /// Whether the first use has been.
  private var isChecked = false
  private let birth: Int

  public init() {
    birth = Parameter.ledger.withLock { $0.lastSerial }
    // Subclasses have set their properties by now, so what they hold can be claimed at once; parts
    // that are added later are claimed at the first use.
    for case (_, .parameter(let parameter)) in parts() { parameter.claim() }
  }

  /// The module's own parameters and direct sub-modules, in the order of their declaration.
  open func parts() -> [(name: String, part: Part)] { PartWalk(self).parts }

  /// All parameters with their names; a shared one appears once, under its first name.
  /// PyTorch: `named_parameters`, `state_dict`.
  public final func namedParameters() -> [(name: String, parameter: Parameter)] {
    if let registered { return registered }
    var found: [(name: String, parameter: Parameter)] = []
    var seen: Set<ObjectIdentifier> = []
    visit { name, part in
      guard case .parameter(let parameter) = part else { return }
      parameter.claim()
      if seen.insert(ObjectIdentifier(parameter)).inserted { found.append((name, parameter)) }
    }
    if !isChecked {
      isChecked = true
      checkThatNothingIsForgotten(found, seen)
    }
    if hasFixedStructure { registered = found }
    return found
  }

  /// Traps at the first use if a part lies where the walk does not find it.
  private func checkThatNothingIsForgotten(
    _ found: [(name: String, parameter: Parameter)], _ known: Set<ObjectIdentifier>
  ) {
    var names: Set<String> = []
    for (name, _) in found {
      require(
        names.insert(name).inserted, "two parameters of \(type(of: self)) are called '\(name)'")
    }
    for (path, module) in namedModules() {
      for (name, object) in PartWalk(module).objects {
        let lost = PartWalk.parameters(in: object).filter { !known.contains(ObjectIdentifier($0)) }
        require(
          lost.isEmpty || module.overridesParts,
          "'\(path.isEmpty ? name : "\(path).\(name)")' of \(type(of: self)) is a \(type(of: object)), "
            + "which is no Module and holds \(lost.count) parameter(s): they would not be trained. Make "
            + "it a Module, or hold it weakly if it is no part")
      }
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
  }

  /// Whether `parts` is not the walk over the stored properties, so that what else they hold is no part.
  var overridesParts: Bool {
    !PartWalk(self).parts.map(\.name).elementsEqual(parts().map(\.name))
  }

  /// Whether what this module and those inside hold can never change, so that one walk serves for ever.
  package final var hasFixedStructure: Bool {
    if let isStructureFixed { return isStructureFixed }
    var isFixed = hasFixedParts
    if isFixed {
      visit { _, part in
        if case .module(let module) = part { isFixed = isFixed && module.hasFixedParts }
      }
    }
    isStructureFixed = isFixed
    return isFixed
  }

  /// Whether no stored property of this module alone can be set to another part.
  private var hasFixedParts: Bool {
    if let arePartsFixed { return arePartsFixed }
    let isFixed = PartWalk(self).isFixed
    arePartsFixed = isFixed
    return isFixed
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
    if hasFixedStructure { registeredModules = inner }
    return [("", self)] + inner
  }

  /// Sets the mode of this module and all its sub-modules, save those kept in inference.
  @discardableResult
  public final func train(_ isTraining: Bool = true) -> Self {
    var kept: [String] = []
    for (name, module) in namedModules()
    where !kept.contains(where: { $0.isEmpty || name.hasPrefix("\($0).") }) {
      if module.staysInInference {
        kept.append(name)
      } else {
        module.setMode(isTraining: isTraining)
      }
    }
    return self
  }

  /// Puts this module into inference mode and keeps it there: a `train()` of a model that holds it does
  /// not reach it. So the running statistics of a frozen body stand still:
  ///
  ///     model.body.freezeAll()
  ///     model.body.keepInInference()
  public final func keepInInference(_ keeps: Bool = true) {
    staysInInference = false
    train(!keeps)
    staysInInference = keeps
  }

  /// Runs `body` in inference mode; then every module has the mode again that it had before, which
  /// `train()` would not give to parts that were evaluating.
  public final func evaluating<Result>(_ body: () throws -> Result) rethrows -> Result {
    let modes = namedModules().map { ($0.module, $0.module.isTraining) }
    evaluate()
    defer { for (module, isTraining) in modes { module.setMode(isTraining: isTraining) } }
    return try body()
  }

  /// The mode of this module alone.
  final func setMode(isTraining: Bool) { self.isTraining = isTraining }

  /// Inference mode: dropout passes everything, batch norm uses its running statistics.
  /// PyTorch: `eval()`; Keras: `training=False`.
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
    var ancestors: Set<ObjectIdentifier> = []
    func walk(_ module: Module, _ prefix: String) {
      ancestors.insert(ObjectIdentifier(module))
      for (name, part) in module.parts() {
        let path = prefix.isEmpty ? name : "\(prefix).\(name)"
        if case .module(let inner) = part {
          require(
            !ancestors.contains(ObjectIdentifier(inner)),
            "'\(path)' of \(type(of: self)) leads back to a module that holds it, a "
              + "\(type(of: inner)); make that reference weak or unowned, which is no part")
          body(path, part)
          walk(inner, path)
        } else {
          body(path, part)
        }
      }
      ancestors.remove(ObjectIdentifier(module))
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
