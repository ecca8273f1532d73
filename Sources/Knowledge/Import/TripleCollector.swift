import Formats
import Memory
import Parallel

/// Numbers the texts of triples: entities, attributes and four parts of the values, each by a thread of its
/// own.
///
/// A value's part is two bits of its hash: numbers depend on the data and never on the threads.
final class TripleCollector: Sendable {
  static let valueParts = 4

  /// Rows as numbers; a value's number is that in its part, times four, plus the part.
  struct Chunk: Sendable {
    let entities: Block<UInt32>
    let attributes: Block<UInt32>
    let values: Block<UInt32>
    /// The numbers of a row that is none.
    static let none = UInt32.max

    init(count: Int) {
      entities = Block(uninitializedCount: count)
      attributes = Block(uninitializedCount: count)
      values = Block(uninitializedCount: count)
    }

    var count: Int { entities.count }
  }

  let entities = TextTableBuilder()
  let attributes = TextTableBuilder()
  let values = (0..<valueParts).map { _ in TextTableBuilder() }

  /// Numbers the rows of `stretch`. Also returns where the lines begin whose text is not UTF-8; their
  /// numbers are `none`.
  func collect(
    _ stretch: TripleReader.Stretch, threads: Int
  ) throws -> (chunk: Chunk, damaged: [Int]) {
    let chunk = Chunk(count: stretch.rows)
    try parallelFor(count: 2 + Self.valueParts, threads: threads) { task in
      var row = 0
      for part in stretch.parts {
        switch task {
        case 0: self.insertEntities(part, stretch.base, chunk.entities, from: row)
        case 1: self.insertAttributes(part, stretch.base, chunk.attributes, from: row)
        default: self.insertValues(task - 2, part, stretch.base, chunk.values, from: row)
        }
        row += part.count
      }
    }
    var damaged: [Int] = []
    var row = 0
    for part in stretch.parts {
      for index in 0..<part.count {
        let none = Chunk.none
        if chunk.entities[row] == none || chunk.attributes[row] == none || chunk.values[row] == none
        {
          chunk.entities[row] = none
          damaged.append(Int(part.lines[index]))
        }
        row += 1
      }
    }
    return (chunk, damaged)
  }

  private func insertEntities(
    _ part: ParsedTriples, _ base: UnsafePointer<UInt8>, _ target: Block<UInt32>, from row: Int
  ) {
    var lastHash: UInt64 = 0
    var last: UInt32 = 0
    for index in 0..<part.count {
      let hash = part.entityHashes[index]
      let text = part.text(part.entities[index], base)
      let isSame =
        index > 0 && hash == lastHash && last != Chunk.none
        && TextHash.areEqual(entities.bytes(Int(last)), text)
      if !isSame {
        last = UInt32(truncatingIfNeeded: entities.insert(text, hash: hash))
        lastHash = hash
      }
      target[row &+ index] = last
    }
  }

  private func insertAttributes(
    _ part: ParsedTriples, _ base: UnsafePointer<UInt8>, _ target: Block<UInt32>, from row: Int
  ) {
    for index in 0..<part.count {
      target[row &+ index] = UInt32(
        truncatingIfNeeded: attributes.insert(
          part.text(part.attributes[index], base), hash: part.attributeHashes[index]))
    }
  }

  private func insertValues(
    _ shard: Int, _ part: ParsedTriples, _ base: UnsafePointer<UInt8>, _ target: Block<UInt32>,
    from row: Int
  ) {
    let table = values[shard]
    let hashes = part.valueHashes
    @inline(__always)
    func askFor(_ step: TextTableBuilder.Step, _ index: Int) {
      let later = index &+ step.rawValue
      if later < part.count, Self.part(of: hashes[later]) == shard {
        table.prefetch(step, hash: hashes[later])
      }
    }
    for index in 0..<part.count {
      askFor(.slot, index)
      askFor(.start, index)
      askFor(.text, index)
      let hash = hashes[index]
      guard Self.part(of: hash) == shard else { continue }
      let number = table.insert(part.text(part.values[index], base), hash: hash)
      target[row &+ index] =
        number < 0 ? Chunk.none : UInt32(truncatingIfNeeded: number << 2 | shard)
    }
  }

  @inline(__always)
  static func part(of hash: UInt64) -> Int { Int(truncatingIfNeeded: hash & 3) }

  /// The rows of a base that is there already.
  func collect(_ base: KnowledgeBase) -> Chunk {
    let chunk = Chunk(count: base.tripleCount)
    for number in 0..<base.attributes.count {
      let text = base.attributes.bytes(number)
      _ = attributes.insert(text, hash: TextHash.hash(text))
    }
    var numbers = [UInt32](repeating: 0, count: base.values.count)
    for number in 0..<base.values.count {
      let text = base.values.bytes(number)
      let hash = TextHash.hash(text)
      let part = Self.part(of: hash)
      numbers[number] = UInt32(values[part].insert(text, hash: hash) << 2 | part)
    }
    var row = 0
    for entity in 0..<base.entities.count {
      let text = base.entities.bytes(entity)
      let number = UInt32(truncatingIfNeeded: entities.insert(text, hash: TextHash.hash(text)))
      for pair in base.pairs(of: entity) {
        chunk.entities[row] = number
        chunk.attributes[row] = pair.attribute
        chunk.values[row] = numbers[Int(pair.value)]
        row += 1
      }
    }
    return chunk
  }
}
