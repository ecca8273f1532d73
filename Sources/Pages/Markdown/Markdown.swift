import Reports

/// A subset of Markdown with formulas, rendered to HTML that is safe by construction: every character of
/// the source is escaped, links lead only to http, https, mailto and the site itself, and there is no
/// raw HTML.
public enum Markdown {
  /// What a stranger wrote (a comment): no headings, no images, no numbered equations.
  public static func html(ofComment text: String) -> String {
    "<p>\(HTMLText.escaped(text))</p>"
  }
}
