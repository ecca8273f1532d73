import Testing

@testable import TableQueries

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

  /// A question's words, the header, and the number that is meant in its column.
  @Test(arguments: [
    ("2000万元", "票房（万元）", 2000), ("两千万", "票房（万元）", 2000), ("2000", "票房（万元）", 2000),
    ("两千", "票房（万元）", 2000),
    ("1.5亿", "票房（万元）", 15000), ("20亿元", "总市值(亿元)", 20), ("两千万", "人口", 2e7), ("５００万", "人口（万人）", 500),
    ("1,200元", "价格/元", 1200), ("百分之十五", "增长率（%）", 15), ("15%", "增长率", 15), ("3.5公里", "距离（米）", 3500),
    ("三千克", "重量（克）", 3000), ("十斤", "重量（公斤）", 5), ("-3.5", "温度", -3.5), ("300元", "价格", 300),
    ("一百八十厘米", "身高（米）", 1.8), ("90分钟", "时长（小时）", 1.5),
  ])
  func quantities(_ text: String, _ header: String, _ value: Double) {
    let unit = MeasuringUnit.split(header: header).unit
    #expect(Quantity(text)?.number(in: unit) == value)
  }

  @Test func columnsThatDoNotSayTheirUnit() {
    // 2000万 cannot be 20,000,000 where all values lie about 2000; where it can be, it is.
    #expect(Quantity("2000万")?.number(in: nil, range: 100...90_000) == 2000)
    #expect(Quantity("2000万")?.number(in: nil, range: 1e6...9e8) == 2e7)
  }

  @Test(arguments: ["", "北京", "12a", "1,20", "万", "A12", "一北"])
  func notQuantities(_ text: String) { #expect(Quantity(text) == nil) }

  @Test(arguments: [
    ("2019年5月3日", "2019-05-03"), ("2019-05-03", "2019-05-03"), ("2019/5/3", "2019-05-03"),
    ("2019.5.3", "2019-05-03"), ("19年5月", "2019-05"), ("98年", "1998"), ("二零一九年", "2019"),
    ("２０１９年", "2019"), ("2019-05", "2019-05"), ("2019-05-03 12:30:00", "2019-05-03"),
    ("二零一九年十二月三号", "2019-12-03"),
  ])
  func periods(_ text: String, _ day: String) { #expect(CalendarPeriod(text)?.text == day) }

  @Test(arguments: ["", "5月3日", "2019", "2019-13-01", "3.5", "1.2.3", "2019年年"])
  func notPeriods(_ text: String) { #expect(CalendarPeriod(text) == nil) }

  @Test func endsOfPeriods() {
    #expect(CalendarPeriod(year: 2019).end == "2020")
    #expect(CalendarPeriod(year: 2019, month: 12).end == "2020-01")
    // Behind every time of the day, before the next.
    let end = CalendarPeriod(year: 2019, month: 5, day: 3).end
    #expect("2019-05-03 23:59" < end && "2019-05-03T23:59" < end && end < "2019-05-04")
  }

  @Test func nearestCells() {
    let cells = ["北京市", "南京市", "安北药业有限公司", "安北药业", "Iris-setosa"]
    #expect(CellMatching.nearest(to: "北京", among: cells)?.cell == "北京市")
    #expect(CellMatching.nearest(to: "ＩＲＩＳ-SETOSA", among: cells)?.distance == 0)
    #expect(CellMatching.nearest(to: "setosa", among: cells)?.cell == "Iris-setosa")
    #expect(CellMatching.nearest(to: "安北药厂", among: cells)?.cell == "安北药业")
    #expect(CellMatching.nearest(to: "魑魅", among: cells) == nil)
    #expect(
      CellMatching.distance(Array("kitten".unicodeScalars), Array("sitting".unicodeScalars)) == 3)
  }

  @Test func headersAndUnits() {
    #expect(MeasuringUnit.split(header: "票房（万元）").core == "票房")
    #expect(MeasuringUnit.split(header: "面积(平方公里)").unit?.dimension == "area")
    #expect(MeasuringUnit.split(header: "总价（单位：万元）").unit?.multiplier == 1e4)
    #expect(MeasuringUnit.split(header: "备注（可空）").unit == nil)
    #expect(MeasuringUnit.split(header: "（）").core == "（）")
  }
}
