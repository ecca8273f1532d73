import Formats
import Messages

/// Triples (entity, attribute, value) in one mapped file that never changes.
///
/// The rows stand twice: by entity, as pairs (attribute, value), and by value, as pairs (attribute, entity);
/// texts stand once, in three tables with a hash each. `KnowledgeImport` writes a new file and renames it
/// over the old one: who has the old one open goes on reading it.
public final class KnowledgeBase: Sendable {
  static let kind = SectionFile.Kind(code: "kno", version: 1, name: "a knowledge base")

  /// What an entity's row says.
  public struct Pair: BitwiseCopyable, Hashable, Sendable {
    public let attribute: UInt32
    public let value: UInt32
  }

  /// Who has a value, under which attribute.
  public struct ReversePair: BitwiseCopyable, Hashable, Sendable {
    public let attribute: UInt32
    public let entity: UInt32
  }

  /// Two attributes with one value in at least half of the entities that have both.
  public struct Synonym: BitwiseCopyable, Sendable {
    public let attribute: UInt32
    public let other: UInt32
    /// The share of entities with both that have one value under both.
    public let share: Float
  }

  public struct Triple: Sendable, Hashable, Encodable {
    public let entity: String
    public let attribute: String
    public let value: String

    public init(_ entity: String, _ attribute: String, _ value: String) {
      self.entity = entity
      self.attribute = attribute
      self.value = value
    }
  }

  public let path: String
  /// Counted from 1: how many imports made the file.
  public let generation: Int
  public let entities: TextTable
  public let attributes: TextTable
  public let values: TextTable
  private let file: SectionFile
  private let rows: Rows

  /// `@unchecked Sendable`: the memory is a mapping that nobody writes to.
  private struct Rows: @unchecked Sendable {
    let starts: UnsafeBufferPointer<UInt32>
    let pairs: UnsafeBufferPointer<Pair>
    let valueStarts: UnsafeBufferPointer<UInt32>
    let reverse: UnsafeBufferPointer<ReversePair>
    let order: UnsafeBufferPointer<UInt32>
    let attributeCounts: UnsafeBufferPointer<UInt64>
    /// By attribute; none in bases that were made before these were counted.
    let synonyms: UnsafeBufferPointer<Synonym>
  }

  /// Opens a base. Throws `FileError` if `path` is missing, of another kind or version, or cut short.
  public init(path: String) throws {
    self.path = path
    file = try SectionFile(path: path, kind: Self.kind)
    let header = try file.values("generation", as: UInt64.self, count: 2)
    generation = Int(truncatingIfNeeded: header[0])
    let count = Int(truncatingIfNeeded: header[1])
    entities = try TextTable("entity", in: file)
    attributes = try TextTable("attribute", in: file)
    values = try TextTable("value", in: file)
    rows = Rows(
      starts: try file.values("entity.pairs", as: UInt32.self, count: entities.count + 1),
      pairs: try file.values("pairs", as: Pair.self, count: count),
      valueStarts: try file.values("value.reverse", as: UInt32.self, count: values.count + 1),
      reverse: try file.values("reverse", as: ReversePair.self, count: count),
      order: try file.values("entity.order", as: UInt32.self, count: entities.count),
      attributeCounts: try file.values("attribute.count", as: UInt64.self, count: attributes.count),
      synonyms: file.has("synonyms")
        ? try file.values("synonyms", as: Synonym.self) : UnsafeBufferPointer(start: nil, count: 0))
  }

  /// Reads the whole file and compares its checksums. Throws `FileError` if one differs.
  public func verify() throws { try file.verify() }

  public var tripleCount: Int { rows.pairs.count }
  public var byteCount: Int { file.byteCount }
  public var sections: [(name: String, bytes: Int)] { file.sizes }

  /// The rows of an entity, in the order in which they were imported.
  @inline(__always)
  public func pairs(of entity: Int) -> UnsafeBufferPointer<Pair> {
    // Only numbers of a damaged file fail this.
    guard entity >= 0, entity < entities.count, case let start = Int(rows.starts[entity]),
      case let end = Int(rows.starts[entity &+ 1]), start <= end, end <= rows.pairs.count
    else { return UnsafeBufferPointer(rebasing: rows.pairs[0..<0]) }
    return UnsafeBufferPointer(rebasing: rows.pairs[start..<end])
  }

  /// The rows that have a value.
  @inline(__always)
  public func reversePairs(of value: Int) -> UnsafeBufferPointer<ReversePair> {
    guard value >= 0, value < values.count, case let start = Int(rows.valueStarts[value]),
      case let end = Int(rows.valueStarts[value &+ 1]), start <= end, end <= rows.reverse.count
    else { return UnsafeBufferPointer(rebasing: rows.reverse[0..<0]) }
    return UnsafeBufferPointer(rebasing: rows.reverse[start..<end])
  }

  /// How many rows have an attribute.
  public func count(ofAttribute attribute: Int) -> Int {
    Int(truncatingIfNeeded: rows.attributeCounts[attribute])
  }

  public var hasSynonyms: Bool { !rows.synonyms.isEmpty }

  /// The attributes that say what `attribute` says, the surest first.
  public func synonyms(of attribute: Int) -> UnsafeBufferPointer<Synonym>.SubSequence {
    var (low, high) = (0, rows.synonyms.count)
    while low < high {
      let middle = (low + high) / 2
      if rows.synonyms[middle].attribute < attribute { low = middle + 1 } else { high = middle }
    }
    return rows.synonyms[low...].prefix { $0.attribute == attribute && $0.other < attributes.count }
  }

  /// The entity at `place` of the order by names.
  func entity(atPlace place: Int) -> Int { min(Int(rows.order[place]), max(0, entities.count - 1)) }

  func triple(_ entity: Int, _ pair: Pair) -> Triple {
    Triple(
      entities[entity], attributes[Int(pair.attribute)], values[Int(pair.value)])
  }

  /// Everything that is known of an entity; empty if it is not there.
  public func triples(of entity: String) -> [Triple] {
    guard let number = entities.number(of: NormalForm.composed(entity)) else { return [] }
    return pairs(of: number).map { triple(number, $0) }
  }

  /// The values of an entity's attribute; empty if there are none.
  public func values(of entity: String, _ attribute: String) -> [String] {
    guard let entity = entities.number(of: NormalForm.composed(entity)),
      let attribute = attributes.number(of: NormalForm.composed(attribute))
    else { return [] }
    return pairs(of: entity).compactMap {
      $0.attribute == attribute ? values[Int($0.value)] : nil
    }
  }

  /// The first value's number of an entity's attribute; what look-ups in a loop use.
  @inline(__always)
  public func firstValue(
    of entity: UnsafeBufferPointer<UInt8>, _ attribute: UnsafeBufferPointer<UInt8>
  ) -> Int? {
    guard let entity = entities.number(of: entity), let attribute = attributes.number(of: attribute)
    else { return nil }
    for pair in pairs(of: entity) where pair.attribute == attribute { return Int(pair.value) }
    return nil
  }

  /// The entities that have `value` under `attribute`, in the order of their import.
  public func entities(with attribute: String, _ value: String) -> [String] {
    guard let attribute = attributes.number(of: NormalForm.composed(attribute)),
      let value = values.number(of: value)
    else { return [] }
    return reversePairs(of: value).compactMap {
      $0.attribute == attribute ? entities[Int($0.entity)] : nil
    }
  }

  /// Calls `body` with every row, by entity.
  public func forEachTriple(_ body: (Triple) throws -> Void) rethrows {
    for entity in 0..<entities.count {
      for pair in pairs(of: entity) { try body(triple(entity, pair)) }
    }
  }
}
