import Testing

@testable import Pretraining

struct PackingTests {
  private func sentence(_ count: Int) -> WordTokens {
    WordTokens(ids: Array(10..<10 + count), words: Array(0..<count).map { $0 / 2 })
  }

  /// The specification's: sentences of 5, 5, 5 and 20 tokens in rows of 16.
  @Test func rowsOfSentences() throws {
    var packing = SentencePacking(length: 16, start: 2, separator: 3)
    var rows = [5, 5, 5, 20].compactMap { packing.add(sentence($0)) }
    if let last = packing.finish() { rows.append(last) }
    #expect(rows.map(\.count) == [12, 7, 16])
    #expect(rows.allSatisfy { $0.ids.first == 2 && $0.ids.last == 3 })
    #expect(Array(rows[2].ids[1...14]) == Array(10..<24))
    #expect(packing.finish() == nil)
  }

  @Test func wordsOfARowHaveNumbersOfTheirOwn() {
    var packing = SentencePacking(length: 16, start: 2, separator: 3)
    _ = packing.add(sentence(3))
    _ = packing.add(sentence(4))
    _ = packing.add(WordTokens())
    #expect(packing.finish()?.words == [-1, 0, 0, 1, 2, 2, 3, 3, -1])
    _ = packing.add(sentence(2))
    #expect(packing.finish()?.words == [-1, 0, 0, -1])
  }
}
