import TableQueries
import Testing

@Suite struct ValueTests {
  @Test(arguments: [
    ("两千万", 2e7), ("三百五", 350), ("一万五", 15000), ("二零一九", 2019), ("十五", 15), ("一千零五", 1005),
    ("一点五亿", 1.5e8), ("三点一四", 3.14), ("十二万五千", 125_000), ("两百二十", 220), ("一亿三千万", 1.3e8), ("零", 0),
  ])
  func chineseNumbers(_ text: String, _ value: Double) {
    #expect(ChineseNumber.value(text) == value)
  }

  @Test(arguments: ["", "点五", "一二百", "北", "五点"])
  func notNumbers(_ text: String) { #expect(ChineseNumber.value(text) == nil) }
}
