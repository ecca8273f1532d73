/// A subset of Markdown with formulas, as HTML that is safe by construction: every character of the source
/// is escaped, links lead only to http, https, mailto and the site itself, and there is no raw HTML.
///
/// Headings, paragraphs, `**strong**`, `*emphasis*`, `` `code` ``, fences with a language, lists, quotes,
/// tables, links, images, footnotes `[^1]`, `$…$`, `$$…$$`, `\begin{equation}\label{eq:x}…\end{equation}`,
/// `\eqref{eq:x}`.
public enum Markdown {
  /// What a stranger wrote (a comment): no images, headings are bold lines, equations have no numbers,
  /// and nothing gets an `id`. Links are `nofollow`.
  public static func html(ofComment text: String) -> String {
    let rules = MarkdownHTML.Rules(
      hasAnchors: false, hasImages: false, relation: "nofollow ugc noreferrer noopener",
      resolve: { _ in nil })
    return MarkdownHTML.render(MarkdownTree(text), rules: rules).html
  }

  /// A page's text as HTML. `resolve` says where an address without a scheme leads, `nil` for nowhere.
  public static func html(
    _ text: String, language: PageLanguage,
    resolve: @escaping @Sendable (_ address: String) -> String? = { $0 }
  ) -> String {
    MarkdownHTML.render(
      MarkdownTree(text), rules: MarkdownHTML.Rules(language: language, resolve: resolve)
    ).html
  }
}
