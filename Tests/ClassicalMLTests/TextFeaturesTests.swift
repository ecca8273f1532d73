import Formats
import Testing

@testable import ClassicalML

@Suite struct TextFeaturesTests {
  private func rows(
    _ features: TextFeatures, _ texts: TextColumn
  ) -> [[String: Double]] {
    let matrix = features.weighted(features.counts(of: texts), .tfidf)
    return (0..<matrix.rowCount).map { row in
      Dictionary(
        uniqueKeysWithValues: matrix.range(row).map {
          (features.name(Int(matrix.columns[$0])), Double(matrix.values[$0]))
        })
    }
  }

  private func expectSame(_ found: [[String: Double]], _ expected: JSONValue?) throws {
    let expected = try #require(expected?.arrayValue)
    #expect(found.count == expected.count)
    for (row, golden) in zip(found, expected) {
      let members = try #require(golden.members)
      #expect(Set(row.keys) == Set(members.map(\.key)))
      for member in members {
        let value = try #require(row[member.key])
        #expect(abs(value - (member.value.doubleValue ?? .nan)) < 1e-6)
      }
    }
  }

  @Test func charactersWeighAsScikitLearns() throws {
    let golden = try Golden()
    let (features, counts) = TextFeatures.learn(try golden.texts("texts"), .init())
    #expect(features.counts(of: try golden.texts("texts")) == counts)
    try expectSame(rows(features, try golden.texts("tests")), golden.json["characters"])
  }

  @Test func wordsWeighAsScikitLearns() throws {
    let golden = try Golden()
    let all = try golden.texts("texts")
    var options = TextFeatures.Options()
    options.splitter = TextSplitter(.words, lengths: 1...2)
    options.minimumTexts = 1
    let (features, _) = TextFeatures.learn(all.rows([6, 7, 11]), options)
    #expect(features.names.contains("bank said") && features.names.contains("ünïted"))
    try expectSame(rows(features, all.rows([6, 7])), golden.json["words"])
  }

  @Test func gramsOfThreeCharactersAreReadBack() {
    var options = TextFeatures.Options()
    options.splitter = TextSplitter(.characters, lengths: 2...3)
    options.minimumTexts = 1
    let (features, _) = TextFeatures.learn(TextColumn(["A  b\n\u{1F600}c"]), options)
    #expect(
      features.names == [
        "a ", " b", "a b", "b ", " b ", " \u{1F600}", "b \u{1F600}", "\u{1F600}c", " \u{1F600}c",
      ])
  }

  @Test func bytesThatAreNoTextAreTakenAsTheyCome() {
    var column = TextColumn()
    let bytes: [UInt8] = [0xE4, 0xBD, 0x41, 0xFF, 0xF0, 0x9F, 0xC3]
    bytes.withUnsafeBufferPointer { column.append($0) }
    var options = TextFeatures.Options()
    options.minimumTexts = 1
    let (features, counts) = TextFeatures.learn(column, options)
    #expect(features.count > 0 && counts.rowCount == 1)
  }
}
