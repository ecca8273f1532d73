import Formats
import Foundation
import Messages

/// Reads examples from files: TSV, CSV, JSON lines, SQuAD's JSON, tagged lines, plain lines; gzip is unpacked.
public enum TextFiles {
  private enum Form { case tsv, csv, json, tagged, lines }

  /// The examples of a file, whose form its name says: `.tsv`, `.csv`, `.jsonl` or `.json`, `.bio`, `.bmes` or
  /// `.conll`; others hold one text a line.
  ///
  /// - Parameter isLabeled: Whether what is right must be there.
  ///
  /// Throws `FileError` or `InputError` for files that are missing, damaged or empty, and for missing columns,
  /// naming those that are there.
  public static func read(
    _ path: String, for task: FineTuningTask, columns: ColumnNames = ColumnNames(), isLabeled: Bool
  ) throws -> [TextItem] {
    let items: [TextItem]
    switch form(path) {
    case .tsv: items = try table(path, isTSV: true, task, columns, isLabeled)
    case .csv: items = try table(path, isTSV: false, task, columns, isLabeled)
    case .json: items = try json(path, task, columns, isLabeled)
    case .tagged:
      guard task.hasEntities else {
        throw FileError(
          path: path, reason: "holds tags of tokens, which \(task.rawValue) has no use for")
      }
      items = try TaggedLines.items(text(path), path: path)
    case .lines:
      guard !isLabeled else {
        throw FileError(
          path: path,
          reason:
            "is of a form that is not known; .tsv, .csv, .jsonl, .json, .bio, .bmes and .conll are, "
            + "each also as .gz")
      }
      guard task != .pair && task != .extract else {
        throw FileError(path: path, reason: "\(task.rawValue) reads two texts: give .tsv or .jsonl")
      }
      items = lines(try text(path))
    }
    guard !items.isEmpty else { throw FileError(path: path, reason: "holds no examples") }
    return items
  }

  /// One text a line.
  public static func lines(_ text: String) -> [TextItem] {
    text.split(whereSeparator: \.isLineEnd).enumerated().map {
      TextItem(id: String($0.offset + 1), text: String($0.element))
    }
  }

  private static func form(_ path: String) -> Form {
    var name = path.lowercased()
    if name.hasSuffix(".gz") { name.removeLast(3) }
    switch (name as NSString).pathExtension {
    case "tsv": return .tsv
    case "csv": return .csv
    case "json", "jsonl": return .json
    case "bio", "bmes", "bioes", "conll": return .tagged
    default: return .lines
    }
  }

  private static func text(_ path: String) throws -> String {
    String(decoding: try ByteSource(path: path).readAll(), as: UTF8.self)
  }

  private static func table(
    _ path: String, isTSV: Bool, _ task: FineTuningTask, _ columns: ColumnNames, _ isLabeled: Bool
  ) throws -> [TextItem] {
    guard !task.hasEntities, task != .extract else {
      throw FileError(
        path: path,
        reason: task == .extract
          ? "questions come as SQuAD's JSON, or as JSON lines of context, question and answer"
          : "entities come as JSON lines (label or entities) or as tagged lines (.bio, .bmes, .conll)"
      )
    }
    let usual = ColumnNames.usual(task)
    let asked = [columns.text, columns.second, columns.label].compactMap { $0 }
      .filter { Int($0) == nil }
    let table = try TextTable(
      path: path, isTSV: isTSV, known: Set(usual.text + usual.second + usual.label + asked))
    let guess = table.hasNames ? ColumnNames() : table.guess(task, expectsLabel: isLabeled)
    func find(
      _ asked: String?, _ usual: [String], _ guess: String?, _ option: String, _ role: String,
      isNeeded: Bool
    ) throws -> [String]? {
      let name =
        try ColumnNames.find(
          asked, usual: usual, among: table.names, option: option, path: path) ?? guess
      if name == nil, isNeeded {
        throw ColumnNames.missing(role, option: option, path: path, known: table.names)
      }
      return name.map(table.values)
    }
    let needsSecond = task == .pair || task == .generate && isLabeled
    let texts =
      try find(columns.text, usual.text, guess.text, "textColumn", "text", isNeeded: true) ?? []
    let seconds =
      task == .classify
      ? nil
      : try find(
        columns.second, usual.second, guess.second, "secondColumn",
        task == .generate ? "text to generate" : "second text", isNeeded: needsSecond)
    let labels =
      task.hasClasses
      ? try find(
        columns.label, usual.label, guess.label, "labelColumn", "label", isNeeded: isLabeled) : nil
    return texts.indices.map {
      TextItem(
        id: String($0 + 1), text: texts[$0], second: seconds?[$0], label: labels?[$0])
    }
  }

  // MARK: - JSON

  private static func json(
    _ path: String, _ task: FineTuningTask, _ columns: ColumnNames, _ isLabeled: Bool
  ) throws -> [TextItem] {
    let bytes = try ByteSource(path: path).readAll()
    var records: [JSONValue]
    if let whole = try? bytes.withUnsafeBytes({ try JSONValue(parsing: $0) }) {
      if task == .extract, let articles = whole["data"]?.arrayValue {
        return articles.flatMap(Questions.squad)
      }
      records = whole.arrayValue ?? whole["data"]?.arrayValue ?? [whole]
    } else {
      let lines = bytes.last == 0x0A ? bytes : bytes + [0x0A]
      records = try lines.withUnsafeBytes { try JSONLines.parse($0, path: path).values }
    }
    guard let first = records.first else { throw FileError(path: path, reason: "is empty") }
    let keys = (first.members ?? []).map(\.key)
    let usual = ColumnNames.usual(task)
    func find(
      _ asked: String?, _ usual: [String], _ option: String, _ role: String, isNeeded: Bool
    ) throws -> String? {
      let key = try ColumnNames.find(asked, usual: usual, among: keys, option: option, path: path)
      if key == nil, isNeeded {
        throw ColumnNames.missing(role, option: option, path: path, known: keys)
      }
      return key
    }
    let text = try find(columns.text, usual.text, "textColumn", "text", isNeeded: true)
    let readsTwo = task == .pair || task == .extract
    let second = try find(
      columns.second, usual.second, "secondColumn", "second text",
      isNeeded: readsTwo || task == .generate && isLabeled)
    let label = try find(
      columns.label, usual.label, "labelColumn", "label", isNeeded: isLabeled && task.hasClasses)
    return try records.enumerated().map { index, record in
      let place = "record \(index + 1)"
      guard let content = text.flatMap({ record[$0]?.stringValue }) else {
        throw FileError(path: path, reason: "\(place): '\(text ?? "")' holds no text")
      }
      var item = TextItem(
        id: record["id"]?.stringValue ?? record["id"]?.integerValue.map(String.init)
          ?? String(index + 1), text: content)
      if let second { item.second = record[second]?.stringValue }
      if item.second == nil, readsTwo || task == .generate && isLabeled {
        throw FileError(path: path, reason: "\(place): '\(second ?? "")' holds no text")
      }
      switch task {
      case .classify, .pair:
        item.label = label.flatMap { record[$0] }.flatMap(name)
        if item.label == nil, isLabeled {
          throw FileError(path: path, reason: "\(place): '\(label ?? "")' holds no label")
        }
      case .tag, .pointer:
        item.spans = try Entities.spans(record, text: content) { reason in
          FileError(path: path, reason: "\(place): \(reason)")
        }
        if item.spans == nil, isLabeled {
          throw FileError(
            path: path,
            reason:
              "\(place): has no entities: neither 'entities' nor 'label' with lists of places; it has "
              + keys.joined(separator: ", "))
        }
      case .extract: Questions.addAnswers(of: record, to: &item)
      case .generate: break
      }
      return item
    }
  }

  /// A label as text.
  private static func name(_ value: JSONValue) -> String? {
    switch value {
    case .string(let text): text
    case .integer(let number): String(number)
    case .bool(let flag): flag ? "true" : "false"
    case .number(let number): "\(number)"
    default: nil
    }
  }
}

/// Entities as JSON collections write them.
private enum Entities {
  /// `entities: [{start, end, type}]` with the end not included, or CLUENER's `label: {type: {text: [[start, end]]}}`
  /// with the end included; `nil` if there is neither.
  static func spans(
    _ record: JSONValue, text: String, failure: (String) -> FileError
  ) throws -> [TextItem.Span]? {
    let length = text.unicodeScalars.count
    func span(_ label: String, _ start: Int, _ end: Int) throws -> TextItem.Span {
      guard 0 <= start, start < end, end <= length else {
        throw failure("the entity \(start) to \(end) is outside the text of \(length) characters")
      }
      return TextItem.Span(label, start..<end)
    }
    if let entities = record["entities"]?.arrayValue {
      return try entities.map { entity in
        guard let start = entity["start"]?.integerValue, let end = entity["end"]?.integerValue,
          let label = entity["type"]?.stringValue ?? entity["label"]?.stringValue
        else { throw failure("an entity has no start, end or type") }
        return try span(label, start, end)
      }
    }
    guard let kinds = record["label"]?.members else { return nil }
    return try kinds.flatMap { kind in
      try (kind.value.members ?? []).flatMap { entity in
        try (entity.value.arrayValue ?? []).map { place in
          guard let ends = place.arrayValue, ends.count == 2, let start = ends[0].integerValue,
            let last = ends[1].integerValue
          else { throw failure("'\(kind.key)' has a place that is no [start, end]") }
          return try span(kind.key, start, last + 1)
        }
      }
    }
  }
}

/// Questions as JSON collections write them.
private enum Questions {
  /// SQuAD's, CMRC's, DRCD's articles.
  static func squad(_ article: JSONValue) -> [TextItem] {
    (article["paragraphs"]?.arrayValue ?? []).flatMap { paragraph -> [TextItem] in
      let context = paragraph["context"]?.stringValue ?? ""
      return (paragraph["qas"]?.arrayValue ?? []).compactMap { entry in
        guard let question = entry["question"]?.stringValue, !context.isEmpty else { return nil }
        var item = TextItem(
          id: entry["id"]?.stringValue ?? question, text: context, second: question)
        addAnswers(of: entry, to: &item)
        return item
      }
    }
  }

  /// `answers: [{text, answer_start}]` or `answers: [text]` or `answer: text`; an empty list is no answer.
  static func addAnswers(of record: JSONValue, to item: inout TextItem) {
    if let answers = record["answers"]?.arrayValue {
      item.answers = answers.compactMap { $0["text"]?.stringValue ?? $0.stringValue }
        .filter { !$0.isEmpty }
      item.answerStart = answers.first?["answer_start"]?.integerValue
    } else if let answer = record["answer"]?.stringValue {
      item.answers = answer.isEmpty ? [] : [answer]
    }
    guard let answer = item.answers?.first else { return }
    // Some collections count otherwise than in scalars: what stands there decides.
    let length = answer.unicodeScalars.count
    if let start = item.answerStart, start >= 0,
      start + length <= item.text.unicodeScalars.count,
      item.text.scalars(start..<start + length) == answer
    {
      return
    }
    item.answerStart = item.text.range(of: answer, options: .literal).map {
      item.text.unicodeScalars.distance(
        from: item.text.unicodeScalars.startIndex, to: $0.lowerBound)
    }
  }
}
