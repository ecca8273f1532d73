import Formats
import Testing

@Suite struct JSONValueTests {
  @Test func parsesAndWritesBack() throws {
    let text = #"{"a":[1,-2.5,1e+300,true,null],"层":"丹炉 \"x\"\n","o":{}}"#
    let value = try JSONValue(parsing: text)
    #expect(value.text() == text)
    #expect(value["a"]?.arrayValue?[0].integerValue == 1)
    #expect(value["层"]?.stringValue == "丹炉 \"x\"\n")
    #expect(try JSONValue(parsing: value.text(pretty: true)) == value)
  }

  @Test func prettyText() {
    let value: JSONValue = ["a": [1, 2.5], "b": [:], "c": ["d": nil]]
    #expect(
      value.text(pretty: true)
        == """
        {
          "a": [
            1,
            2.5
          ],
          "b": {},
          "c": {
            "d": null
          }
        }
        """)
  }

  @Test(
    arguments: [
      0.1, 1.0 / 3, .leastNonzeroMagnitude, 1.7976931348623157e308, -0.0, 123_456_789.125, 1e16,
      2.0, 1e-7,
    ] as [Double])
  func numbersReadBackExactly(number: Double) throws {
    let back = try JSONValue(parsing: JSONValue.number(number).text()).doubleValue
    #expect(back?.bitPattern == number.bitPattern)
  }

  @Test func nonFiniteNumbersAreStrings() throws {
    #expect(JSONValue.number(.nan).text() == "\"NaN\"")
    #expect(JSONValue.number(-.infinity).text() == "\"-Infinity\"")
    #expect(try JSONValue(parsing: "\"Infinity\"").doubleValue == .infinity)
    #expect(try JSONValue(parsing: "\"NaN\"").doubleValue?.isNaN == true)
    let encoded = try JSONValue(encoding: ["x": Double.infinity])
    #expect(encoded == ["x": "Infinity"])
    #expect(try encoded.decoded(as: [String: Double].self) == ["x": .infinity])
  }

  @Test func unicodeEscapes() throws {
    #expect(try JSONValue(parsing: #""\u4e39\ud83d\ude00\/""#) == "丹😀/")
    for text in [#""\ud83d""#, #""\ud83dx""#, #""\ude00""#, #""\ud83d\u0041""#, #""\uzzzz""#] {
      #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    }
  }

  @Test(arguments: [
    "", " ", "{", "[1,]", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "01", "1.", "-", "1e", "+1", "nul",
    "truex", "1 2", "\"a", "\"\u{1}\"", "{a:1}", "[1 2]", "1e999", "'a'", "\"\\x\"", "NaN",
  ])
  func refuses(text: String) {
    #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
  }

  @Test func refusesInvalidUTF8DeepNestingAndEndlessNumbers() {
    #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xff, 0x22]) }
    let deep = String(repeating: "[", count: 1_000_000)
    #expect(throws: JSONError.self) { try JSONValue(parsing: deep) }
    #expect(throws: JSONError.self) {
      try JSONValue(parsing: String(repeating: "1", count: 1_000_000))
    }
  }

  @Test func keysThatDifferOnlyInNormalizationAreTwo() throws {
    let value = try JSONValue(parsing: "{\"\u{e9}\":1,\"e\u{301}\":2}")
    #expect(value.members?.count == 2)
  }

  @Test func bigIntegers() throws {
    #expect(try JSONValue(parsing: "9223372036854775807") == .integer(.max))
    #expect(try JSONValue(parsing: "9223372036854775808") == .number(0x1p63))
  }
}
