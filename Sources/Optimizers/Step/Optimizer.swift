import Layers
import Messages
import Torch

/// A specification bound to named parameters, with its memory: changes the parameters by gradients.
///
///     let optimizer = Optimizer(Adam(learningRate: 1e-3).withWeightDecay(0.01), for: model)
///     let loss = optimizer.step { model(images).crossEntropy(labels) }
///
/// The update comes from the rule and passes the extensions from the inside out; `description` states
/// the order. If all extensions allow it, the step runs in one fused kernel for all parameters.
public final class Optimizer {
  public let specification: any OptimizerSpecification
  /// The weights that the optimizer changes, in the order of gradients.
  public let parameters: [Parameter]
  public let names: [String]
  let table: ParameterTable

  /// γ, before schedules; may be changed between steps.
  public var learningRate: Double {
    get { rule.learningRate }
    set { rule.learningRate = newValue }
  }

  /// How many updates were applied.
  public internal(set) var stepCount = 0
  /// How many gradients of the same batch one step takes.
  public var evaluationsPerStep: Int { rule.evaluationsPerStep }

  /// Where several ranks have parts of a batch: what makes of each rank's gradients those of the whole batch,
  /// before anything looks at them. Set by a trainer.
  public var reduction: (any GradientReduction)?

  var rule: any UpdateRule
  /// The extensions at work, innermost first.
  let extensions: [ExtensionState]
  /// How many gradients of the step under way were taken.
  var evaluation = 0
  /// The parameters of the gradients taken so far in this step; unknown right after `restore`.
  var probed: [Int]?
  var histories: [ParameterHistory?]
  private let fusion: FusedPlan?
  private let lazyParameters: Set<Int>
  private var plan: StepPlan?
  /// The module whose parameters these are, if it may come to hold others.
  private let module: Module?

  /// Binds to parameters; those whose role is not `weight` are only seen by moving averages. Traps if
  /// none can be trained.
  public convenience init(
    _ specification: any OptimizerSpecification, parameters: [(name: String, parameter: Parameter)]
  ) {
    self.init(specification, parameters: parameters, of: nil)
  }

  private init(
    _ specification: any OptimizerSpecification, parameters: [(name: String, parameter: Parameter)],
    of module: Module?
  ) {
    self.module = module.flatMap { $0.hasFixedStructure ? nil : $0 }
    self.specification = specification
    rule = specification.rule
    let weights = parameters.filter { $0.parameter.role == .weight }
    require(
      Set(weights.map { ObjectIdentifier($0.parameter) }).count == weights.count
        && Set(weights.map(\.name)).count == weights.count,
      "an optimizer expected distinct parameters with distinct names, received "
        + weights.map(\.name).joined(separator: ", "))
    let owner = module.map { "\(type(of: $0))" } ?? "the list of parameters"
    require(
      weights.contains { $0.parameter.isTrainable },
      weights.isEmpty
        ? "an optimizer has nothing to train: \(owner) holds no parameters; weights must be "
          + "`Parameter`s in stored properties"
        : "an optimizer has nothing to train: all \(weights.count) parameters of \(owner) are frozen"
    )
    table = ParameterTable(
      weights: weights, states: parameters.filter { $0.parameter.role == .state })
    self.parameters = weights.map(\.parameter)
    names = weights.map(\.name)
    histories = weights.map { _ in nil }
    let table = self.table
    extensions = specification.extensions.map { $0.makeState(for: table) }
    fusion = FusedPlan(rule: specification.rule, extensions: extensions, count: weights.count)
    lazyParameters = extensions.reduce(into: []) { $0.formUnion($1.lazyParameters) }
  }

  /// Binds to all weights of a module.
  public convenience init(_ specification: any OptimizerSpecification, for module: Module) {
    self.init(specification, parameters: module.namedParameters(), of: module)
  }

  // MARK: - Steps

  /// Takes one gradient per parameter, in order; parameters without one, and frozen ones, stay as
  /// they are.
  ///
  /// - Parameter observe: Sees the gradients of the whole batch, before extensions change them.
  /// - Returns: Whether the parameters were updated; calls inside an accumulation window, and all but
  ///   the last evaluation of a step, give false.
  @discardableResult
  public func step(gradients: [Tensor?], observe: (([Tensor?]) -> Void)? = nil) -> Bool {
    require(
      gradients.count == parameters.count,
      "the optimizer expected \(parameters.count) gradients, received \(gradients.count)")
    checkBinding()
    return withoutGradients {
      var current = gradients
      for index in current.indices {
        guard let gradient = current[index] else { continue }
        let parameter = parameters[index]
        current[index] = parameter.isTrainable ? fitted(gradient, to: parameter.value, index) : nil
      }
      guard let reduction else {
        observe?(current)
        for state in extensions.reversed() {
          guard let admitted = state.admit(current) else { return false }
          current = admitted
        }
        return apply(current)
      }
      // Each batch of a window has its own share, so its gradients are scaled before they are added up.
      let accumulates = callsPerUpdate > 1
      if accumulates { current = reduction.scaled(current) }
      var isReduced = false
      func reduce() {
        guard !isReduced else { return }
        isReduced = true
        current = reduction.sum(current, areScaled: accumulates)
        observe?(current)
      }
      for state in extensions.reversed() {
        if state.readsGradients { reduce() }
        guard let admitted = state.admit(current) else { return false }
        current = admitted
      }
      reduce()
      defer { reduction.exchangeParameters() }
      return apply(reduction.own(current))
    }
  }

  /// Evaluates a loss, takes its gradients and steps; twice on the same batch if the rule needs it.
  ///
  /// - Returns: The (first) value of the loss, detached.
  @discardableResult
  public func step(_ loss: () throws -> Tensor) rethrows -> Tensor {
    var first: Tensor?
    for _ in 0..<evaluationsPerStep {
      let value = try withGradients(enabled: true, loss)
      checkBinding()
      let found = gradients(of: value)
      require(
        found.contains { $0 != nil },
        "the loss depends on none of the optimizer's parameters that can be trained")
      step(gradients: found)
      if first == nil { first = value.detach() }
    }
    guard let first else { fatalError("a rule takes at least one gradient per step") }
    return first
  }

  /// Traps if the module has come to hold other weights, which would not be trained.
  private func checkBinding() {
    guard let module else { return }
    let bound = Set(parameters.map(ObjectIdentifier.init))
    let weights = module.namedParameters().filter { $0.parameter.role == .weight }
    let added = weights.filter { !bound.contains(ObjectIdentifier($0.parameter)) }
    require(
      added.isEmpty && weights.count == parameters.count,
      "\(type(of: module)) has changed since its optimizer was made (now "
        + (added.first.map { "with '\($0.name)'" } ?? "with \(weights.count) weights")
        + "); make a new optimizer")
  }

  /// The gradients of a loss in the order of `parameters`; `nil` for those it does not depend on.
  ///
  /// - Parameter next: Whether they go into the next `step` as they are: several ranks may then begin to sum them
  ///   before all are known.
  public func gradients(of loss: Tensor, forStep next: Bool = false) -> [Tensor?] {
    guard next, let reduction, callsPerUpdate == 1 else {
      return Optimizer.gradients(of: [loss], by: parameters)
    }
    return Optimizer.gradients(of: [loss], by: parameters) { index, gradient in
      reduction.receive(gradient, at: index)
    }
  }

  /// The gradients of Σ ⟨outputs, output gradients⟩ by parameters, in their order, and then by tensors;
  /// `nil` for frozen parameters and for what the outputs do not depend on.
  ///
  /// - Parameters:
  ///   - outputGradients: One for each output; `nil` for outputs that are scalars.
  ///   - observe: Given the gradient of each parameter, by its place, as soon as it is known.
  public static func gradients(
    of outputs: [Tensor], by parameters: [Parameter], and tensors: [Tensor] = [],
    outputGradients: [Tensor?]? = nil, retainGraph: Bool = false,
    observe: ((_ index: Int, _ gradient: Tensor) -> Void)? = nil
  ) -> [Tensor?] {
    let places = parameters.indices.filter { parameters[$0].isTrainable }
    let trainable = places.map { parameters[$0].value }
    let found = optionalGradients(
      of: outputs, withRespectTo: trainable + tensors, outputGradients: outputGradients,
      retainGraph: retainGraph,
      observe: observe.map { observe in
        { input, gradient in
          if input < places.count { observe(places[input], gradient) }
        }
      })
    if trainable.count == parameters.count { return found }
    var next = found.makeIterator()
    let scattered = parameters.map { $0.isTrainable ? next.next() ?? nil : nil }
    return scattered + found.dropFirst(trainable.count)
  }

  /// The norm of all gradients together.
  public static func norm(of gradients: [Tensor?]) -> Tensor {
    let present = gradients.compactMap { $0 }
    return present.isEmpty ? Tensor(0.0) : withoutGradients { MultiTensor.norms(present).norm() }
  }

  /// Kernels on lists read storage in order, so a gradient must lie there as its parameter does.
  private func fitted(_ gradient: Tensor, to parameter: Tensor, _ index: Int) -> Tensor {
    require(
      gradient.hasShape(of: parameter),
      "the gradient of '\(names[index])' is \(gradient.summary), the parameter \(parameter.summary)"
    )
    if gradient.hasLayout(of: parameter) { return gradient }
    let fitted = Tensor.empty(like: parameter)
    fitted.copyInPlace(from: gradient)
    return fitted
  }

  private func apply(_ gradients: [Tensor?]) -> Bool {
    let plan = currentPlan(for: gradients)
    require(
      evaluation == 0 || probed == nil || probed == plan.active,
      "the second gradient of a step belongs to other parameters than the first")
    if evaluation + 1 < evaluationsPerStep {
      probed = plan.active
      for batch in plan.batches {
        rule.probe(batch.ruleBatch(gradients), rate: rate(of: batch))
      }
      evaluation += 1
      return false
    }
    for state in extensions { state.prepare(plan.active) }
    let fused = fusion == nil || stepRate == 0 ? nil : rule as? any FusedRule
    for batch in plan.batches {
      batch.advance()
      if let fusion, let fused {
        let members = batch.ruleBatch(gradients)
        fused.applyFused(members, rate: rate(of: batch), decay: fusion.decay[batch.indices[0]])
      } else {
        applyDirections(batch, gradients)
      }
      for index in batch.indices { histories[index]?.steps = batch.step }
    }
    for state in extensions {
      state.finish(plan.active, isTransformed: plan.isTransformed(state, isFused: fused != nil))
    }
    evaluation = 0
    stepCount += 1
    return true
  }

  /// γ times the schedules.
  private var stepRate: Double {
    extensions.reduce(rule.learningRate(at: stepCount + 1)) { rate, state in
      if case .schedule = state.influence {
        rate * state.multiplier(atStep: stepCount)
      } else {
        rate
      }
    }
  }

  /// γ times schedules and multipliers.
  private func rate(of batch: PlannedBatch) -> Double { stepRate * batch.multiplier }

  private func applyDirections(_ batch: PlannedBatch, _ gradients: [Tensor?]) {
    let members = batch.ruleBatch(gradients)
    let directions = batch.isLazy ? lazyDirections(members) : rule.update(members)
    var update = Update(
      indices: batch.indices, parameters: members.parameters, gradients: members.gradients,
      directions: directions, factors: Array(repeating: 1, count: directions.count),
      learningRate: rule.learningRate(at: batch.step), step: stepCount)
    for state in extensions[..<transformCount] { state.transform(&update) }
    update.commit()
  }

  /// The directions of one table whose history stands still in rows without gradient.
  private func lazyDirections(_ batch: RuleBatch) -> [Tensor] {
    let gradient = batch.gradients[0]
    let mask = SeenRows.mask(of: gradient)
    let history = batch.history.map { $0[0] }
    guard rule.isElementwise, history.allSatisfy({ $0.hasShape(of: gradient) }) else {
      let earlier = history.map { $0.clone() }
      let directions = rule.update(batch)
      for (now, before) in zip(history, earlier) where now.size(0) == mask.count {
        let rows = mask.reshaped([-1] + Array(repeating: 1, count: now.rank - 1))
        now.copyInPlace(from: before.replacing(with: now, where: rows))
      }
      return directions
    }
    let rows = mask.nonzero().reshaped(-1)
    let seen = history.map { $0.gatherRows(rows) }
    let found = rule.update(
      RuleBatch(
        parameters: [batch.parameters[0].gatherRows(rows)],
        gradients: [gradient.gatherRows(rows)], history: seen.map { [$0] }, step: batch.step))
    for (table, part) in zip(history, seen) { table[rows] = part }
    let directions = Tensor.zeros(like: gradient)
    directions[rows] = found[0]
    return [directions]
  }

  // MARK: - Plans

  /// How many of the extensions, from the inside, take part in `transform`: those after the last one
  /// that changes an update only watch values.
  private lazy var transformCount: Int = {
    let last = extensions.lastIndex { state in
      switch state.influence {
      case .decay, .multipliers, .schedule, .update: true
      case .none, .value: false
      }
    }
    return (last ?? -1) + 1
  }()

  private func currentPlan(for gradients: [Tensor?]) -> StepPlan {
    if let plan, plan.fits(gradients, parameters) { return plan }
    for (index, gradient) in gradients.enumerated() where gradient != nil {
      let value = parameters[index].value
      if let history = histories[index] {
        history.move(to: value)
      } else {
        histories[index] = ParameterHistory(rule.initialState(for: value))
      }
    }
    let made = StepPlan(
      gradients: gradients, parameters: parameters, histories: histories,
      grouping: fusion?.grouping ?? .shortLists,
      decay: fusion?.decay, multipliers: multipliers, lazy: lazyParameters,
      transformed: extensions[..<transformCount].map(ObjectIdentifier.init))
    plan = made
    return made
  }

  /// The product of the multipliers by parameter.
  private lazy var multipliers: [Double] = {
    var product = [Double](repeating: 1, count: parameters.count)
    for state in extensions {
      guard case .multipliers(let factors) = state.influence else { continue }
      for index in product.indices { product[index] *= factors[index] }
    }
    return product
  }()

  /// Forgets what was worked out for the tensors at hand.
  func dropPlan() { plan = nil }
}

extension Optimizer: CustomStringConvertible {
  /// The rule and the extensions in the order in which they act on the update.
  public var description: String { specification.orderDescription }
}
