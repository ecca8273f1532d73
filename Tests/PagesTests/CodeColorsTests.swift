import Testing

@testable import Pages

@Suite struct CodeColorsTests {
  @Test(arguments: [
    ("swift", "let x = 1.5", "<span class=\"t-k\">let</span> x = <span class=\"t-n\">1.5</span>"),
    (
      "swift", "Adam() // \"no\"",
      "<span class=\"t-t\">Adam</span>() <span class=\"t-c\">// &quot;no&quot;</span>"
    ),
    ("swift", "\"a \\\" b\" c", "<span class=\"t-s\">&quot;a \\&quot; b&quot;</span> c"),
    ("swift", "letter", "letter"),
    (
      "python", "# x\ndef f(): 'y'",
      "<span class=\"t-c\"># x</span>\n<span class=\"t-k\">def</span> f(): <span class=\"t-s\">&#39;y&#39;</span>"
    ),
    (
      "sh", "$ danlu run # all\nfor",
      "<span class=\"t-p\">$ </span>danlu run <span class=\"t-c\"># all</span>\nfor"
    ),
    ("sh", "a#b", "a#b"),
    (
      "json", "{\"a\": -1e-3, \"b\": true}",
      "{<span class=\"t-s\">&quot;a&quot;</span>: -<span class=\"t-n\">1e-3</span>, <span class=\"t-s\">&quot;b&quot;</span>: <span class=\"t-k\">true</span>}"
    ),
    ("unknown", "<let>", "&lt;let&gt;"),
    ("swift", "字\"", "字<span class=\"t-s\">&quot;</span>"),
  ])
  func tokens(language: String, code: String, expected: String) {
    #expect(CodeColors.html(code, language: language) == expected)
  }
}
