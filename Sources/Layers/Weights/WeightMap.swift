import Messages
import Torch

/// How the tensors of a model relate to those of a file, for `load` and `save` alike.
///
///     WeightMap(replacing: [("encoder", "bert.encoder.layer"), ("attention", "attention.self")])
///     WeightMap.pytorch.replacing([("", "state_dict")])
///
/// Names that a closure is given are the model's own, save for `mayIgnore`.
public struct WeightMap {
  /// The file's name of a tensor of the model.
  public var fileName: (_ name: String) -> String
  /// Which part of the file's tensor is the model's, where the file packs several into one.
  public var part: (_ name: String) -> WeightPart?
  /// Turns the file's tensor into the model's, for instance by a transpose; it may do nothing.
  public var convert: ((_ name: String, _ tensor: Tensor) -> Tensor)?
  /// Undoes `convert`. A map that converts and has none can load and not save.
  public var revert: ((_ name: String, _ tensor: Tensor) -> Tensor)?
  /// Which tensors of a file may be left over.
  public var mayIgnore: (_ fileName: String) -> Bool
  /// Which parameters of the model may be missing from a file and then keep their values.
  public var mayMiss: (_ name: String) -> Bool
  /// Whether the names that layers have in PyTorch come before `fileName`.
  var isPyTorch = false

  public init(
    fileName: @escaping (String) -> String = { $0 },
    part: @escaping (String) -> WeightPart? = { _ in nil },
    convert: ((String, Tensor) -> Tensor)? = nil, revert: ((String, Tensor) -> Tensor)? = nil,
    mayIgnore: @escaping (String) -> Bool = { _ in false },
    mayMiss: @escaping (String) -> Bool = { _ in false }
  ) {
    self.fileName = fileName
    self.part = part
    self.convert = convert
    self.revert = revert
    self.mayIgnore = mayIgnore
    self.mayMiss = mayMiss
  }

  /// A map that replaces parts of names, as `replacing` says.
  public init(
    replacing pairs: [(own: String, file: String)],
    part: @escaping (String) -> WeightPart? = { _ in nil },
    convert: ((String, Tensor) -> Tensor)? = nil, revert: ((String, Tensor) -> Tensor)? = nil,
    mayIgnore: @escaping (String) -> Bool = { _ in false },
    mayMiss: @escaping (String) -> Bool = { _ in false }
  ) {
    self = WeightMap(
      part: part, convert: convert, revert: revert, mayIgnore: mayIgnore, mayMiss: mayMiss
    ).replacing(pairs)
  }

  /// This map with whole segments of its names (those between dots) replaced, all at once.
  ///
  /// `own` is one or more segments, `encoder` or `encoder.0`, found anywhere in a name; of several that
  /// fit, the longest counts. What was put in is not looked at again, so that the order of the pairs means
  /// nothing. An empty `own` puts `file` before every name; an empty `file` takes `own` out.
  public func replacing(_ pairs: [(own: String, file: String)]) -> WeightMap {
    func segments(_ text: String) -> [Substring] { text.split(separator: ".") }
    let rules = pairs.map { (own: segments($0.own), file: segments($0.file)) }
      .sorted { $0.own.count > $1.own.count }
    require(
      Set(rules.map(\.own)).count == rules.count,
      "WeightMap expected to replace each part of a name once, received \(pairs.map(\.own))")
    let prefix = rules.last.flatMap { $0.own.isEmpty ? $0.file : nil } ?? []
    var map = self
    let earlier = fileName
    map.fileName = { name in
      var rest = segments(earlier(name))[...]
      var result = prefix
      while let first = rest.first {
        if let rule = rules.first(where: { !$0.own.isEmpty && rest.starts(with: $0.own) }) {
          result += rule.file
          rest = rest.dropFirst(rule.own.count)
        } else {
          result.append(first)
          rest = rest.dropFirst()
        }
      }
      return result.joined(separator: ".")
    }
    return map
  }

  /// The tensor of the file for one of the model, held against the way back.
  func reverted(_ name: String, _ tensor: Tensor) throws -> Tensor {
    guard let convert else { return tensor }
    guard let revert else {
      throw InputError(
        "the weight map converts '\(name)' on loading and has no 'revert', so it cannot save")
    }
    let tensor = tensor.detach()
    let reverted = revert(name, tensor)
    guard convert(name, reverted).isSame(as: tensor) else {
      throw InputError("the weight map's 'revert' does not undo its 'convert' for '\(name)'")
    }
    return reverted
  }
}

/// One of `count` equal parts of a packed tensor, along its first axis.
public struct WeightPart: Hashable, Sendable {
  public var index: Int
  public var count: Int

  public init(_ index: Int, of count: Int) {
    require(
      0..<count ~= index, "WeightPart expected an index below \(count), received \(index)")
    self.index = index
    self.count = count
  }
}

/// Where a tensor of a model is in a file.
struct WeightPlace: Hashable {
  var name: String
  var part: WeightPart?
}

/// The places of one module's tensors under a map.
struct WeightPlaces {
  private let map: WeightMap
  private var namers: [String: any PyTorchNamed] = [:]

  init(_ map: WeightMap, of module: Module) {
    self.map = map
    guard map.isPyTorch else { return }
    for case (let name, let namer as any PyTorchNamed) in module.namedModules() {
      namers[name] = namer
    }
  }

  subscript(name: String) -> WeightPlace {
    var place = WeightPlace(name: name)
    if map.isPyTorch {
      let segments = name.split(separator: ".")
      for length in 0..<segments.count {
        let prefix = segments[..<length].joined(separator: ".")
        guard let namer = namers[prefix] else { continue }
        place = namer.pyTorchPlace(of: segments[length...].joined(separator: "."))
        place.name = prefix.isEmpty ? place.name : "\(prefix).\(place.name)"
        break
      }
    }
    place.name = map.fileName(place.name)
    place.part = map.part(name) ?? place.part
    return place
  }
}

extension Tensor {
  /// Whether both hold the same bits, but for the kind of a NaN.
  fileprivate func isSame(as other: Tensor) -> Bool {
    guard shape == other.shape, dtype == other.dtype else { return false }
    return ((self .== other).logicalOr(isNaN().logicalAnd(other.isNaN()))).all().item() != 0
  }
}
