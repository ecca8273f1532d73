import Formats
import Foundation

/// Answers questions from a base by rules and counts: a mention of an entity, the attribute that the rest of
/// the question names best, and what kind of value it asks for. Nothing is learned unless `learnt` is given.
public struct AnswerEngine: Sendable {
  public let base: KnowledgeBase
  /// Answers with a lower score are refused.
  public var threshold = AnswerEngine.defaultThreshold
  public static let defaultThreshold = 1.0
  /// What questions with known rows have taught.
  public var learnt: LearntAttributes?

  let matcher: Matcher
  let aliases: Set<UInt32>

  /// `@unchecked Sendable`: filled once, then only read.
  final class Matcher: @unchecked Sendable {
    let attributes: AttributeMatcher
    init(_ base: KnowledgeBase) { attributes = AttributeMatcher(base) }
  }

  /// Attributes whose values are other names of the entity.
  static let aliasNames = [
    "别名", "中文名", "外文名", "英文名", "又名", "别称", "简称", "本名", "原名", "中文名称", "其他名称", "全称",
    "英文名称", "外文名称",
  ]
  static let longestMention = 40

  public init(_ base: KnowledgeBase) {
    self.base = base
    matcher = Matcher(base)
    aliases = Set(Self.aliasNames.compactMap { base.attributes.number(of: $0).map(UInt32.init) })
  }

  /// A stretch of the question that names an entity.
  struct Mention {
    let entity: Int
    let range: Range<Int>
    let isAlias: Bool
    var score: Double
  }

  public func ask(_ text: String) -> Reply {
    let question = Question(text)
    guard !question.scalars.isEmpty else { return .refusal(nearest: []) }
    let mentions = mentions(question)
    if let answer = superlative(question) ?? twoHops(question, mentions)
      ?? reverse(question, mentions)
    {
      return .answer(answer)
    }
    let asked = AskedAttributes(question, base)
    var candidates: [(score: Double, mention: Mention, pair: KnowledgeBase.Pair)] = []
    for mention in mentions {
      for pair in base.pairs(of: mention.entity) {
        let score = mention.score + attributeScore(question, mention, pair, asked)
        candidates.append((score, mention, pair))
      }
    }
    let ranked = candidates.sorted { $0.score > $1.score }
    var answers: [Answer] = []
    for candidate in ranked.prefix(12) {
      let triple = base.triple(candidate.mention.entity, candidate.pair)
      let isSame = answers.last.map { last in
        last.triples[0].entity == triple.entity && last.triples[0].attribute == triple.attribute
      }
      if isSame ?? false, let last = answers.popLast() {
        answers.append(
          Answer(
            form: .value, values: last.values + [triple.value], triples: last.triples + [triple],
            score: last.score))
      } else if answers.count < 3 {
        answers.append(
          Answer(
            form: .value, values: [triple.value], triples: [triple],
            score: attributeScore(question, candidate.mention, candidate.pair, asked)))
      }
    }
    guard let best = answers.first, best.score >= threshold else {
      return .refusal(nearest: answers)
    }
    return .answer(counted(best, question) ?? best)
  }

  /// How well the question's rest fits the attribute, or one that says the same, and the value's kind.
  func attributeScore(
    _ question: Question, _ mention: Mention, _ pair: KnowledgeBase.Pair, _ asked: AskedAttributes
  ) -> Double {
    let bytes = base.attributes.bytes(Int(pair.attribute))
    let attribute = Self.scalars(bytes)
    var score = matcher.attributes.match(attribute, question, without: mention.range).score
    for synonym in asked.synonyms(of: pair.attribute, without: mention.range) {
      let match = matcher.attributes.match(synonym.scalars, question, without: mention.range)
      score = max(score, match.score * synonym.share)
    }
    guard learnt != nil || !question.wanted.isEmpty else { return score }
    let kind = ValueKind(base.values[Int(pair.value)])
    if let learnt {
      score += learnt.score(
        LearntAttributes.grams(question, without: mention.range),
        LearntAttributes.parts(bytes, kind))
    }
    if !question.wanted.isEmpty {
      if question.wanted.contains(kind) { score += 0.5 } else if kind != .text { score -= 0.2 }
      let letters = question.wanted.reduce(into: Set<UInt32>()) {
        $0.formUnion(Question.letters(of: $1))
      }
      if attribute.contains(where: letters.contains) { score += 0.3 }
    }
    return score
  }

  /// The characters of an attribute's name without the spaces that stand in it for looks, as in 年 龄.
  static func scalars(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt32] {
    let scalars = String(decoding: bytes, as: UTF8.self).lowercased().unicodeScalars.map(\.value)
    return scalars.indices.filter { index in
      scalars[index] != 0x20 || index == 0 || index + 1 == scalars.count
        || (scalars[index - 1] < 0x80 && scalars[index + 1] < 0x80)
    }.map { scalars[$0] }
  }

  /// Every stretch that is an entity's name, or a value of one of the attributes that hold other names.
  func mentions(_ question: Question) -> [Mention] {
    var mentions: [Mention] = []
    let count = question.scalars.count
    question.utf8.withUnsafeBufferPointer { utf8 in
      for start in 0..<count {
        for end in start + 1...min(count, start + Self.longestMention) {
          let bytes = UnsafeBufferPointer(
            rebasing: utf8[question.offsets[start]..<question.offsets[end]])
          if let entity = base.entities.number(of: bytes) {
            mentions.append(Mention(entity: entity, range: start..<end, isAlias: false, score: 0))
          }
          guard end - start > 1, !aliases.isEmpty, let value = base.values.number(of: bytes) else {
            continue
          }
          for pair in base.reversePairs(of: value).prefix(64) where aliases.contains(pair.attribute)
          {
            if mentions.contains(where: { $0.entity == pair.entity && $0.range == start..<end }) {
              continue
            }
            mentions.append(
              Mention(entity: Int(pair.entity), range: start..<end, isAlias: true, score: 0))
          }
        }
      }
    }
    for index in mentions.indices {
      let mention = mentions[index]
      var score = 0.14 * Double(min(10, mention.range.count))
      if mention.range.count == 1 { score -= 0.6 }
      let isNested = mentions.contains {
        $0.range.count > mention.range.count && $0.range.lowerBound <= mention.range.lowerBound
          && $0.range.upperBound >= mention.range.upperBound
      }
      if isNested { score -= 0.9 }
      let quotes = UnicodeScalar("《").value...UnicodeScalar("》").value
      if mention.range.lowerBound > 0,
        question.scalars[mention.range.lowerBound - 1] == quotes.lowerBound,
        mention.range.upperBound < count,
        question.scalars[mention.range.upperBound] == quotes.upperBound
      {
        score += 0.6
      }
      if mention.range.upperBound < count,
        question.scalars[mention.range.upperBound] == UnicodeScalar("的").value
      {
        score += 0.15
      }
      if mention.isAlias { score -= 0.3 }
      mentions[index].score = score
    }
    return mentions
  }
}
