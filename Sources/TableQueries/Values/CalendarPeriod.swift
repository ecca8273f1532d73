import Foundation

/// A year, a month or a day as it is written: 2019年5月3日, 2019-05-03, 19年5月, 二零一九年.
public struct CalendarPeriod: Sendable, Equatable {
  public var year: Int
  public var month: Int?
  public var day: Int?

  public init(year: Int, month: Int? = nil, day: Int? = nil) {
    self.year = year
    self.month = month
    self.day = day
  }

  /// `nil` unless all of `text` is a period. Years of two digits are those from 1950 to 2049.
  public init?(_ text: String) {
    var scalars = FoldedText.scalars(text)
    while scalars.last == " " { scalars.removeLast() }
    // A time of day says nothing that is asked about.
    if let gap = scalars.firstIndex(where: { $0 == " " || $0 == "t" }),
      scalars[gap...].contains(":")
    {
      scalars = Array(scalars[..<gap])
    }
    let isSpelled = scalars.contains("年")
    var parts: [(number: Int, digits: Int)] = []
    var marks: [Unicode.Scalar] = []
    var current: [Unicode.Scalar] = []
    func number(_ scalars: [Unicode.Scalar]) -> Int? {
      if scalars.allSatisfy(Quantity.isDigit) {
        return Int(String(String.UnicodeScalarView(scalars)))
      }
      return ChineseNumber.value(scalars).flatMap { Int(exactly: $0) }
    }
    for scalar in scalars {
      if Quantity.isDigit(scalar) || (isSpelled && ChineseNumber.isPart(scalar)) {
        current.append(scalar)
        continue
      }
      guard !current.isEmpty, "年月日号-/.".unicodeScalars.contains(scalar),
        let value = number(current)
      else { return nil }
      parts.append((value, current.count))
      marks.append(scalar)
      current = []
    }
    if !current.isEmpty {
      guard let value = number(current) else { return nil }
      parts.append((value, current.count))
    }
    guard let first = parts.first, parts.count <= 3 else { return nil }
    if isSpelled {
      // In this order, and no more.
      let expected: [[Unicode.Scalar]] = [["年"], ["月"], ["日", "号"]]
      guard marks.count <= 3, zip(marks, expected).allSatisfy({ $1.contains($0) }),
        first.digits == 4 || first.digits == 2
      else { return nil }
    } else {
      guard parts.count == 3 || (parts.count == 2 && marks == ["-"]), Set(marks).count == 1,
        marks.count == parts.count - 1, first.digits == 4
      else { return nil }
    }
    year = first.digits == 2 ? (first.number < 50 ? 2000 : 1900) + first.number : first.number
    month = parts.count > 1 ? parts[1].number : nil
    day = parts.count > 2 ? parts[2].number : nil
    guard (1...9999).contains(year), month.map({ (1...12).contains($0) }) ?? true,
      day.map({ (1...31).contains($0) }) ?? true
    else { return nil }
  }

  /// 2019-05-03, 2019-05 or 2019: as texts in their order.
  public var text: String {
    String(format: "%04d", year) + (month.map { String(format: "-%02d", $0) } ?? "")
      + (day.map { String(format: "-%02d", $0) } ?? "")
  }

  /// The beginning of the next period of this length, as a text that every text of this period lies before.
  public var end: String {
    guard let month else { return CalendarPeriod(year: year + 1).text }
    guard let day else {
      return
        (month == 12
        ? CalendarPeriod(year: year + 1, month: 1) : CalendarPeriod(year: year, month: month + 1))
        .text
    }
    // Texts of the day may have a time behind them: ':' follows all digits, spaces and T's letters are below '~'.
    return CalendarPeriod(year: year, month: month, day: day).text + "~"
  }
}
