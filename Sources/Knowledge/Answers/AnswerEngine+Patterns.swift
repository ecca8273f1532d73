import Foundation

/// Questions whose shape says how they are answered.
extension AnswerEngine {
  /// 曹禺的毕业院校的所在地: an attribute of the entity that is another entity's attribute. Both must stand in
  /// the question as they are spelled.
  func twoHops(_ question: Question, _ mentions: [Mention]) -> Answer? {
    let of = UnicodeScalar("的").value
    var best: Answer?
    for mention in mentions {
      var start = mention.range.upperBound
      guard start < question.scalars.count, question.scalars[start] == of else { continue }
      start += 1
      for first in base.pairs(of: mention.entity) {
        let attribute = Self.scalars(base.attributes.bytes(Int(first.attribute)))
        let end = start + attribute.count
        guard end < question.scalars.count, question.scalars[end] == of,
          question.scalars[start..<end].elementsEqual(attribute),
          let middle = base.entities.number(of: base.values.bytes(Int(first.value)))
        else { continue }
        var found: [KnowledgeBase.Pair] = []
        var length = 0
        for second in base.pairs(of: middle) {
          let name = Self.scalars(base.attributes.bytes(Int(second.attribute)))
          guard end + 1 + name.count <= question.scalars.count, name.count >= length,
            question.scalars[end + 1..<end + 1 + name.count].elementsEqual(name)
          else { continue }
          if name.count > length { found = [] }
          length = name.count
          found.append(second)
        }
        let score = mention.score + 4
        guard !found.isEmpty, score > best?.score ?? 0 else { continue }
        let steps = found.map { base.triple(middle, $0) }
        best = Answer(
          form: .twoHops, values: steps.map(\.value),
          triples: [base.triple(mention.entity, first)] + steps, score: score)
      }
    }
    return best
  }

  /// 毕业院校是清华大学的有谁, 有多少人的毕业院校是清华大学: an attribute, then 是, 为 or 在, then a value, and a
  /// word that asks outside of these.
  func reverse(_ question: Question, _ mentions: [Mention]) -> Answer? {
    let links = Set("是为在".unicodeScalars.map(\.value))
    let count = question.scalars.count
    for link in question.scalars.indices where links.contains(question.scalars[link]) && link > 0 {
      guard
        let start = (max(0, link - 12)..<link).first(where: {
          base.attributes.number(of: question.text($0..<link)) != nil
        }), let attribute = base.attributes.number(of: question.text(start..<link))
      else { continue }
      // An entity before the attribute makes it a plain question: 曹禺的出生地是天津吗.
      if mentions.contains(where: { $0.range.upperBound == start - 1 && $0.range.count > 1 }) {
        continue
      }
      var end = min(count, link + 1 + Self.longestMention)
      while end > link + 1 {
        defer { end -= 1 }
        guard let value = base.values.number(of: question.text(link + 1..<end)) else { continue }
        let asked = question.text(0..<start) + " " + question.text(end..<count)
        guard ["谁", "哪", "什么", "多少", "几"].contains(where: asked.contains) else { continue }
        let rows = base.reversePairs(of: value).filter { $0.attribute == attribute }
        guard !rows.isEmpty else { continue }
        let triples = rows.prefix(1000).map {
          base.triple(
            Int($0.entity),
            KnowledgeBase.Pair(attribute: UInt32(attribute), value: UInt32(value)))
        }
        let isCount = asked.contains("多少") || asked.contains("几")
        return Answer(
          form: isCount ? .count : .reverse,
          values: isCount ? ["\(rows.count)"] : triples.map(\.entity), triples: triples, score: 4)
      }
    }
    return nil
  }

  /// 有几部作品: the number of values, where the values are a list of names.
  func counted(_ answer: Answer, _ question: Question) -> Answer? {
    guard question.asksForCount else { return nil }
    let kinds = answer.values.map { ValueKind($0) }
    guard !kinds.contains(.number), !kinds.contains(.date) else { return nil }
    let items = answer.values.flatMap { ValueKind.items($0) }
    // A list that ends with 等 is not complete: its length is no answer.
    guard items.count > 1,
      !answer.values.contains(where: { $0.contains("等") || $0.contains("...") })
    else { return nil }
    return Answer(
      form: .count, values: ["\(items.count)"], triples: answer.triples, score: answer.score)
  }

  /// 身高最高的是谁: among all rows of an attribute whose values are, nine of ten, quantities of one unit.
  func superlative(_ question: Question) -> Answer? {
    guard let place = question.find("最"), place > 0, place + 2 < question.scalars.count,
      question.scalars[place + 2] == UnicodeScalar("的").value,
      question.contains("谁") || question.contains("哪") || question.contains("什么"),
      let word = Unicode.Scalar(question.scalars[place + 1])
    else { return nil }
    let isLargest = "大高长多重远宽深快强".unicodeScalars.contains(word)
    guard isLargest || "小低短少轻近窄浅慢矮弱".unicodeScalars.contains(word),
      let attribute = (max(0, place - 12)..<place).lazy.compactMap({
        self.base.attributes.number(of: question.text($0..<place))
      }).first
    else { return nil }
    var units: [String: Int] = [:]
    var rows: [(amount: Double, unit: String, entity: Int, pair: KnowledgeBase.Pair)] = []
    var total = 0
    for entity in 0..<base.entities.count {
      for pair in base.pairs(of: entity) where pair.attribute == attribute {
        total += 1
        guard let quantity = Quantity(base.values[Int(pair.value)]) else { continue }
        units[quantity.unit, default: 0] += 1
        rows.append((quantity.amount, quantity.unit, entity, pair))
      }
    }
    guard let unit = units.max(by: { $0.value < $1.value }), total > 1,
      Double(unit.value) >= 0.9 * Double(total)
    else { return nil }
    let same = rows.filter { $0.unit == unit.key }
    let amounts = same.map(\.amount)
    guard let best = isLargest ? amounts.max() : amounts.min() else { return nil }
    let triples = same.filter { $0.amount == best }.map { base.triple($0.entity, $0.pair) }
    return Answer(form: .superlative, values: triples.map(\.entity), triples: triples, score: 4)
  }
}
