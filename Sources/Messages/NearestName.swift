/// The name among `candidates` that `name` was probably meant to be: the one with the fewest insertions,
/// deletions, replacements and swaps of neighbors, if these are few enough.
public func nearestName(to name: String, among candidates: [String]) -> String? {
  let allowed = max(2, name.count / 3)
  let scored = candidates.map { (distance: editDistance(name, $0), name: $0) }
  guard let best = scored.min(by: { $0.distance < $1.distance }), best.distance <= allowed else {
    return candidates.first { !name.isEmpty && ($0.hasPrefix(name) || name.hasPrefix($0)) }
  }
  return best.name
}

/// The Damerau-Levenshtein distance (optimal string alignment).
private func editDistance(_ first: String, _ second: String) -> Int {
  let a = Array(first.lowercased())
  let b = Array(second.lowercased())
  var beforeLast = [Int](repeating: 0, count: b.count + 1)
  var last = Array(0...b.count)
  for i in 0..<a.count {
    var current = [i + 1] + [Int](repeating: 0, count: b.count)
    for j in 0..<b.count {
      current[j + 1] = min(
        last[j + 1] + 1, current[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
        current[j + 1] = min(current[j + 1], beforeLast[j - 1] + 1)
      }
    }
    beforeLast = last
    last = current
  }
  return last[b.count]
}
