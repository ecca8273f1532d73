import Torch

extension Module {
  /// How many numbers a module holds; shared ones count once.
  public struct ParameterCounts: Sendable, Equatable {
    public var trainable = 0
    public var frozen = 0
    /// Running statistics and the like.
    public var state = 0
    public var total: Int { trainable + frozen + state }
  }

  public final var parameterCounts: ParameterCounts {
    var counts = ParameterCounts()
    for (_, parameter) in namedParameters() { counts.add(parameter) }
    return counts
  }

  /// A table of the layers: name, type, shape of the output, numbers held; then the totals.
  ///
  /// A layer's numbers are its own, without those of its parts; a shared one is counted at its first
  /// place.
  ///
  /// - Parameter example: An input to run, in inference mode, for the shapes; without it there are
  ///   none. The module must then be a `Layer`.
  public final func summary(_ example: Tensor? = nil) -> String {
    var shapes: [ObjectIdentifier: String] = [:]
    if let example {
      guard let model = self as? Layer else {
        fatalError("summary of a \(type(of: self)) takes no example: it is no Layer")
      }
      model.observeOutputs(of: example) { layer, output in
        shapes[ObjectIdentifier(layer)] = "\(output.shape)"
      }
    }
    var seen: Set<ObjectIdentifier> = []
    var rows = [["layer", "type", "output", "parameters"]]
    for (name, module) in namedModules() {
      var own = ParameterCounts()
      for case (_, .parameter(let parameter)) in module.parts()
      where seen.insert(ObjectIdentifier(parameter)).inserted { own.add(parameter) }
      rows.append([
        name.isEmpty ? "(model)" : name, "\(type(of: module))",
        shapes[ObjectIdentifier(module)] ?? "", own.total == 0 ? "" : "\(own.total)",
      ])
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.map { row in
      let cells = row.enumerated().map { column, text in
        let space = String(repeating: " ", count: widths[column] - text.count)
        return column == 3 ? space + text : text + space
      }
      return cells.joined(separator: "  ")
    }
    let rule = String(repeating: "-", count: lines[0].count)
    let counts = parameterCounts
    return
      ([lines[0], rule] + lines.dropFirst() + [
        rule,
        "\(counts.total) numbers: \(counts.trainable) trainable, \(counts.frozen) frozen, "
          + "\(counts.state) state",
      ]).joined(separator: "\n")
  }
}

extension Module.ParameterCounts {
  fileprivate mutating func add(_ parameter: Parameter) {
    switch (parameter.role, parameter.isTrainable) {
    case (.state, _): state += parameter.count
    case (.weight, true): trainable += parameter.count
    case (.weight, false): frozen += parameter.count
    }
  }
}

extension Layer {
  /// Runs `example` in inference mode and reports the output of each layer inside.
  final func observeOutputs(of example: Tensor, _ body: @escaping (Layer, Tensor) -> Void) {
    let layers = namedModules().compactMap { $0.module as? Layer }
    let earlier = layers.map(\.outputObserver)
    for layer in layers { layer.outputObserver = { [unowned layer] in body(layer, $0) } }
    defer {
      for (layer, observer) in zip(layers, earlier) { layer.outputObserver = observer }
    }
    _ = evaluating { withoutGradients { self(example) } }
  }

  /// The output of the whole and the outputs of the named layers inside, from one pass in the present
  /// mode; gradients flow through all of them. A layer that runs several times gives its last output.
  public final func outputs(
    of input: Tensor, at names: [String]
  ) -> (output: Tensor, inner: [String: Tensor]) {
    let modules = namedModules()
    var inner: [String: Tensor] = [:]
    var observed: [(Layer, ((Tensor) -> Void)?)] = []
    for name in names {
      guard let layer = modules.first(where: { $0.name == name })?.module as? Layer else {
        fatalError(
          "\(type(of: self)) has no layer '\(name)'; it has "
            + modules.filter { $0.module is Layer }.map(\.name).joined(separator: ", "))
      }
      observed.append((layer, layer.outputObserver))
      layer.outputObserver = { inner[name] = $0 }
    }
    defer { for (layer, observer) in observed.reversed() { layer.outputObserver = observer } }
    return (self(input), inner)
  }
}
