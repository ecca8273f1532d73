import TableQueries

/// Which words of a question gave which part of its query: those without which the model is much less sure of it.
///
/// A word that is taken away changes a little everywhere. Shown are whole words: what stands in the part's own column, what
/// asks of a selection and what compares of a condition; where there are none of these, whatever else is of two characters
/// or more.
struct QueryReasons {
  let selections: [[Range<Int>]]
  let conditions: [[Range<Int>]]

  init(_ asked: TableReader.Asked, _ answer: DecodedQuery, by model: QuestionModel) {
    let units = Self.units(asked)
    var rows: [(tokens: [Int], segments: [Int]?, headers: [Int])] = [
      (asked.row.tokens, asked.row.segments, asked.row.headers)
    ]
    for unit in units {
      var (tokens, segments) = (asked.row.tokens, asked.row.segments)
      for place in unit.places {
        tokens[place + 1] = QuestionLayout.unknown
        segments[place + 1] = 0
      }
      rows.append((tokens, segments, asked.row.headers))
    }
    let readings = model.read(rows)
    func reasons(
      _ column: Int, _ kind: Unit.Kind, besides: Range<Int>? = nil,
      _ probability: (QuestionReading) -> Double
    ) -> [Range<Int>] {
      let whole = probability(readings[0])
      let drops = readings.dropFirst().map { whole - probability($0) }
      let largest = drops.max() ?? 0
      guard largest > 0.1 else { return [] }
      let found = zip(units, drops).filter { $1 >= 0.5 * largest }.map(\.0)
        .filter { besides?.overlaps(asked.range(of: $0.places)) != true }
      let words = found.filter { $0.kind == kind || $0.kind == .column(column) }
      let shown = words.isEmpty ? found.filter { $0.kind == .other && $0.places.count > 1 } : words
      return Self.joined(shown.map { asked.range(of: $0.places) })
    }
    selections = answer.query.selections.map { selection in
      let place = asked.row.columns.firstIndex(of: selection.column) ?? 0
      return reasons(selection.column, .asking) {
        Double($0.selections[place][selection.aggregate.rawValue])
      }
    }
    conditions = zip(answer.query.conditions, answer.values).map { condition, value in
      let column = asked.row.columns.firstIndex(of: condition.column) ?? 0
      let places = asked.question.tokens.indices.filter {
        asked.question.tokens[$0].range.overlaps(value.range)
      }.map { $0 + 1 }
      return reasons(condition.column, .comparing, besides: value.range) { reading in
        places.reduce(0.0) { sum, place in
          sum + Double(reading.comparisons[place][condition.comparison.rawValue])
            * Double(reading.columns[place][column])
        } / Double(max(1, places.count))
      }
    }
  }

  /// What is taken away together.
  private struct Unit {
    enum Kind: Equatable {
      /// Stands in a column's header or cells.
      case column(Int)
      /// One of the words that ask, and of those that compare.
      case asking, comparing
      case other
    }

    var places: Range<Int>
    var kind: Kind
  }

  /// The longer before what they begin with.
  private static let words: [(tokens: [String], kind: Unit.Kind)] = [
    (Unit.Kind.asking, "平均 均值 平均值 最高 最大 最多 最低 最小 最少 最长 最短 最贵 最便宜 最早 最晚 最新 最大值 最小值 最近 最远 最重 最轻"),
    (.asking, "总共 一共 总和 合计 总计 总数 共有 共计 多少 几个 几条 几种 几部 几家 几位 几人 多少个 多少条 多少种 多少人 数量"),
    (.asking, "哪些 哪个 哪里 哪位 哪几个 哪家 哪一个 有哪些 是什么 什么 是谁 谁"),
    (.comparing, "大于 小于 超过 高于 低于 多于 少于 早于 晚于 不到 不足 不超过 不低于 不少于 不高于 至少 至多 以上 以下 以内 过"),
    (.comparing, "以后 之后 以前 之前 之间 后 前 等于 不等于 不是 不在 除了 除去 并且 而且 或者 或 且"),
  ].flatMap { kind, words in words.split(separator: " ").map { ($0.map(String.init), kind) } }
    .sorted { $0.tokens.count > $1.tokens.count }

  private static func units(_ asked: TableReader.Asked) -> [Unit] {
    let tokens = asked.question.tokens.prefix(asked.row.question.count).map(\.text)
    var units: [Unit] = []
    var place = 0
    while place < tokens.count {
      switch asked.links[place] {
      case .header(let column)?, .cell(let column)?:
        var end = place + 1
        while end < tokens.count, asked.links[end] == asked.links[place] { end += 1 }
        units.append(Unit(places: place..<end, kind: .column(column)))
      case let link:
        let word = words.first { word, _ in
          tokens[place...].starts(with: word)
            && asked.links[place..<place + word.count].allSatisfy { $0 == nil }
        }
        if let word {
          units.append(Unit(places: place..<place + word.tokens.count, kind: word.kind))
        } else if let last = units.last, link != nil, last.kind == .other,
          asked.links[place - 1] == link
        {
          units[units.count - 1].places = last.places.lowerBound..<place + 1
        } else {
          units.append(Unit(places: place..<place + 1, kind: .other))
        }
      }
      place = units[units.count - 1].places.upperBound
    }
    return units
  }

  private static func joined(_ ranges: [Range<Int>]) -> [Range<Int>] {
    ranges.reduce(into: []) { joined, range in
      if let last = joined.last, last.upperBound == range.lowerBound {
        joined[joined.count - 1] = last.lowerBound..<range.upperBound
      } else {
        joined.append(range)
      }
    }
  }
}

extension TableReader.Asked {
  /// The scalars of the question at tokens, of which there is one at least.
  fileprivate func range(of places: Range<Int>) -> Range<Int> {
    question.tokens[places.lowerBound].range
      .lowerBound..<question.tokens[places.upperBound - 1].range.upperBound
  }
}
