import Articles
import Formats
import Foundation
import Hummingbird
import Messages
import TableQueries
import Transformers

/// What trained models answer.
struct ModelEndpoints: Sendable {
  let shelf: ModelShelf
  let desk: ModelDesk
  let streams: StreamGauge
  /// Where files of models are looked at.
  let files: WorkPool

  /// What streams where the client wants to see it grow.
  static let streamProperty = Schema.Property(
    "stream", .boolean,
    "Whether it is told as it is written, as server-sent events: `piece`s, then `answer` with what is answered otherwise, or `problem`.",
    fallback: false)

  func all() -> [Endpoint] { [models, encode, ask, sql, generate, classify] }

  static let modelProperty = Schema.Property(
    optional: "model", .text(200),
    "Its name under /api/v1/models; the newest able one unless given.")

  func model(
    _ input: JSONValue, _ request: SiteRequest, _ kinds: ModelShelf.Kind...
  ) async throws -> ModelShelf.Model {
    try await files.run(for: request) { _ in
      try shelf.model(input["model"]?.stringValue, kinds: kinds)
    }
  }

  private var models: Endpoint {
    .json(
      .get, "/api/v1/models", tag: "models", "The models that can be asked.",
      answers: .object([
        .init(
          "models",
          .list(
            .object([
              .init("name", .text, "Its file's or folder's."),
              .init("kind", .choice(ModelShelf.Kind.allCases.map(\.rawValue)), "What it can do."),
              .init(optional: "labels", .list(.text), "What a writer can be asked for."),
              .init(optional: "example", .text, "A question that it can be asked."),
            ])), "The newest first.")
      ])
    ) { _, request in
      try await files.run(for: request, within: .seconds(20)) { _ in
        ["models": .array(shelf.all().map(described))]
      }
    }
  }

  private func described(_ model: ModelShelf.Model) -> JSONValue {
    var members = [
      JSONMember("name", .string(model.name)), JSONMember("kind", .string(model.kind.rawValue)),
    ]
    if model.kind == .writer, let labels = try? SavedWriter(run: model.path, .label).labels() {
      members.append(JSONMember("labels", .array(labels.map(JSONValue.string))))
    }
    if model.kind == .reader, let question = SavedReader(folder: model.path).exampleQuestion {
      members.append(JSONMember("example", .string(question)))
    }
    return .object(members)
  }

  // MARK: - Vectors

  private var encode: Endpoint {
    let schema = Schema.object([
      .init("texts", .array(.text(10_000, 0), count: 1...64), "What to encode."),
      .init("pooling", .choice(["mean", "cls"]), "What of the tokens' states.", fallback: "mean"),
      .init("normalize", .boolean, "Whether vectors get length 1.", fallback: false),
      .init(
        "format", .choice(["json", "base64"]), "Numbers, or 32-bit floats, the low byte first.",
        fallback: "json"), Self.modelProperty,
    ])
    return Endpoint(
      method: .post, path: "/api/v1/encode", tag: "models",
      summary: "Vectors of texts; requests that come together go through the model together.",
      body: .json(schema), bodyLimit: 2 << 20,
      answer: .json(
        .object([
          .init("model", .text, "Who encoded."), .init("dimension", .count, "Numbers of a vector."),
          .init("vectors", .list(.any), "One a text: lists of numbers, or texts."),
        ])), problems: [404], example: ["texts": ["今天天气很好", "It is sunny"]]
    ) { request in
      let input = try await request.json(schema)
      let model = try await model(input, request, .encoder)
      let pooling: SentenceEncoder.Pooling = input.text("pooling") == "cls" ? .first : .mean
      var vectors = try await desk.encode(
        input.texts("texts"), pooling: pooling, by: model, for: request)
      if input.flag("normalize") { vectors = vectors.map(Self.normalized) }
      let isPacked = input.text("format") == "base64"
      // Written at once: a tree of numbers would cost more than the model.
      var text =
        "{\"model\":\(JSONValue.string(model.name).text()),\"dimension\":\(vectors.first?.count ?? 0),\"vectors\":["
      for (index, vector) in vectors.enumerated() {
        if index > 0 { text += "," }
        text += isPacked ? "\"\(Self.base64(vector))\"" : Self.list(vector)
      }
      text += "]}"
      return .text(text, type: "application/json")
    }
  }

  private static func normalized(_ vector: [Float]) -> [Float] {
    let length = max(1e-12, vector.reduce(0) { $0 + $1 * $1 }.squareRoot())
    return vector.map { $0 / length }
  }

  private static func list(_ vector: [Float]) -> String {
    "[" + vector.map { $0.isFinite ? "\($0)" : "null" }.joined(separator: ",") + "]"
  }

  private static func base64(_ vector: [Float]) -> String {
    vector.map { $0.bitPattern.littleEndian }.withUnsafeBytes { Data($0).base64EncodedString() }
  }

  // MARK: - Answers

  private var ask: Endpoint {
    let schema = Schema.object([
      .init("question", .text(200), "The question."),
      .init(
        optional: "passages", .array(.text(20_000), count: 1...20),
        "What to read; the run's own passages unless given."), Self.streamProperty,
      Self.modelProperty,
    ])
    return Endpoint(
      method: .post, path: "/api/v1/ask", tag: "models",
      summary:
        "Asks a trained reader a question about passages. Streamed, each `piece` has the answer so far as `text`.",
      body: .json(schema), bodyLimit: 1 << 20,
      answer: .json(
        .object([
          .init("model", .text, "Who answered."),
          .init("answer", .optional(.text), "`null`: the passages do not tell."),
          .init("score", .number, "How sure it is."),
          .init(
            "votes",
            .list(
              .object([
                .init("passage", .text, "What was read."),
                .init("vote", .number, "How much spoke for the answer."),
                .init("start", .optional(.count), "Where the answer stands."),
                .init("end", .optional(.count), "Where it ends."),
              ])), "Of each passage."),
        ])), alsoAnswers: [EventStream.mediaType], problems: [404],
      example: ["question": "谁写了《山河记》？"]
    ) { request in
      let input = try await request.json(schema)
      let model = try await model(input, request, .reader)
      let question = input.text("question")
      let passages = input["passages"] == nil ? nil : input.texts("passages")
      return try await respond(request, isStreamed: input.flag("stream")) { send in
        let answer = try await desk.ask(for: request) {
          try await $0.ask(question, passages, of: model) { send(["text": .string($0)]) }
        }
        return Self.told(answer, by: model)
      }
    }
  }

  private static func told(_ answer: SavedReader.Answer, by model: ModelShelf.Model) -> JSONValue {
    [
      "model": .string(model.name), "answer": answer.text.map(JSONValue.string) ?? .null,
      "score": .number(answer.score),
      "votes": .array(
        answer.passages.map {
          [
            "passage": .string($0.text), "vote": .number($0.vote),
            "start": $0.place.map { .integer($0.lowerBound) } ?? .null,
            "end": $0.place.map { .integer($0.upperBound) } ?? .null,
          ]
        }),
    ]
  }

  /// The answer when it is whole, or, streamed, with what `make` sends on the way as `piece`s.
  func respond(
    _ request: SiteRequest, isStreamed: Bool,
    _ make:
      @escaping @Sendable (_ send: @escaping @Sendable (JSONValue) -> Void) async throws ->
      JSONValue
  ) async throws -> Response {
    guard isStreamed else { return .json(try await make { _ in }) }
    return try EventStream.response(gauge: streams) { send in
      try await make { send(ServerEvent(name: "piece", data: $0.text())) }
    }
  }

  private var sql: Endpoint {
    .json(
      .post, "/api/v1/sql", tag: "models", "Asks a table a question in Chinese.",
      takes: .object([
        .init("question", .text(200), "The question."),
        .init("table", .text(1_000_000, 3), "A CSV or TSV file's text, with a line of headers."),
        .init("limit", .integer(1...500), "Rows that are told.", fallback: 50), Self.modelProperty,
      ]), limit: 12 << 20,
      answers: .object([
        .init("model", .text, "Who answered."), .init("sql", .text, "The query."),
        .init("values", .list(.any), "What its question marks stand for."),
        .init(
          "parts",
          .list(
            .object([
              .init("sql", .text, "A part of the query."),
              .init("words", .list(.text), "The words of the question that gave it."),
            ])), "Why."),
        .init("columns", .list(.text), "The names of the columns."),
        .init("rows", .list(.list(.any)), "The rows."),
        .init("isCut", .boolean, "Whether there are more."),
        .init("notes", .list(.text), "What to know."),
      ]), problems: [404],
      example: [
        "question": "人口超过五百万的城市有哪些", "table": "城市,人口（万）\n甲城,620\n乙城,310\n丙城,880\n",
      ]
    ) { input, request in
      let model = try await model(input, request, .tables)
      let (question, limit) = (input.text("question"), input.integer("limit"))
      let table = Array(input.text("table").utf8)
      let answer = try await desk.ask(for: request) {
        try await $0.ask(question, csv: table, limit: limit, of: model)
      }
      return [
        "model": .string(model.name), "sql": .string(answer.statement.sql),
        "values": .array(answer.statement.values.map(\.json)),
        "parts": .array(
          answer.parts.map {
            ["sql": .string($0.sql), "words": .array($0.words.map(JSONValue.string))]
          }),
        "columns": .array(answer.rows.names.map(JSONValue.string)),
        "rows": .array(answer.rows.rows.map { .array($0.map(\.json)) }),
        "isCut": .bool(answer.rows.isCut), "notes": .array(answer.notes.map(JSONValue.string)),
      ]
    }
  }

  // MARK: - Classes

  private var classify: Endpoint {
    let schema = Schema.object([
      .init(optional: "texts", .array(.text(20_000), count: 1...64), "Texts to classify."),
      .init(
        optional: "rows", .array(.map(.any, maxCount: 1000), count: 1...256),
        "Rows of a table, columns by name, for a classical model."), Self.modelProperty,
    ])
    return .json(
      .post, "/api/v1/classify", tag: "models", "Labels of texts or rows, by a trained model.",
      takes: schema, limit: 2 << 20,
      answers: .object([
        .init("model", .text, "Who decided."),
        .init(
          "results",
          .list(
            .object([
              .init("label", .any, "The most probable class, or a number of a regression."),
              .init("probabilities", .map(.number, maxCount: .max), "Of each class."),
            ])), "One a text or row."),
      ]), problems: [404], example: ["texts": ["这家酒店很干净"]]
    ) { input, request in
      let rows = (input["texts"] ?? input["rows"])?.arrayValue ?? []
      guard (input["texts"] == nil) != (input["rows"] == nil) else {
        throw Problem(.unprocessableContent, "either texts or rows are expected")
      }
      let model = try await model(input, request, .classifier, .classical)
      let results = try await desk.ask(for: request) { try await $0.classes(rows, by: model) }
      return ["model": .string(model.name), "results": .array(results)]
    }
  }
}
