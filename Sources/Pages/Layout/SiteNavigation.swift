/// A part of the site that the header leads to.
public struct SiteSection: Sendable, Hashable {
  /// Its path without the language, such as `/archives/`.
  public var path: String
  public var chinese: String
  public var english: String

  public init(path: String, chinese: String, english: String) {
    self.path = path
    self.chinese = chinese
    self.english = english
  }

  public func name(in language: PageLanguage) -> String { language(chinese, english) }

  public static let articles = SiteSection(path: "/", chinese: "文章", english: "Articles")
  public static let archive = SiteSection(path: "/archives/", chinese: "归档", english: "Archive")
  public static let topics = SiteSection(path: "/topics/", chinese: "分类", english: "Topics")
  public static let about = SiteSection(path: "/about/", chinese: "说明", english: "About")

  /// What an export has; a server inserts its live parts.
  public static let fixed: [SiteSection] = [.articles, .archive, .topics, .about]
}
