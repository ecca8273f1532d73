/// A day of the Gregorian calendar, written `2018-11-20`.
struct CalendarDay: Sendable, Equatable {
  let year: Int
  /// From 1.
  let month: Int
  let day: Int

  /// `nil` for a text that is no such day: `2018-11-2`, `2018-02-29`.
  init?(_ text: String) {
    let isWritten =
      text.utf8.count == 10
      && text.utf8.enumerated().allSatisfy { place, byte in
        place == 4 || place == 7 ? byte == UInt8(ascii: "-") : (0x30...0x39).contains(byte)
      }
    let parts = text.split(separator: "-").compactMap { Int($0) }
    guard isWritten, parts.count == 3, parts[0] > 0, (1...12).contains(parts[1]) else { return nil }
    (year, month, day) = (parts[0], parts[1], parts[2])
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let length = month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    guard (1...length).contains(day) else { return nil }
  }

  /// `Nov`.
  var monthName: String {
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][month - 1]
  }

  /// `Tue, 20 Nov 2018 00:00:00 GMT`.
  var rfc822: String {
    let days = ["Sat", "Sun", "Mon", "Tue", "Wed", "Thu", "Fri"]
    // Zeller's congruence.
    let m = month < 3 ? month + 12 : month
    let y = month < 3 ? year - 1 : year
    let weekday = (day + 13 * (m + 1) / 5 + y + y / 4 - y / 100 + y / 400) % 7
    return "\(days[weekday]), \(day < 10 ? "0" : "")\(day) \(monthName) \(year) 00:00:00 GMT"
  }
}
