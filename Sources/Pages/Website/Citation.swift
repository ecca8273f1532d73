/// How a page is cited: in words and for BibTeX, together with the article it is about.
struct Citation {
  private let source: ArticleSource
  private let original: String
  private let address: String?

  /// `original` is the title of the article at `source.source`.
  init(_ source: ArticleSource, original: String, address: String?) {
    self.source = source
    self.original = original
    self.address = address
  }

  func text(_ language: PageLanguage) -> String {
    var text = ""
    if let link = source.source {
      text =
        language(
          "苏剑林. (\(source.day.monthName). \(source.day.day), \(source.day.year)). 《\(original)》[Blog post]. Retrieved from \(link)",
          "Su, J. (\(source.day.monthName). \(source.day.day), \(source.day.year)). “\(original)” [Blog post]. Retrieved from \(link)"
        )
    }
    guard let address else { return text.isEmpty ? source.title : text }
    return text + (text.isEmpty ? "" : "\n") + "Danlu. \(source.title). \(address)"
  }

  var bibTeX: String {
    var entries: [String] = []
    if let link = source.source {
      let number = link.split(separator: "/").last.map(String.init) ?? source.name
      entries.append(
        entry(
          "kexuefm-\(number)",
          [
            ("title", original), ("author", "苏剑林"), ("year", source.year),
            ("month", source.day.monthName),
            ("url", "\\url{\(link)}"),
          ]))
    }
    if let address {
      entries.append(
        entry(
          "danlu-\(source.name)",
          [
            ("title", source.title), ("author", "{Danlu}"), ("url", "\\url{\(address)}"),
          ]))
    }
    if entries.isEmpty {
      entries.append(
        entry("danlu-\(source.name)", [("title", source.title), ("author", "{Danlu}")]))
    }
    return entries.joined(separator: "\n\n")
  }

  private func entry(_ key: String, _ fields: [(String, String)]) -> String {
    let width = fields.map(\.0.count).max() ?? 0
    let lines = fields.map { name, value in
      let value = name == "url" || name == "author" ? value : Self.escaped(value)
      return "  \(name)\(String(repeating: " ", count: width - name.count)) = {\(value)}"
    }
    return "@misc{\(key),\n\(lines.joined(separator: ",\n"))\n}"
  }

  /// TeX's own characters.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "&", "%", "$", "#", "_", "{", "}": result += "\\\(character)"
      case "\\": result += "\\textbackslash{}"
      case "~": result += "\\textasciitilde{}"
      case "^": result += "\\textasciicircum{}"
      default: result.append(character)
      }
    }
    return result
  }
}
