import Foundation
import Messages
import Parallel

/// V2: a word's first character is emitted without context, the second after one character, the third
/// after two, each later one after three; the best sequence of these four tags is the segmentation.
/// Source: 【中文分词系列】5. 基于语言模型的无监督分词 (2016).
public struct CharacterTagging: DiscoveryMethod {
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

  /// Least number of times a word is cut out.
  public var minCount = 16

  public init() {}

  public func check() throws(OptionError) { try MethodOptions.check(minCount: minCount) }

  public func words(
    of corpus: TextCorpus, explaining explained: [String], work: Work
  ) throws -> DiscoveryResult {
    try requireFit(corpus)
    let counts = try NGramCounts(
      corpus: corpus, order: 4, minCount: max(1, corpus.statistics.characters / 50_000_000),
      work: work)
    let model = CharacterLanguageModel(counts, order: 4)
    let (pieces, _) = try PieceCounts.count(corpus, minCount: minCount, work: work) {
      Self.cut($0, model, $1)
    }
    let kept = Dictionary(uniqueKeysWithValues: pieces.map { ($0.numbers, $0.count) })
    let explanations = try WordExplanation.explain(
      explained, in: corpus, total: counts.characters, work: work
    ) { numbers in
      let score = String(format: "%.3f", Self.insideScore(numbers, model))
      if let count = kept[numbers] {
        return (true, count, "cut out \(count) times; \(score) log10 units a character inside")
      }
      return (
        false, 0, "cut out less than \(minCount) times; \(score) log10 units a character inside"
      )
    }
    return DiscoveryResult(
      words: pieces.map { piece in
        corpus.word(piece, score: Double(Self.insideScore(piece.numbers, model)))
      },
      scoreMeaning: "log10 p of the word's characters inside it, per character",
      figures: DiscoveryFigures(
        distinct: counts.distinct, total: counts.characters, cohesive: 0,
        candidates: pieces.count),
      explanations: explanations, statistics: corpus.statistics)
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
