/// Numbers in words of either language.
enum NumberWords {
  /// `3 minutes`, `45 秒`.
  static func duration(_ seconds: Double, _ language: PageLanguage) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "–" }
    func unit(_ value: Int, _ chinese: String, _ english: String) -> String {
      language("\(value) \(chinese)", "\(value) \(english)\(value == 1 ? "" : "s")")
    }
    if seconds < 90 { return unit(max(1, Int(seconds.rounded())), "秒", "second") }
    let minutes = Int((seconds / 60).rounded())
    if minutes < 90 { return unit(minutes, "分钟", "minute") }
    return unit(Int((seconds / 3600).rounded()), "小时", "hour")
  }
}
