import Memory

/// Numbers ids `0…2^32−1` as `0..<count` in ascending order.
///
/// A bitmap with running counts where ids are dense (under 2 bits an id), a sorted list where they
/// are not, so that a huge id on a tiny network costs nothing.
struct IdNumbers: Sendable {
  private enum Form: Sendable {
    case bitmap(words: Block<UInt64>, counts: Block<UInt32>)
    case sorted([UInt32])
  }

  private let form: Form
  let count: Int

  /// Numbers every id that `visit` hands to its closure; `total` says about how many calls to expect.
  init(total: Int, visit: ((UInt32) -> Void) -> Void) {
    var highest: UInt32 = 0
    var seen = false
    visit {
      highest = max(highest, $0)
      seen = true
    }
    guard seen else {
      form = .sorted([])
      count = 0
      return
    }
    let wordCount = Int(highest) / 64 + 1
    if wordCount <= total + (1 << 16) {
      let words = Block<UInt64>(zeros: wordCount)
      visit { words.pointer[Int($0 >> 6)] |= 1 << UInt64($0 & 63) }
      let counts = Block<UInt32>(zeros: wordCount)
      var running: UInt32 = 0
      for index in 0..<wordCount {
        counts[index] = running
        running += UInt32(words[index].nonzeroBitCount)
      }
      form = .bitmap(words: words, counts: counts)
      count = Int(running)
    } else {
      var ids: [UInt32] = []
      ids.reserveCapacity(total)
      visit { ids.append($0) }
      ids.sort()
      var unique: [UInt32] = []
      for id in ids where unique.last != id { unique.append(id) }
      form = .sorted(unique)
      count = unique.count
    }
  }

  /// The number of `id`, `nil` if it has none.
  func number(of id: UInt32) -> UInt32? {
    switch form {
    case .bitmap(let words, let counts):
      let index = Int(id >> 6)
      guard index < words.count else { return nil }
      let bit = UInt64(1) << UInt64(id & 63)
      guard words[index] & bit != 0 else { return nil }
      return counts[index] + UInt32((words[index] & (bit - 1)).nonzeroBitCount)
    case .sorted(let ids):
      var low = 0
      var high = ids.count
      while low < high {
        let middle = (low + high) / 2
        if ids[middle] < id { low = middle + 1 } else { high = middle }
      }
      return low < ids.count && ids[low] == id ? UInt32(low) : nil
    }
  }

  /// All ids, ascending.
  var ids: [UInt32] {
    switch form {
    case .sorted(let ids): return ids
    case .bitmap(let words, _):
      var result: [UInt32] = []
      result.reserveCapacity(count)
      for index in 0..<words.count {
        var word = words[index]
        while word != 0 {
          result.append(UInt32(index * 64 + word.trailingZeroBitCount))
          word &= word - 1
        }
      }
      return result
    }
  }
}
