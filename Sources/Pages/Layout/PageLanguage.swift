/// The two languages that every page exists in.
public enum PageLanguage: String, CaseIterable, Sendable, Codable {
  case chinese = "zh"
  case english = "en"

  /// What stands before a page's path: nothing, or `/en`.
  public var prefix: String { self == .chinese ? "" : "/en" }

  /// The value of `lang`.
  public var tag: String { self == .chinese ? "zh-Hans" : "en" }

  /// What the switch to this language is called.
  public var name: String { self == .chinese ? "中文" : "English" }

  public var other: PageLanguage { self == .chinese ? .english : .chinese }

  /// The words for this language.
  public func callAsFunction(_ chinese: String, _ english: String) -> String {
    self == .chinese ? chinese : english
  }
}
