/// Dates as days since 1970-01-01 (Gregorian calendar).
enum CalendarDate {
  /// The days of `2024-05-01`, `2024/5/1` or one with a time, `2024-05-01 12:30[:15]`, also with a T; `nil`
  /// for anything else.
  static func days(_ text: some StringProtocol) -> Double? {
    let parts = text.utf8.split(
      maxSplits: 1, whereSeparator: { $0 == 0x20 || $0 == 0x54 })
    guard let day = parts.first else { return nil }
    let numbers = day.split(
      omittingEmptySubsequences: false, whereSeparator: { $0 == 0x2D || $0 == 0x2F }
    ).map { digits($0) }
    guard numbers.count == 3, day.count >= 8, let year = numbers[0], let month = numbers[1],
      let date = numbers[2], year >= 1000, 1...12 ~= month, 1...31 ~= date
    else { return nil }
    var result = Double(days(year, month, date))
    if parts.count == 2 {
      let time = parts[1].drop { $0 == 0x20 }.split(
        omittingEmptySubsequences: false, whereSeparator: { $0 == 0x3A }
      ).map { digits($0) }
      guard 2...3 ~= time.count, let hour = time[0], let minute = time[1], hour < 24, minute < 60,
        let second = time.count == 3 ? time[2] : 0
      else { return nil }
      result += (Double(hour) * 3600 + Double(minute) * 60 + Double(second)) / 86400
    }
    return result
  }

  private static func digits(_ bytes: some Collection<UInt8>) -> Int? {
    guard 1...4 ~= bytes.count, bytes.allSatisfy({ $0 &- 0x30 < 10 }) else { return nil }
    return bytes.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }

  /// Counted from March, so that the leap day is the year's last.
  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let year = month <= 2 ? year - 1 : year
    let era = year / 400
    let inEra = year - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + inEra * 365 + inEra / 4 - inEra / 100 + dayOfYear - 719_468
  }

  /// 1 to 12.
  static func month(_ days: Double) -> Int {
    let shifted = Int(days.rounded(.down)) + 719_468
    let inEra = shifted - (shifted / 146_097) * 146_097
    let year = (inEra - inEra / 1460 + inEra / 36_524 - inEra / 146_096) / 365
    let dayOfYear = inEra - (365 * year + year / 4 - year / 100)
    let month = (5 * dayOfYear + 2) / 153
    return month < 10 ? month + 3 : month - 9
  }

  /// 0 for Monday to 6.
  static func weekday(_ days: Double) -> Int {
    // 1970-01-01 was a Thursday.
    ((Int(days.rounded(.down)) + 3) % 7 + 7) % 7
  }
}
