/// Counts with the total that cohesion divides by.
struct CohesionTable {
  let table: CountTable
  let total: Int

  func weakestSplit(_ gram: UInt64) -> (ratio: Double, cut: Int) {
    let length = PackedGram.length(gram)
    let count = Double(table[gram] ?? 0)
    var weakest = (ratio: Double.infinity, cut: 0)
    for cut in 1..<max(1, length) {
      // A part that is missing counts as the total, which makes the ratio small.
      let left = Double(table[PackedGram.prefix(gram, cut, of: length)] ?? total)
      let right = Double(table[PackedGram.suffix(gram, length - cut)] ?? total)
      let ratio = Double(total) * count / (left * right)
      if ratio < weakest.ratio { weakest = (ratio, cut) }
    }
    return weakest
  }
}
