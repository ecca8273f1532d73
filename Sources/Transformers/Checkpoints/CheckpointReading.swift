import Layers
import Messages
import Tokenizers
import Torch

/// How a checkpoint is read.
public struct CheckpointOptions {
  /// What the model is to compute from its last layer; by default what the checkpoint has.
  public var heads: TransformerHeads?
  /// Those of `heads` that start anew where the checkpoint lacks them.
  public var newHeads: TransformerHeads = []
  /// The type of the weights.
  public var dtype = DType.float32
  /// A vocabulary other than the checkpoint's: its tables' rows are those of the edit.
  public var vocabulary: VocabularyEdit?
  /// Whether tables of tokens, positions and segments may have other numbers of rows than the checkpoint: those
  /// beyond its own start anew, those beyond the model's are dropped.
  public var resizesTables = false
  /// Which tensors of the checkpoint may be left over, by their names in it.
  public var mayIgnore: (_ name: String) -> Bool = { _ in false }
  /// Changes settings before the model is made: its attention, dropout, condition, layers of their own.
  public var configure: (inout TransformerConfiguration) -> Void = { _ in }

  public init() {}
}

/// The tensors of a checkpoint by the names that Hugging Face has for a family, whatever the file calls them:
/// with and without prefix, gamma and beta, Google's.
struct FamilyCheckpoint {
  private let source: CheckpointSource
  let rules: FamilyRules
  /// The names in the file and whether the matrix is to be transposed.
  private var places: [String: (name: String, isTransposed: Bool)] = [:]

  init(_ source: CheckpointSource, _ rules: FamilyRules) {
    self.source = source
    self.rules = rules
    let isBare =
      !rules.prefix.isEmpty && !source.isGoogle
      && !source.names.contains { $0.hasPrefix(rules.prefix) }
    for name in source.names {
      var (own, isTransposed) = (name, false)
      if source.isGoogle {
        guard let found = rules.name(ofGoogle: name) else { continue }
        (own, isTransposed) = found
      } else {
        own = FamilyCheckpoint.modern(name)
        let head = own.split(separator: ".").first.map(String.init) ?? own
        let isHead = rules.headNames.contains(head) || FamilyRules.taskHeads.contains(head)
        if isBare && !isHead { own = rules.prefix + own }
        isTransposed = rules.isTransposed(own)
      }
      if !rules.isBuffer(own) { places[own] = (name, isTransposed) }
    }
    for (copy, original) in rules.copies where places[original] == nil {
      places[original] = places.removeValue(forKey: copy)
    }
  }

  var names: Set<String> { Set(places.keys) }

  func fileName(_ name: String) -> String { places[name]?.name ?? name }

  func tensor(_ name: String) throws -> Tensor {
    guard let place = places[name] else {
      throw InputError("\(source.path) has no tensor '\(name)'")
    }
    let tensor = try source.tensor(place.name)
    return place.isTransposed ? tensor.transposed() : tensor
  }

  /// Drops what the file holds twice; the language head may have a table of its own if `mayUntie`.
  ///
  /// Throws `InputError` where copies differ that no model has.
  mutating func dropCopies(mayUntie: Bool) throws {
    var differing: [String] = []
    for (copy, original) in rules.copies where places[copy] != nil && places[original] != nil {
      if try tensor(copy).equals(tensor(original)) {
        places[copy] = nil
      } else if copy == rules.languageTable && mayUntie {
        continue
      } else {
        differing.append("'\(fileName(copy))' and '\(fileName(original))' are tied and differ")
      }
    }
    guard differing.isEmpty else {
      throw InputError("\(source.path): " + differing.sorted().joined(separator: "; "))
    }
  }

  /// Drops what belongs to heads that the model has not.
  mutating func dropHeads(except kept: Set<String>) {
    for name in places.keys where !kept.contains(name) {
      let isHead = (rules.headNames + FamilyRules.taskHeads).contains {
        name == $0 || name.hasPrefix($0 + ".")
      }
      if isHead || name.contains(".pooler.") { places[name] = nil }
    }
  }

  mutating func drop(_ mayIgnore: (String) -> Bool) {
    places = places.filter { !mayIgnore($0.value.name) }
  }
}

extension FamilyRules {
  /// The language head's own table, by its name in the file.
  var languageTable: String {
    weightMap(TransformerConfiguration(.bert)).fileName("languageHead.decoder")
  }
}

extension FamilyCheckpoint {
  /// A name with `weight` and `bias` for the `gamma` and `beta` of early files.
  private static func modern(_ name: String) -> String {
    if name.hasSuffix(".gamma") { return name.dropLast("gamma".count) + "weight" }
    if name.hasSuffix(".beta") { return name.dropLast("beta".count) + "bias" }
    return name
  }
}
