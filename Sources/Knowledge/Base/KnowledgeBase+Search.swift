import Formats
import Foundation
import Parallel
import Synchronization

extension KnowledgeBase {
  /// Entities whose names begin with `prefix`, by name; `limit` at most.
  public func entities(withPrefix prefix: String, limit: Int) -> [String] {
    Array(NormalForm.composed(prefix).utf8).withUnsafeBufferPointer { prefix in
      var low = 0
      var high = entities.count
      while low < high {
        let middle = (low + high) / 2
        if NameOrder.precedes(entities.bytes(entity(atPlace: middle)), prefix) {
          low = middle + 1
        } else {
          high = middle
        }
      }
      var names: [String] = []
      while low < entities.count, names.count < limit {
        let number = entity(atPlace: low)
        guard entities.bytes(number).starts(with: prefix) else { break }
        names.append(entities[number])
        low += 1
      }
      return names
    }
  }

  /// Entities with names like `text`: the fewest insertions, deletions and replacements of characters first,
  /// at most one of them for each three characters (and one for two), then by name.
  ///
  /// Every name is looked at, on all threads: a hundred million bytes a second and thread.
  public func entities(
    similarTo text: String, limit: Int, threads: Int = defaultThreadCount
  ) throws -> [(name: String, distance: Int)] {
    let wanted = Array(NormalForm.composed(text).lowercased().unicodeScalars.map(\.value))
    guard !wanted.isEmpty, limit > 0 else { return [] }
    let allowed = max(1, wanted.count / 3)
    let parts = 64
    let count = entities.count
    let bytesRange = (wanted.count - allowed)...(4 * (wanted.count + allowed))
    let found = try parallelMap(count: parts, threads: threads) { part in
      var distance = EditDistance(wanted, allowed: allowed)
      var found: [(name: String, distance: Int)] = []
      for number in count * part / parts..<count * (part + 1) / parts {
        let bytes = self.entities.bytes(number)
        guard bytesRange.contains(bytes.count), let steps = distance.measure(bytes) else {
          continue
        }
        found.append((self.entities[number], steps))
      }
      return found
    }
    return Array(
      found.joined().sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(limit))
  }
}

/// Levenshtein's distance to one text, given up as soon as it exceeds a bound.
struct EditDistance {
  private let wanted: [UInt32]
  private let allowed: Int
  private let letters: Set<UInt32>
  private var scalars: [UInt32] = []
  private var row: [Int] = []

  init(_ wanted: [UInt32], allowed: Int) {
    self.wanted = wanted
    self.allowed = allowed
    letters = Set(wanted)
  }

  /// The distance to the UTF-8 text in `bytes`, upper and lower case being the same; `nil` beyond the bound.
  mutating func measure(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    scalars.removeAll(keepingCapacity: true)
    var index = 0
    var strangers = 0
    while index < bytes.count {
      let byte = bytes[index]
      let size = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
      guard index + size <= bytes.count else { return nil }
      var scalar = UInt32(byte)
      switch size {
      case 1: if 0x41...0x5A ~= byte { scalar |= 0x20 }
      case 2: scalar = UInt32(byte & 0x1F) << 6 | UInt32(bytes[index + 1] & 0x3F)
      case 3:
        scalar =
          UInt32(byte & 0x0F) << 12 | UInt32(bytes[index + 1] & 0x3F) << 6
          | UInt32(bytes[index + 2] & 0x3F)
      default:
        scalar =
          UInt32(byte & 0x07) << 18 | UInt32(bytes[index + 1] & 0x3F) << 12
          | UInt32(bytes[index + 2] & 0x3F) << 6 | UInt32(bytes[index + 3] & 0x3F)
      }
      if !letters.contains(scalar) {
        strangers += 1
        // Each is an insertion or a replacement.
        if strangers > allowed { return nil }
      }
      scalars.append(scalar)
      index += size
    }
    guard abs(scalars.count - wanted.count) <= allowed else { return nil }
    row = Array(0...scalars.count)
    for (place, letter) in wanted.enumerated() {
      var diagonal = row[0]
      row[0] = place + 1
      var least = row[0]
      for index in scalars.indices {
        let step = diagonal + (scalars[index] == letter ? 0 : 1)
        diagonal = row[index + 1]
        row[index + 1] = min(step, diagonal + 1, row[index] + 1)
        least = min(least, row[index + 1])
      }
      if least > allowed { return nil }
    }
    return row[scalars.count] <= allowed ? row[scalars.count] : nil
  }
}
