import Reports

/// What the site is and how it is read.
struct AboutPage {
  let language: PageLanguage
  let options: Website.Options
  /// The guides that there are.
  let guides: [ArticleSource]

  func page() -> WebPage {
    let path = language.prefix + "/about/"
    let title = language("说明", "About")
    let html = Markdown.html(language(Self.chinese, Self.english), language: language) {
      PageLayout.address($0, from: path)
    }
    let links = guides.map {
      "<li><a href=\"\(PageLayout.address($0.path, from: path))\">\(HTMLText.escaped($0.title))</a></li>"
    }
    let guideList =
      links.isEmpty ? "" : "<h2>\(language("指南", "Guides"))</h2>\n<ul>\(links.joined())</ul>"
    return WebPage(
      html: PageLayout(
        title: title, language: language, path: path,
        otherLanguagePath: language.other.prefix + "/about/",
        section: .about, sections: options.sections,
        body:
          "<div class=\"page-head\"><h1>\(title)</h1></div><div class=\"text single\">\(html)\(guideList)</div>"
      ).html())
  }

  private static let chinese = """
    丹炉是一套 Swift 工具：苏剑林的博客[科学空间](https://kexue.fm)里的方法，每一篇都可以运行，并且量一量文章说的话成不成立。这里一篇一页。

    ## 一页里有什么

    方法与公式用的是丹炉自己的话；公式有编号，文中的编号是链接。论断表取自 `runs/` 里最新的一次运行：每行一条论断、预期和实测，不成立的照样列出。要重做一遍，复制表下的那一行命令。

    ## 阅读

    - 公式是 MathML，由丹炉写出，不需要脚本；太宽的公式在自己的框里滚动。
    - 右上角切换语言与深浅；深浅默认随系统。
    - 键盘：`/` 搜索，`j` 下一篇，`k` 上一篇，`t` 深浅，`?` 列出全部。
    - 打印时只留题目、正文和来源。
    - 不开 JavaScript 也能读，只有复制、引用、实时部分需要它。

    ## 搜索

    可以直接输入整句。每页按双字、词和英文单词建索引，用 BM25 计分；含有整句的页面排在最前。词由丹炉自己的新词发现从全部文章里找出，没有词典。导出的静态页面在浏览器里搜索，结果相同。

    ## 订阅与许可

    订阅地址：[RSS](/feed.xml) 与 [Atom](/atom.xml)。文字与代码都按 [Apache-2.0](https://www.apache.org/licenses/LICENSE-2.0) 发布，保留声明即可使用。方法属于各篇原文，引用时请引用原文：每页的“引用”给出文字和 BibTeX。
    """

  private static let english = """
    Danlu is a Swift toolkit for the methods of Su Jianlin's blog [科学空间](https://kexue.fm): every article runs, and what it claims is measured. Here each has a page.

    ## What a page holds

    The method and its formulas are told in Danlu's own words; equations are numbered, and their numbers in the text are links. The table of claims comes from the newest run under `runs/`: a claim, what was expected, what was measured; those that fail are listed all the same. To do it again, copy the command below the table.

    ## Reading

    - Formulas are MathML that Danlu writes, without a script; wide ones scroll in their own box.
    - Language and theme are switched at the top right; the theme follows the system until then.
    - Keys: `/` searches, `j` leads to the next article, `k` to the one before, `t` switches the theme, `?` lists them.
    - Printed pages have the title, the text and its sources only.
    - Everything can be read without JavaScript; copying, citing and what is live need it.

    ## Search

    Whole sentences work. Each page is indexed by words, for Chinese by pairs of characters and by words that Danlu's own word discovery finds in all articles, without a dictionary. Pages are ranked by BM25; those that hold the whole sentence come first. Exported pages search in the browser, with the same result.

    ## Feeds and licence

    [RSS](/en/feed.xml) and [Atom](/en/atom.xml). Texts and code are under [Apache-2.0](https://www.apache.org/licenses/LICENSE-2.0): keep the notice and use them as you like. The methods belong to the original articles; please cite those: “Cite” on each page gives words and BibTeX.
    """
}
