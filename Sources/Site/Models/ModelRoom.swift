import Articles
import ClassicalML
import FineTuning
import Formats
import Foundation
import Messages
import Parallel
import TableQueries
import Tokenizers
import Torch
import Transformers

/// The models that are loaded, each once, and what is asked of them, one after the other: libtorch divides each
/// piece of work over the processors itself.
actor ModelRoom {
  private nonisolated let thread = OwnThread("danlu.models")
  nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  /// Models that are kept; the one that was not asked for longest makes room.
  private let limit: Int
  private var loaded: [(model: ModelShelf.Model, value: Any)] = []

  init(limit: Int = 6) { self.limit = limit }

  /// The loaded form of `model`.
  private func value<Value>(_ model: ModelShelf.Model, load: () throws -> Value) throws -> Value {
    if let place = loaded.firstIndex(where: { $0.model == model }),
      let value = loaded[place].value as? Value
    {
      loaded.append(loaded.remove(at: place))
      return value
    }
    let value: Value
    do { value = try load() } catch let error as FileError {
      throw Problem(.serviceUnavailable, "the model cannot be loaded: \(error.reason)")
    } catch let error as InputError {
      throw Problem(.serviceUnavailable, "the model cannot be loaded: \(error)")
    }
    if loaded.count >= limit { loaded.removeFirst() }
    loaded.append((model, value))
    return value
  }

  // MARK: - Vectors

  func encode(_ texts: [String], pooling: SentenceEncoder.Pooling, by model: ModelShelf.Model)
    throws -> [[Float]]
  {
    var encoder = try value(model) { () -> SentenceEncoder in
      try LibTorch.load()
      let loaded = try PretrainedModel<Transformer>.load(folder: model.path)
      guard let tokenizer = loaded.tokenizer else {
        throw FileError(path: model.path, reason: "has no tokenizer")
      }
      loaded.model.evaluate()
      loaded.model.packLinearMaps()
      return SentenceEncoder(loaded.model, tokenizer)
    }
    encoder.pooling = pooling
    return try encoder.encode(texts)
  }

  // MARK: - Answers

  /// - Parameter tell: Gets the answer so far where it is decoded token by token.
  func ask(
    _ question: String, _ passages: [String]?, of model: ModelShelf.Model,
    _ tell: @escaping @Sendable (String) -> Void
  ) throws -> SavedReader.Answer {
    let answer = try value(model) { () -> SavedReader.Answerer in
      try SavedReader(folder: model.path).answerer()
    }
    let found = try answer(question, passages) { soFar in
      tell(soFar)
      return !Task.isCancelled
    }
    try Task.checkCancellation()
    return found
  }

  private typealias TableAnswerer = (TableSource, String, Int) throws -> TableAnswer

  func ask(
    _ question: String, csv: [UInt8], limit: Int, of model: ModelShelf.Model
  ) throws -> TableAnswer {
    let answer = try value(model) { () -> TableAnswerer in
      try SavedTableReader(folder: model.path).answerer()
    }
    let source: TableSource
    do { source = try TableSource(name: "t", csv: csv) } catch let error as FileError {
      throw Problem(.unprocessableContent, "the table: \(error.reason)")
    }
    return try answer(source, question, limit)
  }

  // MARK: - Pictures and texts

  /// PNG. The noise of `seed`, on the way to that of `other` as far as `share` says, with its first numbers given.
  func picture(
    seed: UInt64, other: UInt64?, share: Double, first: [Float], count: Int,
    of model: ModelShelf.Model
  ) throws -> [UInt8] {
    let pictures = try value(model) { try GeneratedPictures(run: model.path) }
    let end = other.map { pictures.noise(seed: $0) }
    let shares = count == 1 ? [share] : (0..<count).map { Double($0) / Double(count - 1) }
    let rows = (0..<count).map { index -> [Float] in
      var noise = pictures.noise(seed: end == nil ? seed &+ UInt64(index) : seed)
      if let end {
        // Along an arc on which the noise stays normal.
        let angle = shares[index] * .pi / 2
        let (own, others) = (Float(cos(angle)), Float(sin(angle)))
        noise = zip(noise, end).map { own * $0 + others * $1 }
      }
      for (place, number) in first.prefix(noise.count).enumerated() { noise[place] = number }
      return noise
    }
    let columns = min(8, count)
    let image = try pictures.images(of: rows, columns: columns)
    let factor = max(1, min(6, 220 / max(1, image.width / columns)))
    return (factor > 1 ? image.enlarged(factor) : image).png()
  }

  /// What texts are written about.
  enum Subject: Sendable {
    case label(String)
    case picture(Image)
  }

  /// - Parameter tell: Gets each piece as it is drawn, and the end of each text as `nil`.
  func texts(
    about subject: Subject, _ drawing: LoadedWriter.Drawing, of model: ModelShelf.Model,
    _ tell: @escaping @Sendable (String?) -> Void
  ) throws -> [String] {
    let writer = try value(model) {
      try SavedWriter(run: model.path, model.kind == .captioner ? .picture : .label).load()
    }
    func told(_ piece: String?) -> Bool {
      tell(piece)
      return !Task.isCancelled
    }
    let texts =
      switch subject {
      case .label(let label): try writer.texts(label: label, drawing, told)
      case .picture(let picture): try writer.texts(about: picture, drawing, told)
      }
    try Task.checkCancellation()
    return texts
  }

  // MARK: - Classes

  /// Labels with their probabilities, of each text or row.
  func classes(_ rows: [JSONValue], by model: ModelShelf.Model) throws -> [JSONValue] {
    model.kind == .classifier ? try fineTuned(rows, model) : try classical(rows, model)
  }

  private func fineTuned(_ rows: [JSONValue], _ model: ModelShelf.Model) throws -> [JSONValue] {
    let predictor = try value(model) { () -> FineTuning.Predictor in
      try LibTorch.load()
      let (loaded, tokenizer) = try FineTunedFolder(path: model.path).load()
      return Predictor(loaded, tokenizer)
    }
    let items = try rows.map { row -> TextItem in
      guard let text = row.stringValue else {
        throw Problem(.unprocessableContent, "this model reads texts, not rows of a table")
      }
      return TextItem(text: text)
    }
    let labels = predictor.settings.labels
    return try predictor.predict(items).predictions.map { prediction in
      Self.answer(
        prediction.label.map(JSONValue.string) ?? .null,
        zip(labels, prediction.probabilities).map { JSONMember($0, .number($1)) })
    }
  }

  private static func answer(_ label: JSONValue, _ probabilities: [JSONMember]) -> JSONValue {
    ["label": label, "probabilities": .object(probabilities)]
  }

  private func classical(_ rows: [JSONValue], _ model: ModelShelf.Model) throws -> [JSONValue] {
    let known = try value(model) { try ClassicalModel(path: model.path) }
    let texts = known.schema.columns.filter { if case .text = $0.kind { true } else { false } }
    let lines = try rows.map { row -> String in
      guard row.stringValue != nil else { return row.text() }
      guard known.schema.columns.count == 1, let column = texts.first else {
        throw Problem(
          .unprocessableContent,
          "this model reads rows: objects with \(known.schema.columns.map(\.name).joined(separator: ", "))"
        )
      }
      return JSONValue.object([JSONMember(column.name, row)]).text()
    }
    // Rows are read as from a file, with the same checks.
    let path =
      FileManager.default.temporaryDirectory.path + "/danlu-rows-\(UUID().uuidString).jsonl"
    let frame: Frame
    do {
      defer { unlink(path) }
      try AtomicFile.write(lines.joined(separator: "\n") + "\n", to: path)
      let stream = try RecordStream(path, format: .jsonl, schema: known.schema)
      // It is read through what is open: a site that is killed from here on leaves nothing behind.
      unlink(path)
      guard let batch = try stream.next(limit: rows.count) else { return [] }
      frame = batch.frame
    } catch let error as FileError {
      throw Problem(.unprocessableContent, "the rows: \(error.reason)")
    } catch let error as InputError {
      throw Problem(
        .unprocessableContent, error.problem.replacing(path, with: "the rows"))
    }
    let values = known.predictor.values(frame)
    let classes = known.schema.classes
    guard !classes.isEmpty else {
      return values.map { Self.answer(.number($0), []) }
    }
    return stride(from: 0, to: values.count, by: classes.count).map { start in
      let part = values[start..<start + classes.count]
      let best = part.indices.max { part[$0] < part[$1] } ?? start
      return Self.answer(
        .string(classes[best - start]), zip(classes, part).map { JSONMember($0, .number($1)) })
    }
  }
}
