/// The attributes that stand in a question as they are spelled, by the attributes that say the same: who asks for the 籍贯 of
/// somebody of whom only the 出生地 is known is told that one.
struct AskedAttributes {
  struct Synonym {
    /// The attribute that the question names.
    let scalars: [UInt32]
    let range: Range<Int>
    /// How often the two had one value; below 1, so that what was asked for itself always comes first.
    let share: Double
  }

  private var byAttribute: [UInt32: [Synonym]] = [:]

  init(_ question: Question, _ base: KnowledgeBase) {
    guard base.hasSynonyms else { return }
    let longest = 8
    for start in question.scalars.indices {
      for end in start + 1..<min(question.scalars.count, start + longest) + 1
      where end - start > 1 {
        guard let attribute = base.attributes.number(of: question.text(start..<end)) else {
          continue
        }
        for synonym in base.synonyms(of: attribute) {
          byAttribute[synonym.other, default: []].append(
            Synonym(
              scalars: Array(question.scalars[start..<end]), range: start..<end,
              share: 0.95 * Double(synonym.share)))
        }
      }
    }
  }

  /// What the question names that `attribute` stands for, outside of the mention of the entity.
  func synonyms(of attribute: UInt32, without mention: Range<Int>) -> [Synonym] {
    byAttribute[attribute]?.filter { !$0.range.overlaps(mention) } ?? []
  }
}
