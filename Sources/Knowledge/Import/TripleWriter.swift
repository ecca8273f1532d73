import Formats
import Foundation
import Memory
import Parallel
import Synchronization

/// Sorts collected rows into a base's sections, by counting, and writes them.
struct TripleWriter {
  let collector: TripleCollector
  let chunks: [TripleCollector.Chunk]
  let threads: Int

  struct Result {
    let triples: Int
    let duplicates: Int
  }

  func write(to path: String, generation: UInt64) throws -> Result {
    let bases = valueBases()
    let valueCount = bases[TripleCollector.valueParts]
    let (starts, pairs, duplicates) = byEntity(bases)
    let counts = Block<UInt64>(zeros: collector.attributes.count)
    for index in 0..<pairs.count { counts[Int(pairs[index].attribute)] += 1 }
    let valueStarts = Block<UInt32>(zeros: valueCount + 1)
    let reverse = Block<KnowledgeBase.ReversePair>(uninitializedCount: pairs.count)
    let order = Block<UInt32>(uninitializedCount: collector.entities.count)
    let synonyms = Mutex(Block<KnowledgeBase.Synonym>(uninitializedCount: 0))
    // The longest piece of work first; the values are halved among two others.
    try parallelFor(count: 4, threads: threads) { task in
      switch task {
      case 0: self.sortEntities(into: order)
      case 3:
        let found = SynonymCounts(
          starts: starts, pairs: pairs, attributeCount: self.collector.attributes.count
        ).synonyms()
        synonyms.withLock { $0 = found }
      default:
        let middle = valueCount / 2
        self.byValue(
          starts, pairs, task == 1 ? 0..<middle : middle..<valueCount, valueStarts, reverse)
      }
    }
    let found = synonyms.withLock { $0 }
    var writer = SectionFileWriter(kind: KnowledgeBase.kind)
    let header = Block<UInt64>([generation, UInt64(pairs.count)])
    writer.add("generation", UnsafeRawBufferPointer(header.buffer), owner: header)
    TextTableBuilder.add("entity", [collector.entities], to: &writer)
    TextTableBuilder.add("attribute", [collector.attributes], to: &writer)
    TextTableBuilder.add("value", collector.values, to: &writer)
    writer.add("entity.pairs", UnsafeRawBufferPointer(starts.buffer), owner: starts)
    writer.add("pairs", UnsafeRawBufferPointer(pairs.buffer), owner: pairs)
    writer.add("value.reverse", UnsafeRawBufferPointer(valueStarts.buffer), owner: valueStarts)
    writer.add("reverse", UnsafeRawBufferPointer(reverse.buffer), owner: reverse)
    writer.add("entity.order", UnsafeRawBufferPointer(order.buffer), owner: order)
    writer.add("synonyms", UnsafeRawBufferPointer(found.buffer), owner: found)
    writer.add("attribute.count", UnsafeRawBufferPointer(counts.buffer), owner: counts)
    try writer.write(to: path, threads: threads)
    return Result(triples: pairs.count, duplicates: duplicates)
  }

  /// The first number of each part of the values, and their sum.
  private func valueBases() -> [Int] {
    var bases = [0]
    for part in collector.values { bases.append((bases.last ?? 0) + part.count) }
    return bases
  }

  private func byEntity(
    _ bases: [Int]
  ) -> (starts: Block<UInt32>, pairs: Block<KnowledgeBase.Pair>, duplicates: Int) {
    let count = collector.entities.count
    let starts = Block<UInt32>(zeros: count + 1)
    var rows = 0
    for chunk in chunks {
      for row in 0..<chunk.count where chunk.entities[row] != TripleCollector.Chunk.none {
        starts[Int(chunk.entities[row]) + 1] += 1
        rows += 1
      }
    }
    for entity in 0..<count { starts[entity + 1] += starts[entity] }
    let pairs = Block<KnowledgeBase.Pair>(uninitializedCount: rows)
    let cursor = Block<UInt32>(uninitializedCount: count)
    cursor.pointer.update(from: starts.pointer, count: count)
    for chunk in chunks {
      for row in 0..<chunk.count where chunk.entities[row] != TripleCollector.Chunk.none {
        let entity = Int(chunk.entities[row])
        let value = chunk.values[row]
        pairs[Int(cursor[entity])] = KnowledgeBase.Pair(
          attribute: chunk.attributes[row], value: UInt32(bases[Int(value & 3)]) + value >> 2)
        cursor[entity] += 1
      }
    }
    let duplicates = removeDuplicates(starts, pairs)
    return (starts, pairs, duplicates)
  }

  /// Keeps the first of equal rows; returns how many were dropped.
  private func removeDuplicates(
    _ starts: Block<UInt32>, _ pairs: Block<KnowledgeBase.Pair>
  ) -> Int {
    var end = 0
    var begin = 0
    for entity in 0..<starts.count - 1 {
      let next = Int(starts[entity + 1])
      let first = end
      var seen: Set<KnowledgeBase.Pair> = []
      let isLong = next - begin > 48
      for index in begin..<next {
        let pair = pairs[index]
        let isKnown: Bool
        if isLong {
          isKnown = !seen.insert(pair).inserted
        } else {
          var place = first
          while place < end, pairs[place] != pair { place &+= 1 }
          isKnown = place < end
        }
        if !isKnown {
          pairs[end] = pair
          end += 1
        }
      }
      begin = next
      starts[entity + 1] = UInt32(end)
    }
    let dropped = pairs.count - end
    pairs.shrink(to: end)
    return dropped
  }

  private func byValue(
    _ starts: Block<UInt32>, _ pairs: Block<KnowledgeBase.Pair>, _ range: Range<Int>,
    _ valueStarts: Block<UInt32>, _ reverse: Block<KnowledgeBase.ReversePair>
  ) {
    let low = UInt32(range.lowerBound)
    let width = UInt32(range.count)
    var before: UInt32 = 0
    let cursor = Block<UInt32>(zeros: range.count)
    for index in 0..<pairs.count {
      let place = pairs[index].value &- low
      if place < width { cursor[Int(place)] += 1 } else if pairs[index].value < low { before += 1 }
    }
    var position = before
    for place in 0..<range.count {
      let count = cursor[place]
      cursor[place] = position
      position += count
      valueStarts[range.lowerBound + place + 1] = position
    }
    for entity in 0..<starts.count - 1 {
      for index in Int(starts[entity])..<Int(starts[entity + 1]) {
        let place = pairs[index].value &- low
        guard place < width else { continue }
        reverse[Int(cursor[Int(place)])] = KnowledgeBase.ReversePair(
          attribute: pairs[index].attribute, entity: UInt32(entity))
        cursor[Int(place)] += 1
      }
    }
  }

  /// The entities by their names' bytes.
  private func sortEntities(into order: Block<UInt32>) {
    struct Key: BitwiseCopyable {
      let prefix: UInt64
      let entity: UInt32
    }
    let names = collector.entities
    let keys = Block<Key>(uninitializedCount: names.count)
    for entity in 0..<names.count {
      var prefix: UInt64 = 0
      let bytes = names.bytes(entity)
      for index in 0..<8 { prefix = prefix << 8 | (index < bytes.count ? UInt64(bytes[index]) : 0) }
      keys[entity] = Key(prefix: prefix, entity: UInt32(entity))
    }
    var buffer = keys.buffer
    buffer.sort { a, b in
      if a.prefix != b.prefix { return a.prefix < b.prefix }
      return NameOrder.precedes(names.bytes(Int(a.entity)), names.bytes(Int(b.entity)))
    }
    for index in 0..<names.count { order[index] = keys[index].entity }
  }
}

/// The order of names: by their bytes, which is the order of their characters.
enum NameOrder {
  static func precedes(
    _ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    let common = min(a.count, b.count)
    if common > 0, let first = a.baseAddress, let second = b.baseAddress {
      let order = memcmp(first, second, common)
      if order != 0 { return order < 0 }
    }
    return a.count < b.count
  }
}
