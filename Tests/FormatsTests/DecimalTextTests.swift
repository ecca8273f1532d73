import Formats
import Foundation
import Parallel
import Testing

@Suite struct DecimalTextTests {
  private func read<Number>(
    _ text: String, by parse: (UnsafeBufferPointer<UInt8>) -> Number?
  ) -> Number? {
    Array(text.utf8).withUnsafeBufferPointer(parse)
  }

  /// Texts as files have them: few digits, shortest forms, many digits, exponents.
  private func spellings(of value: Double, _ random: inout RandomStream) -> [String] {
    let short = (random.uniform() * 1e6).rounded() / pow(10, Double(random.below(9)))
    return [
      "\(value)", "\(Float(value))", "\(short)", String(format: "%.6f", short),
      String(format: "%.\(random.below(25))e", value), String(format: "%+.17g", value),
      "000\(short)", "\(random.below(1_000_000)).e\(random.below(30) - 15)",
    ]
  }

  @Test func everySpellingIsWhatTheSystemReads() {
    var random = RandomStream(seed: 8)
    for _ in 0..<5000 {
      let value = Double(bitPattern: random.next())
      guard value.isFinite else { continue }
      for text in spellings(of: value, &random) {
        #expect(
          read(text, by: DecimalText.double)?.bitPattern == strtod(text, nil).bitPattern, "\(text)")
        // Short numbers go through `Double`, whose rounding they survive.
        #expect(read(text, by: DecimalText.float) == strtof(text, nil), "\(text)")
        if let prefix = read(text + ",7", by: DecimalText.exactPrefix) {
          #expect(prefix.value.bitPattern == strtod(text, nil).bitPattern, "\(text)")
          #expect(prefix.length == text.utf8.count)
        }
      }
    }
  }

  @Test(
    arguments: [
      ("12.5,rest", 12.5, 4), ("-3e2 ", -300, 4), (".5", 0.5, 2), ("5.", 5, 2), ("+7\n", 7, 2),
      ("1.2.3", 1.2, 3), ("0x10", 0, 1), ("1e-22", 1e-22, 5),
      ("0.0000000000000000000012", 0.0000000000000000000012, 24),
    ] as [(String, Double, Int)])
  func aPrefixEndsWhereTheNumberEnds(_ text: String, _ value: Double, _ length: Int) throws {
    let prefix = try #require(read(text, by: DecimalText.exactPrefix))
    #expect(prefix.value == value && prefix.length == length)
  }

  @Test(arguments: [
    "", ".", "-", "e5", "1e", "1e+", "12345678901234567890", "9007199254740993", "1e23", "inf",
  ])
  func whatNoSingleOperationGivesIsNoExactPrefix(_ text: String) {
    #expect(read(text, by: DecimalText.exactPrefix) == nil)
  }

  @Test(arguments: ["", ".", "-", "1e", "1.2.3", "--1", "0x1p3", "0X1", " 1", "1 ", "1,5", "1e5x"])
  func whatIsNoDecimalNumberIsNil(_ text: String) {
    #expect(read(text, by: DecimalText.double) == nil)
    #expect(read(text, by: DecimalText.float) == nil)
  }

  @Test func signsOfZeroInfinityAndNaN() {
    #expect(read("-0", by: DecimalText.double)?.sign == .minus)
    #expect(read("-inf", by: DecimalText.double) == -.infinity)
    #expect(read("1e999", by: DecimalText.double) == .infinity)
    #expect(read("nan", by: DecimalText.float)?.isNaN == true)
  }
}
