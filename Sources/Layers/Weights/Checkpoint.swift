import Formats
import Messages
import Torch

/// A checkpoint that does not fit a model: everything that is wrong with it, at once.
public struct CheckpointError: Error, CustomStringConvertible {
  public let path: String
  public let model: String
  /// What the model needs and the file lacks, with the nearest name left in the file.
  public let missing: [(name: String, nearest: String?)]
  /// What the file holds and nothing needs.
  public let unused: [String]
  /// What has another shape or type, or differs between names of one weight, in words.
  public let mismatched: [String]

  public var description: String {
    var parts: [String] = []
    if !missing.isEmpty {
      let names = missing.map { "'\($0.name)'" + ($0.nearest.map { " (nearest: '\($0)')" } ?? "") }
      parts.append("missing \(names.joined(separator: ", "))")
    }
    if !unused.isEmpty {
      parts.append("unused \(unused.map { "'\($0)'" }.joined(separator: ", "))")
    }
    if !mismatched.isEmpty { parts.append(mismatched.joined(separator: ", ")) }
    return "\(path) is no checkpoint of this \(model): " + parts.joined(separator: "; ")
  }
}

extension Module {
  /// All weights and states for a safetensors file, by the names of `map`; shared ones once.
  ///
  /// Throws `InputError` if the map works one way only.
  public final func checkpointTensors(_ map: WeightMap = WeightMap()) throws -> [SafetensorsTensor]
  {
    try fileTensors(map).map { SafetensorsTensor(name: $0.name, $0.tensor) }
  }

  /// The same as tensors, for formats and changes of one's own.
  public final func fileTensors(
    _ map: WeightMap = WeightMap()
  ) throws -> [(name: String, tensor: Tensor)] {
    let places = WeightPlaces(map, of: self)
    var order: [String] = []
    var members: [String: [(name: String, part: WeightPart?, parameter: Parameter)]] = [:]
    for (name, parameter) in namedParameters() {
      let place = places[name]
      if members[place.name] == nil { order.append(place.name) }
      members[place.name, default: []].append((name, place.part, parameter))
    }
    return try order.map { fileName in
      let group = (members[fileName] ?? []).sorted { $0.part?.index ?? 0 < $1.part?.index ?? 0 }
      guard group.count > 1 || group[0].part != nil else {
        let (name, _, parameter) = group[0]
        return (fileName, try map.reverted(name, parameter.value))
      }
      let names = group.map { "'\($0.name)'" }.joined(separator: ", ")
      guard group.allSatisfy({ $0.part?.count == group.count }),
        group.compactMap(\.part?.index) == Array(0..<group.count)
      else {
        throw InputError(
          "the weight map cannot save \(names) as '\(fileName)': it does not say by 'part' which equal "
            + "parts of it they are")
      }
      let tensors = try group.map { try map.reverted($0.name, $0.parameter.value.detach()) }
      guard tensors.allSatisfy({ $0.shape == tensors[0].shape && $0.dtype == tensors[0].dtype })
      else {
        throw InputError("the weight map packs \(names), which are not alike, as '\(fileName)'")
      }
      return (fileName, Tensor.concatenate(tensors))
    }
  }

  /// Writes all weights and states to a safetensors file, which appears whole or not at all.
  ///
  /// The exact inverse of `load(from:map:)`: what the map converts, it must `revert`, and what it packs, it
  /// must name by `part`. A tied weight is written once, under its first name. Throws `InputError` if the
  /// map works one way only, `FileError` if the file cannot be written.
  /// PyTorch: `torch.save` of a `state_dict`; Keras: `save_weights`.
  public final func save(
    to path: String, map: WeightMap = WeightMap(), metadata: [String: String] = [:]
  ) throws {
    try SafetensorsWriter.write(checkpointTensors(map), metadata: metadata, to: path)
  }

  /// Reads all weights and states from a file; either all change, or none.
  /// PyTorch: `load_state_dict`; Keras: `load_weights`.
  ///
  /// The file is safetensors, or PyTorch's own (`.pt`, `.pth`, `.bin`; see `TorchFile`); its content
  /// decides, not its name. Strict: throws `CheckpointError` with all missing, unused and unfitting
  /// tensors. A tied weight may stand under any of its names; under several, the values must agree.
  ///
  /// - Parameters:
  ///   - convertingTypes: Accept other floating-point types, such as a bfloat16 file for a float32
  ///     model; the model keeps its types.
  ///   - mapped: Let the weights lie in the mapped file instead of copying them: for inference on big
  ///     files. Training such a model copies the pages that it changes; the file stays as it is.
  ///     PyTorch's own files are copied all the same.
  public final func load(
    from path: String, map: WeightMap = WeightMap(), convertingTypes: Bool = false,
    mapped: Bool = false
  ) throws {
    guard try TorchFile.recognizes(path: path) else {
      let file = try SafetensorsFile(path: path, copyOnWrite: mapped)
      return try load(from: file, map: map, convertingTypes: convertingTypes, mapped: mapped)
    }
    let file = try TorchFile(path: path)
    let source = TensorSource(name: path, names: Set(file.entries.map(\.name))) {
      try file.tensor($0)
    }
    try load(from: source, map, convertingTypes: convertingTypes, mapped: false)
  }

  /// As `load(from:)` of a path; mapped weights need a file opened with `copyOnWrite`.
  public final func load(
    from file: SafetensorsFile, map: WeightMap = WeightMap(), convertingTypes: Bool = false,
    mapped: Bool = false
  ) throws {
    let source = TensorSource(name: file.path, names: Set(file.entries.map(\.name))) {
      try file.tensor($0, mapped: mapped)
    }
    try load(from: source, map, convertingTypes: convertingTypes, mapped: mapped)
  }

  /// As `load(from:)` of a file, from tensors in memory; errors call them `source`.
  public final func load(
    _ tensors: [String: Tensor], source: String, map: WeightMap = WeightMap(),
    convertingTypes: Bool = false
  ) throws {
    let source = TensorSource(name: source, names: Set(tensors.keys)) { name in
      guard let tensor = tensors[name] else { fatalError("no tensor '\(name)'") }
      return tensor
    }
    try load(from: source, map, convertingTypes: convertingTypes, mapped: false)
  }

  private struct TensorSource {
    let name: String
    let names: Set<String>
    let tensor: (String) throws -> Tensor
  }

  private func load(
    from source: TensorSource, _ map: WeightMap, convertingTypes: Bool, mapped: Bool
  ) throws {
    let places = WeightPlaces(map, of: self)
    var fit = Fit(unread: source.names)
    var names: [ObjectIdentifier: [String]] = [:]
    for (name, parameter) in allNames() {
      names[ObjectIdentifier(parameter), default: []].append(name)
    }
    /// The model's tensor called `name`, `nil` where the file's cannot be cut into its parts.
    func tensor(_ name: String) throws -> Tensor? {
      let place = places[name]
      var tensor = try source.tensor(place.name)
      if let part = place.part {
        guard tensor.rank > 0, tensor.size(0) % part.count == 0 else { return nil }
        let length = tensor.size(0) / part.count
        tensor = tensor.narrowed(0, start: part.index * length, length: length)
      }
      return map.convert?(name, tensor) ?? tensor
    }
    var readers: [WeightPlace: String] = [:]
    for (name, parameter) in namedParameters() {
      let candidates = names[ObjectIdentifier(parameter)] ?? [name]
      let present = candidates.filter { source.names.contains(places[$0].name) }
      guard let first = present.first else {
        if !map.mayMiss(name) { fit.missing.insert(places[name].name) }
        continue
      }
      fit.unread.subtract(present.map { places[$0].name })
      let fileName = places[first].name
      // A conversion can make different tensors of one; nothing else can.
      if map.convert == nil, let other = readers.updateValue(first, forKey: places[first]) {
        fit.mismatched.append("'\(other)' and '\(first)' are both read from '\(fileName)'")
      }
      guard let own = try tensor(first) else {
        fit.mismatched.append(
          "'\(fileName)' is not made of \(places[first].part?.count ?? 1) equal parts")
        continue
      }
      for other in present.dropFirst() where try tensor(other)?.equals(own) != true {
        fit.mismatched.append("'\(fileName)' and '\(places[other].name)' are tied and differ")
      }
      fit.check(own, for: parameter, name: fileName, convertingTypes: convertingTypes)
      fit.values.append((parameter, own))
    }
    if let error = fit.error(path: source.name, model: "\(type(of: self))", map: map) {
      throw error
    }
    for (parameter, tensor) in fit.values {
      let isSame = tensor.dtype == parameter.dtype && parameter.value.device == .cpu
      if mapped && isSame { parameter.replace(with: tensor) } else { parameter.assign(tensor) }
    }
  }

  /// What comes of holding a file against a model.
  private struct Fit {
    var unread: Set<String>
    var missing: Set<String> = []
    var mismatched: [String] = []
    var values: [(Parameter, Tensor)] = []

    init(unread: Set<String>) { self.unread = unread }

    mutating func check(
      _ tensor: Tensor, for parameter: Parameter, name: String, convertingTypes: Bool
    ) {
      if tensor.shape != parameter.shape {
        mismatched.append("'\(name)' has shape \(tensor.shape) in place of \(parameter.shape)")
      }
      let isConvertible =
        convertingTypes && tensor.dtype.isFloatingPoint && parameter.dtype.isFloatingPoint
      if tensor.dtype != parameter.dtype && !isConvertible {
        mismatched.append("'\(name)' holds \(tensor.dtype) in place of \(parameter.dtype)")
      }
    }

    func error(path: String, model: String, map: WeightMap) -> CheckpointError? {
      let unused = unread.filter { !map.mayIgnore($0) }.sorted()
      guard !(missing.isEmpty && unused.isEmpty && mismatched.isEmpty) else { return nil }
      return CheckpointError(
        path: path, model: model,
        missing: missing.sorted().map { ($0, nearestName(to: $0, among: unread.sorted())) },
        unused: unused, mismatched: mismatched.sorted())
    }
  }
}
