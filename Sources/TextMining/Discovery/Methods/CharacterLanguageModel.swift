import Foundation

/// A character 4-gram model with interpolated modified Kneser-Ney smoothing (Chen and Goodman 1999).
///
/// p(w | ctx) = (a(ctx w) − D) / a(ctx ·) + γ(ctx) · p(w | ctx without its first character), where a is
/// the count for 4-grams and the number of different left neighbors below.
struct CharacterLanguageModel: Sendable {
  private let places: CountTable
  /// log10 p of the last character after the others, by place.
  private let logProbability: [Float]
  /// log10 γ of the gram as a context, by place.
  private let backoff: [Float]
  let order: Int

  init(_ counts: NGramCounts, order: Int) {
    self.order = order
    let grams = counts.table.sorted()
    var places = CountTable(minimumCapacity: grams.count)
    for (index, gram) in grams.enumerated() { places.add(gram.key, index) }
    let lengths = grams.map { UInt8(PackedGram.length($0.key)) }
    // Adjusted counts: different left neighbors, a segment's beginning being one.
    var adjusted = grams.map(\.count)
    var extended = [Int](repeating: 0, count: grams.count)
    var neighbors = [Int](repeating: 0, count: grams.count)
    for (index, gram) in grams.enumerated() where lengths[index] > 1 {
      if let part = places[PackedGram.suffix(gram.key, Int(lengths[index]) - 1)] {
        extended[part] += gram.count
        neighbors[part] += 1
      }
    }
    for index in grams.indices where lengths[index] < order {
      adjusted[index] = max(1, neighbors[index] + (extended[index] < grams[index].count ? 1 : 0))
    }
    var discounts = [[Double]](repeating: [0, 0, 0, 0], count: order + 1)
    for length in 1...order {
      var having = [0.0, 0, 0, 0, 0]
      for index in grams.indices where lengths[index] == length && adjusted[index] <= 4 {
        having[adjusted[index]] += 1
      }
      let y = having[1] / max(1, having[1] + 2 * having[2])
      for k in 1...3 {
        let value = Double(k) - Double(k + 1) * y * having[k + 1] / max(1, having[k])
        discounts[length][k] = min(Double(k), max(0, having[k] > 0 ? value : 0))
      }
    }
    // Sums over what follows each context; place `grams.count` is the empty context.
    var sums = [Double](repeating: 0, count: grams.count + 1)
    var freed = sums
    func context(_ index: Int) -> Int {
      lengths[index] == 1 ? grams.count : places[grams[index].key >> PackedGram.bits] ?? grams.count
    }
    for index in grams.indices {
      let place = context(index)
      sums[place] += Double(adjusted[index])
      freed[place] += discounts[Int(lengths[index])][min(3, adjusted[index])]
    }
    var probability = [Double](repeating: 0, count: grams.count)
    let vocabulary = Double(max(1, lengths.filter { $0 == 1 }.count))
    // Sorted by key, shorter grams come before longer ones.
    for index in grams.indices {
      let place = context(index)
      let length = Int(lengths[index])
      let discount = discounts[length][min(3, adjusted[index])]
      let lower =
        length == 1
        ? 1 / vocabulary
        : places[PackedGram.suffix(grams[index].key, length - 1)].map { probability[$0] }
          ?? 1 / vocabulary
      probability[index] =
        (Double(adjusted[index]) - discount) / sums[place] + freed[place] / sums[place] * lower
    }
    self.places = places
    logProbability = probability.map { Float(log10($0)) }
    backoff = grams.indices.map {
      sums[$0] > 0 && freed[$0] > 0 ? Float(log10(freed[$0] / sums[$0])) : 0
    }
  }

  /// log10 p of the last character of `gram` after its others; −100 for an unknown character.
  func logProbability(_ gram: UInt64, length: Int) -> Float {
    var total: Float = 0
    var length = length
    var gram = gram
    while true {
      if let place = places[gram] { return total + logProbability[place] }
      if length == 1 { return -100 }
      if let context = places[gram >> PackedGram.bits] { total += backoff[context] }
      length -= 1
      gram = PackedGram.suffix(gram, length)
    }
  }
}
