import Foundation
import Parallel

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

/// V2: a word's first character is emitted without context, the second after one character, the third
/// after two, each later one after three; the best sequence of these four tags is the segmentation.
/// Source: 【中文分词系列】5. 基于语言模型的无监督分词 (2016).
struct LanguageModelDiscovery {
  /// log10 of the weights bb 1, bc .15, cb 1, cd .01, db 1, de .01, eb 1, ee .001.
  static let transitions: [[Float]] = {
    let never = -Float.infinity
    return [
      [0, Float(log10(0.15)), never, never],
      [0, never, Float(log10(0.01)), never],
      [0, never, never, Float(log10(0.01))],
      [0, never, never, Float(log10(0.001))],
    ]
  }()

  private let work: WordDiscovery.Work

  init(_ work: WordDiscovery.Work) { self.work = work }

  func run() throws -> DiscoveryResult {
    let minCount = work.options.minCount ?? 16
    let counts = try work.grams(
      order: 4, minCount: max(1, work.corpus.statistics.characters / 50_000_000))
    let model = CharacterLanguageModel(counts, order: 4)
    let (pieces, _) = try work.pieces(minCount: minCount) { numbers, piece in
      Self.cut(numbers, model, piece)
    }
    let words = pieces.map { piece in
      work.word(piece, score: Double(Self.insideScore(piece.numbers, model)))
    }
    var result = DiscoveryResult(
      words: words, scoreMeaning: "log10 p of the word's characters inside it, per character")
    result.figures = DiscoveryFigures(
      distinct: counts.distinct, total: counts.characters, cohesive: 0, candidates: pieces.count)
    let kept = Dictionary(uniqueKeysWithValues: pieces.map { ($0.numbers, $0.count) })
    result.explanations = try work.explanations(total: counts.characters) { numbers in
      let score = String(format: "%.3f", Self.insideScore(numbers, model))
      if let count = kept[numbers] {
        return (true, count, "cut out \(count) times; \(score) log10 units a character inside")
      }
      return (
        false, 0,
        "cut out less than \(minCount) times; \(score) log10 units a character inside"
      )
    }
    return result
  }

  private static func insideScore(_ numbers: [UInt16], _ model: CharacterLanguageModel) -> Float {
    var sum: Float = 0
    for index in numbers.indices {
      let length = min(4, index + 1)
      sum += model.logProbability(
        PackedGram.pack(numbers[(index + 1 - length)...index]), length: length)
    }
    return sum / Float(max(1, numbers.count))
  }

  static func cut(
    _ numbers: UnsafeBufferPointer<UInt16>, _ model: CharacterLanguageModel,
    _ piece: (_ start: Int, _ end: Int) -> Void
  ) {
    var start = 0
    var from: [UInt8] = []
    while start < numbers.count {
      if numbers[start] < Alphabet.firstCharacter {
        start += 1
        continue
      }
      var end = start
      from.removeAll(keepingCapacity: true)
      var scores: [Float] = [0, -.infinity, -.infinity, -.infinity]
      var key: UInt64 = 0
      while end < numbers.count, numbers[end] >= Alphabet.firstCharacter {
        key = (key << PackedGram.bits | UInt64(numbers[end])) & PackedGram.mask(length: 4)
        let position = end - start
        var next: [Float] = [-.infinity, -.infinity, -.infinity, -.infinity]
        for tag in 0..<4 where position >= min(tag, 3) {
          let emission = model.logProbability(
            PackedGram.suffix(key, tag + 1), length: tag + 1)
          var best: UInt8 = 0
          if position == 0 {
            if tag == 0 { next[0] = emission }
          } else {
            for previous in 0..<4 {
              let score = scores[previous] + transitions[previous][tag]
              if score > next[tag] {
                next[tag] = score
                best = UInt8(previous)
              }
            }
            next[tag] += emission
          }
          from.append(best)
        }
        for _ in 0..<(4 - (0..<4).filter { position >= min($0, 3) }.count) { from.append(0) }
        scores = next
        end += 1
      }
      var tag = (0..<4).max { scores[$0] < scores[$1] } ?? 0
      var borders: [Int] = []
      for position in stride(from: end - start - 1, through: 0, by: -1) {
        if tag == 0 { borders.append(start + position) }
        tag = Int(from[position * 4 + tag])
      }
      borders.reverse()
      for (index, border) in borders.enumerated() {
        piece(border, index + 1 < borders.count ? borders[index + 1] : end)
      }
      start = end
    }
  }
}
