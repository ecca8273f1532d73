import Memory
import Messages

/// Symmetric rows of a network's links: each pair in both rows, parallel and reversed links summed,
/// self-links left out.
struct LinkRows<Weight: LinkWeight> {
  let offsets: Block<UInt32>
  let targets: Block<UInt32>
  let weights: Block<Weight>
  /// Some pair was linked more than once.
  private(set) var hasParallel = false

  /// `value` gives what a link adds to the entry of its pair; links that add nothing are left out.
  init(
    count: Int, links: NetworkLinks,
    value: (_ source: UInt32, _ target: UInt32, _ weight: Double) -> Double
  ) throws {
    offsets = Block(zeros: count + 1)
    let next = offsets.pointer + 1
    var entries = 0
    links.eachLink { source, target, weight in
      guard source != target, weight > 0 else { return }
      next[Int(source)] += 1
      next[Int(target)] += 1
      entries += 2
    }
    guard entries < Int(UInt32.max) else {
      throw InputError("\(entries / 2) links are more than the 2147483647 that one network holds")
    }
    // Starts of the rows, shifted by one place; filling moves each to its row's end.
    RowStarts.make(fromSizes: next, count: count)
    targets = Block(zeros: entries)
    weights = Block(zeros: entries)
    let targets = targets.pointer
    let weights = weights.pointer
    links.eachLink { source, target, weight in
      guard source != target, weight > 0 else { return }
      let entryValue = Weight(value(source, target, weight))
      let forth = Int(next[Int(source)])
      targets[forth] = target
      weights[forth] = entryValue
      next[Int(source)] += 1
      let back = Int(next[Int(target)])
      targets[back] = source
      weights[back] = entryValue
      next[Int(target)] += 1
    }
    mergeParallel(count: count)
  }

  /// Sums entries of one row with the same target, in place.
  private mutating func mergeParallel(count: Int) {
    // Where in the compacted rows a target was last written, plus one: a place behind the row's
    // start was written by this row.
    let lastPlace = Block<UInt32>(zeros: count)
    var write: UInt32 = 0
    var read = 0
    for row in 0..<count {
      let end = Int(offsets[row + 1])
      let start = write
      while read < end {
        let target = targets[read]
        let weight = weights[read]
        let entry = lastPlace[Int(target)]
        if entry > start {
          let sum = weights[Int(entry) - 1].value + weight.value
          weights[Int(entry) - 1] = Weight(sum)
          hasParallel = true
        } else if weight.value > 0 {
          targets[Int(write)] = target
          weights[Int(write)] = weight
          write += 1
          lastPlace[Int(target)] = write
        }
        read += 1
      }
      offsets[row + 1] = write
    }
    targets.shrink(to: Int(write))
    weights.shrink(to: Int(write))
  }
}

/// Sizes of rows and where the rows start.
enum RowStarts {
  /// Replaces the size of each row by the sum of those before it.
  static func make(fromSizes sizes: UnsafeMutablePointer<UInt32>, count: Int) {
    var running: UInt32 = 0
    for row in 0..<count {
      let size = sizes[row]
      sizes[row] = running
      running += size
    }
  }
}
