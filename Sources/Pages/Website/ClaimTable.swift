import Reports

/// The table of a run's claims, as its article's page and its own page show it.
public enum ClaimTable {
  /// HTML. `statements` has the claims' words in `language` by their `id` (`ArticleSource.claims`); a claim
  /// that is not among them keeps the recipe's English ones.
  public static func html(
    _ claims: [Claim], _ language: PageLanguage, statements: [String: String] = [:]
  ) -> String {
    let (expected, measured) = (language("预期", "Expected"), language("实测", "Measured"))
    let rows = claims.map { claim in
      let words = statements[claim.id]
      let isForeign = words == nil && language != .english
      return """
        <tr><td class="verdict"><span class="chip \(claim.holds ? "holds" : "fails")">\
        \(claim.holds ? language("成立", "holds") : language("不成立", "fails"))</span></td>\
        <td class="statement"\(isForeign ? " lang=\"en\"" : "")>\
        \(HTMLText.escaped(words ?? claim.statement))<code>\(HTMLText.escaped(claim.id))</code></td>\
        <td class="figure" data-label="\(expected)">\(HTMLText.escaped(claim.expected))</td>\
        <td class="figure" data-label="\(measured)">\(HTMLText.escaped(claim.measuredText))</td></tr>
        """
    }
    return """
      <div class="scroll" tabindex="0"><table class="claims">
      <thead><tr><th scope="col"><span class="visually-hidden">\(language("结论", "Verdict"))</span></th>\
      <th scope="col">\(language("论断", "Claim"))</th><th scope="col" class="figure">\(expected)</th>\
      <th scope="col" class="figure">\(measured)</th></tr></thead>
      <tbody>\(rows.joined(separator: "\n"))</tbody></table></div>
      """
  }
}
