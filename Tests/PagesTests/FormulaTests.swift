import Testing

@testable import Pages

@Suite struct FormulaTests {
  private func mathML(_ tex: String) -> String {
    String(
      MathMLWriter.element(tex, isDisplayed: false).dropFirst("<math>".count).dropLast(
        "</math>".count))
  }

  @Test(arguments: [
    ("x", "<mi>x</mi>"),
    ("12.5", "<mn>12.5</mn>"),
    ("x^12", "<msup><mi>x</mi><mn>1</mn></msup><mn>2</mn>"),
    ("x_i^{2n}", "<msubsup><mi>x</mi><mi>i</mi><mrow><mn>2</mn><mi>n</mi></mrow></msubsup>"),
    ("f''", "<msup><mi>f</mi><mo lspace=\"0\" rspace=\"0\">″</mo></msup>"),
    ("\\frac12", "<mfrac><mn>1</mn><mn>2</mn></mfrac>"),
    ("\\sqrt[3]{x}", "<mroot><mrow><mi>x</mi></mrow><mrow><mn>3</mn></mrow></mroot>"),
    ("a-b", "<mi>a</mi><mo>−</mo><mi>b</mi>"),
    ("a=-b", "<mi>a</mi><mo>=</mo><mo form=\"prefix\" lspace=\"0\" rspace=\"0\">−</mo><mi>b</mi>"),
    ("a<b", "<mi>a</mi><mo>&lt;</mo><mi>b</mi>"),
    ("\\mathbb{E}", "<mrow><mi>𝔼</mi></mrow>"),
    ("\\mathcal L", "<mi>ℒ</mi>"),
    ("\\boldsymbol{A\\alpha}", "<mrow><mi>𝑨</mi><mi>𝜶</mi></mrow>"),
    ("\\mathbf{x}_1", "<msub><mrow><mi>𝐱</mi></mrow><mn>1</mn></msub>"),
    ("\\mathrm{KL}", "<mi>KL</mi>"),
    (
      "{\\bf a\\rm b}c",
      "<mrow><mi>𝐚</mi><mi mathvariant=\"normal\">b</mi></mrow><mi>c</mi>"
    ),
    (
      "\\fcolorbox{red}{blue}{x}",
      "<mrow><mstyle mathbackground=\"blue\"><mrow><mtext>x</mtext></mrow></mstyle></mrow>"
    ),
    ("\\operatorname{tr}A", "<mi>tr</mi><mspace width=\"0.1667em\"/><mi>A</mi>"),
    (
      "\\log(x)", "<mi>log</mi><mo stretchy=\"false\">(</mo><mi>x</mi><mo stretchy=\"false\">)</mo>"
    ),
    ("\\not=", "<mo>=\u{338}</mo>"),
    ("\\text{若 }x", "<mrow><mtext>若\u{a0}</mtext></mrow><mi>x</mi>"),
    ("a\\over b", "<mfrac><mrow><mi>a</mi></mrow><mrow><mi>b</mi></mrow></mfrac>"),
    ("\\nosuch{x}", "<mtext class=\"unknown-tex\">\\nosuch</mtext><mi>x</mi>"),
    ("x}", "<mi>x</mi><mtext class=\"unknown-tex\">}</mtext>"),
    ("% comment\nx", "<mi>x</mi>"),
  ])
  func elements(tex: String, expected: String) { #expect(mathML(tex) == expected) }

  @Test func limitsStandBelowWhereTeXSetsThem() {
    #expect(mathML("\\max_x").hasPrefix("<munder><mo movablelimits=\"true\""))
    #expect(mathML("\\sum_{i=1}^n").hasPrefix("<munderover><mo movablelimits=\"true\">∑</mo>"))
    #expect(mathML("\\int_0^1").hasPrefix("<msubsup><mo>∫</mo>"))
    #expect(mathML("\\int\\limits_0^1").hasPrefix("<munderover><mo>∫</mo>"))
    #expect(mathML("\\underbrace{x+y}_{n}").hasPrefix("<munder><munder accentunder=\"true\">"))
  }

  @Test func fencesStretch() {
    let fence = mathML("\\left[\\frac{a}{b}\\right.")
    #expect(fence.contains("<mo stretchy=\"true\" fence=\"true\" form=\"prefix\">[</mo>"))
    #expect(!fence.contains("postfix"))
    #expect(mathML("\\left\\|x\\right\\|").contains("‖"))
    #expect(mathML("\\Big(").contains("minsize=\"1.8em\""))
  }

  @Test func tables() {
    #expect(
      mathML("\\begin{pmatrix}a&b\\\\c&d\\end{pmatrix}").contains(
        "<mtr><mtd><mi>c</mi></mtd><mtd><mi>d</mi></mtd></mtr>"))
    let cases = mathML("\\begin{cases}1,&x>0\\\\0,&\\text{otherwise}\\end{cases}")
    #expect(cases.contains("<mtable class=\"cases\">") && cases.contains(">{</mo>"))
    let aligned = mathML("\\begin{aligned}a&=b\\\\&=c\\end{aligned}")
    #expect(aligned.contains("<mtd class=\"right\"><mi>a</mi></mtd><mtd class=\"left\">"))
    #expect(
      mathML("\\begin{array}{lr}a&b\\end{array}").contains(
        "<mtd class=\"left\"><mi>a</mi></mtd><mtd class=\"right\">"))
    #expect(mathML("\\begin{nosuch}x\\end{nosuch}").contains("\\begin{nosuch}"))
  }

  /// Every command that the articles use is known.
  @Test func theArticlesFormulasAreKnown() throws {
    let site = try Website(Website.Options())
    for article in site.articles {
      let html = String(decoding: site.page(at: article.path).bytes, as: UTF8.self)
      #expect(!html.contains("class=\"unknown-tex\""), "\(article.path)")
    }
  }
}
