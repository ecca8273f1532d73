import Formats
import Messages
import Torch

/// How names in a model relate to names in a file.
///
/// Replacements are applied in order to the model's name of each tensor and give the file's:
///
///     WeightMap(replacing: [("encoder.", "bert.encoder.layer."), ("attention.", "attention.self.")])
public struct WeightMap {
  /// The file's name of a tensor of the model.
  public var fileName: (_ name: String) -> String
  /// Turns the file's tensor into the model's, for instance by a transpose; it may do nothing.
  public var convert: (_ name: String, _ tensor: Tensor) -> Tensor
  /// Which tensors of a file may be left over.
  public var mayIgnore: (_ fileName: String) -> Bool
  /// Which parameters of the model may be missing from a file and then keep their values.
  public var mayMiss: (_ name: String) -> Bool

  public init(
    fileName: @escaping (String) -> String = { $0 },
    convert: @escaping (String, Tensor) -> Tensor = { $1 },
    mayIgnore: @escaping (String) -> Bool = { _ in false },
    mayMiss: @escaping (String) -> Bool = { _ in false }
  ) {
    self.fileName = fileName
    self.convert = convert
    self.mayIgnore = mayIgnore
    self.mayMiss = mayMiss
  }

  public init(replacing pairs: [(own: String, file: String)]) {
    self.init(fileName: { name in
      pairs.reduce(name) { $0.replacing($1.own, with: $1.file) }
    })
  }
}

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
  /// All weights and states for a safetensors file, by name; shared ones once.
  public final func checkpointTensors(_ map: WeightMap = WeightMap()) -> [SafetensorsTensor] {
    namedParameters().map { name, parameter in
      SafetensorsTensor(name: map.fileName(name), parameter.value)
    }
  }

  /// Writes all weights and states to a safetensors file, which appears whole or not at all.
  ///
  /// A tied weight is written once, under its first name. Throws `FileError`.
  public final func save(
    to path: String, map: WeightMap = WeightMap(), metadata: [String: String] = [:]
  ) throws {
    try SafetensorsWriter.write(checkpointTensors(map), metadata: metadata, to: path)
  }

  /// Reads all weights and states from a safetensors file; either all change, or none.
  ///
  /// Strict: throws `CheckpointError` with all missing, unused and unfitting tensors. A tied weight
  /// may stand under any of its names; under several, the values must agree.
  ///
  /// - Parameters:
  ///   - convertingTypes: Accept other floating-point types, such as a bfloat16 file for a float32
  ///     model; the model keeps its types.
  ///   - mapped: Let the weights lie in the mapped file instead of copying them: for inference on big
  ///     files. Training such a model copies the pages that it changes; the file stays as it is.
  public final func load(
    from path: String, map: WeightMap = WeightMap(), convertingTypes: Bool = false,
    mapped: Bool = false
  ) throws {
    let file = try SafetensorsFile(path: path, copyOnWrite: mapped)
    try load(from: file, map: map, convertingTypes: convertingTypes, mapped: mapped)
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
    var fit = Fit(unread: source.names)
    var names: [ObjectIdentifier: [String]] = [:]
    for (name, parameter) in allNames() {
      names[ObjectIdentifier(parameter), default: []].append(name)
    }
    for (name, parameter) in namedParameters() {
      let candidates = names[ObjectIdentifier(parameter)] ?? [name]
      let present = candidates.filter { source.names.contains(map.fileName($0)) }
      guard let first = present.first else {
        if !map.mayMiss(name) { fit.missing.append(map.fileName(name)) }
        continue
      }
      fit.unread.subtract(present.map(map.fileName))
      let tensor = map.convert(first, try source.tensor(map.fileName(first)))
      for other in present.dropFirst()
      where !tensor.equals(map.convert(other, try source.tensor(map.fileName(other)))) {
        fit.mismatched.append(
          "'\(map.fileName(first))' and '\(map.fileName(other))' are tied and differ")
      }
      fit.check(
        tensor, for: parameter, name: map.fileName(first), convertingTypes: convertingTypes)
      fit.values.append((parameter, tensor))
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
    var missing: [String] = []
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
