import Datasets
import Messages
import Parallel
import TableQueries
import Tokenizers

/// A question cut into tokens: a character each, runs of Latin letters and numbers as one.
struct QuestionTokens: Sendable {
  struct Token: Sendable, Equatable {
    /// Folded to half width and small letters.
    var text: String
    /// Scalars of the text.
    var range: Range<Int>
    var isNumber: Bool
  }

  let scalars: [Unicode.Scalar]
  let tokens: [Token]

  init(_ text: String) {
    scalars = Array(text.unicodeScalars)
    let folded = FoldedText.scalars(text)
    var tokens: [Token] = []
    var place = 0
    func isDigit(_ index: Int) -> Bool {
      index < folded.count && (0x30...0x39).contains(folded[index].value)
    }
    func isLetter(_ index: Int) -> Bool {
      index < folded.count
        && ((0x61...0x7A).contains(folded[index].value)
          || (0xC0...0x24F).contains(folded[index].value))
    }
    while place < folded.count {
      var end = place + 1
      let isNumber = isDigit(place)
      if isNumber {
        while isDigit(end)
          || ((folded[safe: end] == "." || folded[safe: end] == ",") && isDigit(end + 1))
        {
          end += 1
        }
      } else if isLetter(place) {
        while isLetter(end) { end += 1 }
      }
      if folded[place] != " " {
        tokens.append(
          Token(
            text: String(String.UnicodeScalarView(folded[place..<end])), range: place..<end,
            isNumber: isNumber))
      }
      place = end
    }
    self.tokens = tokens
  }

  /// What stands at tokens, as the question has it.
  func text(_ places: Range<Int>) -> String {
    guard let first = tokens[safe: places.lowerBound], !places.isEmpty else { return "" }
    let last = tokens[places.upperBound - 1]
    return String(
      String.UnicodeScalarView(scalars[first.range.lowerBound..<last.range.upperBound]))
  }
}

extension Array {
  subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}

/// What of a question stands in which header, and in the cells of which column.
///
/// The article's model finds headers by having read a great many texts. One that starts from nothing is told: a word
/// that is in a header, or is a cell, says its column itself, whatever it means.
struct SchemaLinks: Sendable {
  enum Link: Equatable, Sendable {
    case header(Int)
    case cell(Int)
    /// Of several columns alike.
    case several
    /// Of the table's name: what its rows are called.
    case table
  }

  private let titles: [[String]]
  private let name: [String]
  /// Folded cells without spaces; the columns that hold one.
  private let columns: [String: [Int]]
  private let longest: Int

  init(_ table: QueryTable) {
    titles = table.columns.map { $0.questionTokens.map(\.text) }
    name = QuestionTokens(table.name).tokens.map(\.text)
    var columns: [String: [Int]] = [:]
    var longest = 0
    for (index, column) in table.columns.enumerated() where column.kind == .text {
      for cell in column.cells {
        let folded = FoldedText.string(cell).filter { $0 != " " }
        // A cell of one letter or digit stands everywhere.
        guard !folded.isEmpty, folded.count > 1 || !folded.allSatisfy(\.isASCII), folded.count <= 40
        else { continue }
        if columns[folded]?.last != index { columns[folded, default: []].append(index) }
        longest = max(longest, folded.count)
      }
    }
    self.columns = columns
    self.longest = longest
  }

  /// For each token what it is part of, the longest match deciding; without cells of headers alone, and without the
  /// table's name where that says nothing.
  func links(of question: QuestionTokens, withCells: Bool = true, withName: Bool = true) -> [Link?]
  {
    var links = [Link?](repeating: nil, count: question.tokens.count)
    var lengths = [Double](repeating: 0, count: links.count)
    for (column, title) in titles.enumerated() {
      mark(question, .header(column), title, &links, &lengths)
    }
    if withName {
      // What a header says more of is the header's.
      var (named, shared) = ([Link?](repeating: nil, count: links.count), lengths)
      mark(question, .table, name, &named, &shared)
      for place in links.indices where named[place] == .table {
        (links[place], lengths[place]) = (.table, shared[place])
      }
    }
    if withCells { markCells(question, &links, &lengths) }
    return links
  }

  /// Runs of two tokens or more that a header shares with the question, or all of a header.
  private func mark(
    _ question: QuestionTokens, _ link: Link, _ title: [String], _ links: inout [Link?],
    _ lengths: inout [Double]
  ) {
    for start in question.tokens.indices {
      for from in title.indices where title[from] == question.tokens[start].text {
        // Only where the run begins.
        if start > 0, from > 0, title[from - 1] == question.tokens[start - 1].text { continue }
        var count = 1
        while start + count < question.tokens.count, from + count < title.count,
          title[from + count] == question.tokens[start + count].text
        {
          count += 1
        }
        let token = question.tokens[start]
        let isWord = count == 1 && !token.isNumber && token.text.count > 2
        guard count > 1 || count == title.count || isWord else { continue }
        let length = Double(count) + (count == title.count ? 0.5 : 0)
        for place in start..<start + count {
          if length > lengths[place] {
            (links[place], lengths[place]) = (link, length)
          } else if length == lengths[place], links[place] != link, link != .table {
            links[place] = .several
          }
        }
      }
    }
  }

  private func markCells(
    _ question: QuestionTokens, _ links: inout [Link?], _ lengths: inout [Double]
  ) {
    guard longest > 0 else { return }
    var start = 0
    while start < question.tokens.count {
      var text = ""
      var best: (end: Int, columns: [Int])?
      for end in start..<question.tokens.count {
        text += question.tokens[end].text
        if text.count > longest { break }
        if let columns = columns[text] { best = (end + 1, columns) }
      }
      guard let best,
        !lengths[start..<best.end].contains(where: { $0 > Double(best.end - start) })
      else {
        start += 1
        continue
      }
      for place in start..<best.end {
        links[place] = best.columns.count > 1 ? .several : .cell(best.columns[0])
      }
      start = best.end
    }
  }
}

extension QueryTable.Column {
  /// The header's words, without its unit.
  var questionTokens: [QuestionTokens.Token] { QuestionTokens(title.isEmpty ? name : title).tokens }
}

/// How a question and a table's headers stand in a row of tokens:
///
///     [CLS] q₁ … q_L [SEP] [TEXT] h₁ [SEP] [REAL] h₂ [SEP] …
///
/// The article begins each header with [CLS]; here its token says what the column holds. The vocabulary are the
/// characters of training questions. All others, and part of the known ones in training, stand for themselves only
/// within a row: the first of 128 nameless tokens drawn at random is the first such character, wherever it occurs. So a
/// header nobody has seen is found in the question by being the same.
/// Segments number the columns: a header's tokens and what of the question stands in it, or in its cells, are alike.
struct QuestionLayout: Sendable {
  static let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[TEXT]", "[REAL]", "[DATE]"]
  /// What stands for a token without a name.
  static let unknown = 1
  static let namelessCount = 128
  static let numberCount = 32
  /// Columns of a row, the most linked first where a table has more; tokens of a header.
  static let columnLimit = 24
  static let headerLimit = 14
  static let questionLimit = 120
  /// No column, several columns, columns by number, columns whose cell it is by number, the table.
  static let segmentCount = 3 + 2 * columnLimit

  let vocabulary: Vocabulary
  private let firstNameless: Int
  private let firstNumber: Int
  /// Whether words of the question that are in headers and cells are marked.
  var marksLinks = true

  /// Nameless tokens and numbers come behind the special ones, then `characters`.
  init(characters: [String]) {
    self.init(
      vocabulary: Vocabulary(
        Self.special + (0..<Self.namelessCount).map { "[NAMELESS\($0)]" }
          + (0..<Self.numberCount).map { "[NUMBER\($0)]" } + characters))
  }

  init(vocabulary: Vocabulary) {
    self.vocabulary = vocabulary
    firstNameless = Self.special.count
    firstNumber = Self.special.count + Self.namelessCount
  }

  /// Whether the vocabulary begins as every layout's does.
  var isWhole: Bool {
    let fixed = QuestionLayout(characters: []).vocabulary.tokens
    return vocabulary.tokens.starts(with: fixed)
  }

  /// A question about a table, in a row.
  struct Row: Sendable {
    var tokens: [Int]
    var segments: [Int]
    /// Places of the headers' first tokens.
    var headers: [Int]
    /// Columns of the table, in the order of `headers`.
    var columns: [Int]
    /// Places of the question's tokens.
    var question: Range<Int>
  }

  /// - Parameters:
  ///   - links: For each token of the question what it is part of.
  ///   - hidden: Texts that are written as nameless tokens though they are known.
  ///   - random: Decides which nameless tokens and numbers are taken.
  func row(
    _ question: QuestionTokens, _ table: QueryTable, links: [SchemaLinks.Link?],
    hidden: Set<String> = [],
    random: inout RandomStream
  ) -> Row {
    let titles = table.columns.map(\.questionTokens)
    let columns = self.columns(question, titles, links)
    var nameless = Pool(count: Self.namelessCount, first: firstNameless)
    var numbers = Pool(count: Self.numberCount, first: firstNumber)
    func id(_ token: QuestionTokens.Token, _ random: inout RandomStream) -> Int {
      if token.isNumber { return numbers.id(token.text, &random) ?? Self.unknown }
      if !hidden.contains(token.text), let known = vocabulary.id(token.text) { return known }
      return nameless.id(token.text, &random) ?? Self.unknown
    }
    // A column's number says nothing: any may be any column's.
    var segmentOf: [Int: Int] = [:]
    var free = Array(2..<2 + Self.columnLimit)
    for column in columns { segmentOf[column] = free.remove(at: random.below(free.count)) }
    var row = Row(tokens: [2], segments: [0], headers: [], columns: columns, question: 1..<1)
    for (token, link) in zip(question.tokens, links).prefix(Self.questionLimit) {
      row.tokens.append(id(token, &random))
      switch marksLinks ? link : nil {
      case nil: row.segments.append(0)
      case .several?: row.segments.append(1)
      case .table?: row.segments.append(Self.segmentCount - 1)
      case .header(let column)?: row.segments.append(segmentOf[column] ?? 0)
      case .cell(let column)?:
        row.segments.append(segmentOf[column].map { $0 + Self.columnLimit } ?? 0)
      }
    }
    row.question = 1..<row.tokens.count
    row.tokens.append(3)
    row.segments.append(0)
    for column in columns {
      row.headers.append(row.tokens.count)
      let segment = marksLinks ? segmentOf[column] ?? 0 : 0
      let begin =
        switch table.columns[column].kind {
        case .text: 4
        case .number: 5
        case .date: 6
        }
      row.tokens.append(begin)
      for token in titles[column].prefix(Self.headerLimit) { row.tokens.append(id(token, &random)) }
      row.tokens.append(3)
      row.segments += [Int](repeating: segment, count: row.tokens.count - row.segments.count)
    }
    return row
  }

  /// The columns that fit, in the table's order: of a wider table those that share most with the question.
  private func columns(
    _ question: QuestionTokens, _ titles: [[QuestionTokens.Token]],
    _ links: [SchemaLinks.Link?]
  ) -> [Int] {
    guard titles.count > Self.columnLimit else { return Array(titles.indices) }
    let singles = Set(question.tokens.map(\.text))
    let scores = titles.enumerated().map { index, title in
      let linked = links.contains(.header(index)) || links.contains(.cell(index))
      let same = title.count { singles.contains($0.text) }
      return Double(same) / Double(title.count + 2) + (linked ? 1 : 0)
    }
    return titles.indices.sorted { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
      .prefix(Self.columnLimit).sorted()
  }

  /// Tokens that are given to texts in the order in which they come, at random.
  private struct Pool {
    private var free: [Int]
    private var given: [String: Int] = [:]

    init(count: Int, first: Int) { free = Array(first..<first + count) }

    /// `nil` where none is left.
    mutating func id(_ text: String, _ random: inout RandomStream) -> Int? {
      if let id = given[text] { return id }
      guard !free.isEmpty else { return nil }
      let place = random.below(free.count)
      free.swapAt(place, free.count - 1)
      let id = free.removeLast()
      given[text] = id
      return id
    }
  }
}
