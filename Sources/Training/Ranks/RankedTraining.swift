import Datasets
import Distributed
import Formats
import Layers
import Messages
import Optimizers
import Parallel
import Torch

/// What several ranks that train one model have in common: each computes its part of every batch, gradients and
/// figures are summed, decisions are made together. Alone, nothing happens.
///
/// Random numbers have two sources. The process-wide generators stand alike on all ranks and are what checkpoints
/// hold: batches and noise for whole batches come from them. What a pass draws for this rank's part, dropout above
/// all, comes from the same generators set to a place of the rank's own for the time of the update.
final class RankedTraining {
  let communicator: Communicator
  private let optimizers: [Optimizer]
  private let loaders: [BatchLoader]
  private let models: [Module]
  private let gradients: [RankedGradients]
  private let batchSums: RankedBatchSums
  private let device: Device

  /// Whether somebody asked to stop, and whether time is up: agreed upon after each update.
  private(set) var isCancelled = false
  private(set) var isTimeUp = false

  var isAlone: Bool { communicator.isAlone }
  var isRoot: Bool { communicator.isRoot }

  init(_ task: some TrainingTask, _ options: TrainingOptions) {
    communicator = .world
    device = options.device
    optimizers = task.checkpointed.compactMap { $0.part as? Optimizer }
    loaders = task.checkpointed.compactMap { $0.part as? BatchLoader }
    models = task.checkpointed.compactMap { $0.part as? Module }
    gradients = communicator.isAlone ? [] : optimizers.map { RankedGradients(.world, $0) }
    batchSums = RankedBatchSums(communicator)
  }

  /// Makes sure that all ranks are about to train the same on the same data.
  func agree(_ options: TrainingOptions) throws {
    guard !isAlone else { return }
    var facts: [String: String] = [
      "libtorch": LibTorch.version, "the training's length": "\(options.length)",
      "the precision": "\(options.precision)",
      "the parameters": "\(optimizers.map { $0.parameters.map(\.value.shape).description })",
      "the options for ranks": "\(communicator.training)",
    ]
    for (number, loader) in loaders.enumerated() {
      for (name, fact) in loader.facts {
        facts[number == 0 ? name : "\(name) (\(number + 1))"] = fact
      }
    }
    try communicator.agree(on: facts)
    guard communicator.training.shardsOptimizer else { return }
    guard !optimizers.contains(where: \.keepsAverages) else {
      throw InputError(
        "moving averages of weights are kept by all ranks alike, the optimizer's state by one each; training without "
          + "`shardOptimizer`, or without averages, would work")
    }
  }

  /// Divides the batches; `end` takes it back.
  func begin() {
    guard !isAlone else { return }
    let part = BatchPart(rank: communicator.rank, of: communicator.size)
    for loader in loaders { loader.part = part }
    for (optimizer, gradients) in zip(optimizers, gradients) { optimizer.reduction = gradients }
    guard communicator.training.sharesBatchStatistics else { return }
    for layer in batchNormalizations { layer.batchSums = batchSums }
  }

  func end() {
    guard !isAlone else { return }
    for loader in loaders { loader.part = .whole }
    for optimizer in optimizers { optimizer.reduction = nil }
    for layer in batchNormalizations { layer.batchSums = nil }
  }

  private var batchNormalizations: [BatchNorm] {
    models.flatMap { $0.namedModules().compactMap { $0.module as? BatchNorm } }
  }

  /// Gives all ranks the states of rank 0.
  func share(_ parts: [(name: String, part: any Checkpointable)]) throws {
    guard !isAlone else { return }
    for (_, part) in parts {
      let state = try part.checkpoint().fromRoot(communicator)
      if !isRoot { try part.restore(state) }
    }
    guard communicator.training.shardsOptimizer else { return }
    for (optimizer, gradients) in zip(optimizers, gradients) {
      optimizer.forget { gradients.owner(of: $0) != communicator.rank }
    }
  }

  /// The state of a part of the task; of an optimizer whose state ranks have shared out, all of it. All ranks ask.
  func checkpoint(of part: any Checkpointable) throws -> NamedState {
    let own = part.checkpoint()
    guard !isAlone, communicator.training.shardsOptimizer, let optimizer = part as? Optimizer,
      let number = optimizers.firstIndex(where: { $0 === optimizer })
    else { return own }
    let places = Dictionary(
      uniqueKeysWithValues: optimizer.names.enumerated().map { ($1, $0) })
    return try own.joined(communicator) { name in
      // `rule.exp_avg.encoder.weight`: the parameter stands behind the second dot.
      let parts = name.split(separator: ".", maxSplits: 2)
      guard parts.count == 3, let place = places[String(parts[2])] else { return nil }
      return gradients[number].owner(of: place)
    }
  }

  /// Gives all ranks all of the optimizers' states, when nothing is shared out any more.
  func collect() throws {
    guard !isAlone, communicator.training.shardsOptimizer else { return }
    for optimizer in optimizers { try optimizer.restore(checkpoint(of: optimizer)) }
  }

  /// What rank 0 makes of `body`; on other ranks `body` is not called.
  func fromRoot<Value: Codable>(_ body: () throws -> Value) throws -> Value {
    guard !isAlone else { return try body() }
    let own = isRoot ? Array(try JSONValue(encoding: body()).text().utf8) : []
    let text = String(decoding: try communicator.broadcast(own), as: UTF8.self)
    return try JSONValue(parsing: text).decoded(as: Value.self)
  }

  /// Rank 0's figures of a validation that all ranks have made.
  func fromRoot(_ figures: [String: Double]) throws -> [String: Double] {
    guard !isAlone else { return figures }
    let names = figures.keys.sorted()
    let values = try communicator.sum(names.map { isRoot ? figures[$0] ?? 0 : 0 })
    return Dictionary(uniqueKeysWithValues: zip(names, values))
  }

  /// Gives all ranks what layers of rank 0 keep by themselves, such as running means: rank 0's go into
  /// checkpoints, and an evaluation must find the same everywhere.
  func shareStatistics(of models: [Module]) throws {
    guard !isAlone else { return }
    for model in models {
      let kept = model.namedParameters().filter { $0.parameter.role == .state }
      let own = NamedState(
        tensors: Dictionary(
          kept.map { ($0.name, $0.parameter.value) }, uniquingKeysWith: { first, _ in first }))
      let shared = try own.fromRoot(communicator)
      guard !isRoot else { continue }
      withoutGradients {
        for (name, parameter) in kept {
          guard let tensor = shared.tensors[name] else { continue }
          parameter.value.copyInPlace(from: tensor.to(parameter.value.device))
        }
      }
    }
  }

  // MARK: - Updates

  /// Computes a rank's part of an update: `body` gives its figures, which come back times what the part counts.
  func part(
    of batch: Double?, step: Int, number: Int, _ body: () throws -> [String: Tensor]
  ) throws -> [String: Tensor] {
    guard !isAlone else { return try body() }
    let loaded = loaders.compactMap(\.lastShare).first
    // A batch that is not divided is computed by all.
    let share = batch ?? loaded ?? 1 / Double(communicator.size)
    for gradients in gradients { gradients.share = share }
    batchSums.share = share
    let isDivided = batch != nil || loaded != nil
    let generators = isDivided ? randomGenerators() : []
    let before = generators.map(\.state)
    for (generator, state) in zip(generators, before) {
      generator.seed(ownSeed(state, step: step, number: number))
    }
    defer { for (generator, state) in zip(generators, before) { generator.state = state } }
    let figures = try body()
    if let failure = gradients.lazy.compactMap(\.failure).first ?? batchSums.failure {
      throw failure
    }
    // What counts nothing may be no number: a mean over nothing.
    return withoutGradients {
      figures.mapValues { share == 0 ? .zeros(like: $0) : $0 * share }
    }
  }

  private func randomGenerators() -> [RandomGenerator] {
    device.kind == .cuda ? [.shared(for: .cpu), .shared(for: device)] : [.shared(for: .cpu)]
  }

  /// Another for each rank, update and state of the generators that all share.
  private func ownSeed(_ state: Tensor, step: Int, number: Int) -> UInt64 {
    let root = state.withBytes { CRC32C.checksum($0) }
    var random = RandomStream(
      seed: UInt64(root) << 32 | UInt64(UInt32(truncatingIfNeeded: step)),
      stream: UInt64(number) << 32 | UInt64(communicator.rank))
    return random.next()
  }

  /// Figures of all ranks together, and whether one of them wants to stop.
  func together(
    _ figures: [String: Tensor], isCancelled: Bool, isTimeUp: Bool, shouldStop: Bool
  ) throws -> (figures: [String: Tensor], shouldStop: Bool) {
    guard !isAlone else {
      (self.isCancelled, self.isTimeUp) = (isCancelled, isTimeUp)
      return (figures, shouldStop)
    }
    let names = figures.keys.sorted()
    let flags = [isCancelled, isTimeUp, shouldStop].map { $0 ? 1.0 : 0 }
    let sums = try communicator.sum(names.map { figures[$0]?.item() ?? 0 } + flags)
    (self.isCancelled, self.isTimeUp) = (sums[names.count] > 0, sums[names.count + 1] > 0)
    return (
      Dictionary(uniqueKeysWithValues: zip(names, sums).map { ($0, Tensor([$1], shape: [])) }),
      sums[names.count + 2] > 0
    )
  }
}
