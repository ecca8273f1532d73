import Articles
import Formats
import Foundation
import HTTPTypes
import Hummingbird
import Messages
import Recipes
import Reports
import Tracking

/// Recipes, runs, their curves as they grow, and the queue.
struct RunEndpoints: Sendable {
  let library: RunLibrary
  let queue: RunQueue
  /// What recipes may be started with.
  let data: DataShelf
  /// The address of a TensorBoard that shows the runs.
  let tensorBoard: String?
  let streams: StreamGauge
  /// Where files of runs are read.
  let files: WorkPool
  private let watches = RunWatches()

  init(
    library: RunLibrary, queue: RunQueue, data: DataShelf, tensorBoard: String? = nil,
    streams: StreamGauge, files: WorkPool
  ) {
    self.library = library
    self.queue = queue
    self.data = data
    self.tensorBoard = tensorBoard
    self.streams = streams
    self.files = files
  }

  /// A run's state with the number of its samples.
  private func sight(_ name: String) -> JSONValue? {
    guard let state = try? state(name, queue.snapshot) else { return nil }
    let count = library.samples(RunFolder(path: library.folder + "/" + name)).count
    return .object((state.members ?? []) + [JSONMember("samples", .integer(count))])
  }

  private static let runParameter = Endpoint.Parameter(
    name: "run", schema: .text(200), about: "The run's name: that of its folder.", isInPath: true)

  func all() -> [Endpoint] {
    [recipes, list, start, detail, events, curves, sample, report, stop, resume, compare, inputs]
  }

  /// An endpoint whose files are read apart from the threads that answer.
  func reading(
    _ method: HTTPRequest.Method, _ path: String, _ summary: String,
    parameters: [Endpoint.Parameter] = [Self.runParameter], answers: Schema,
    status: HTTPResponse.Status = .ok, problems: [Int] = [404],
    _ body: @escaping @Sendable (SiteRequest) throws -> JSONValue
  ) -> Endpoint {
    let files = files
    return .json(
      method, path, tag: "runs", summary, parameters: parameters, answers: answers, status: status,
      problems: problems
    ) { _, request in
      try await files.run(for: request, within: .seconds(20)) { _ in try body(request) }
    }
  }

  // MARK: - Recipes

  private var recipes: Endpoint {
    .json(
      .get, "/api/v1/recipes", tag: "runs", "The recipes, with their settings.",
      answers: .object([
        .init(
          "recipes",
          .list(
            .object([
              .init("name", .text, "As `danlu run` takes it."),
              .init("title", .text, "The article's title."),
              .init("summary", .text, "What it does."),
              .init("address", .text, "The article."),
              .init("duration", .text, "How long it takes on two cores."),
              .init("needsTorch", .boolean, "Whether it needs libtorch."),
              .init(optional: "ownData", .text, "What `data` may be, where it takes some."),
              .init(optional: "ownModel", .text, "What `model` may be, where it takes one."),
              .init(
                "settings",
                .list(
                  .object([
                    .init("key", .text, "Its name."), .init("value", .text, "Its default."),
                    .init("choices", .list(.text), "What it may be, where that can be listed."),
                    .init("help", .text, "What it does."),
                    .init("expects", .text, "Which values make sense."),
                  ])), "What can be set."),
            ])), "In the order of `danlu recipes`.")
      ])
    ) { _, _ in
      ["recipes": .array(ArticleBook.all.map { Self.recipe($0) })]
    }
  }

  private static func recipe<Chosen: Article>(_ article: Chosen.Type) -> JSONValue {
    let card = article.card
    var members = [
      JSONMember("name", .string(card.name)), JSONMember("title", .string(card.title)),
      JSONMember("summary", .string(card.summary)), JSONMember("address", .string(card.address)),
      JSONMember("duration", .string(card.duration)),
      JSONMember("needsTorch", .bool(card.needsTorch)),
    ]
    if let data = card.ownData { members.append(JSONMember("ownData", .string(data))) }
    if let model = card.ownModel { members.append(JSONMember("ownModel", .string(model))) }
    let settings = Chosen.Settings().descriptions.map { setting -> JSONValue in
      [
        "key": .string(setting.key), "value": .string(setting.valueText),
        "choices": .array(setting.choices.map(JSONValue.string)), "help": .string(setting.help),
        "expects": .string(setting.expectation),
      ]
    }
    return .object(members + [JSONMember("settings", .array(settings))])
  }

  private var inputs: Endpoint {
    reading(
      .get, "/api/v1/data",
      "What the operator lets recipes be started with, by the names that `data` and `model` take.",
      parameters: [],
      answers: .object([
        .init(
          "names", .list(.text),
          "Files and folders; none where the site was started without a folder of data.")
      ]), problems: []
    ) { _ in ["names": .array(data.names.map(JSONValue.string))] }
  }

  // MARK: - Runs

  private static let stateProperties: [Schema.Property] = [
    .init("run", .text, "Its name."), .init("recipe", .text, "What it follows."),
    .init(
      "status", .choice(["queued", "running", "finished", "unfinished", "damaged", "failed"]),
      "`unfinished`: it can be resumed; `failed`: it ended before it began."),
    .init(optional: "position", .count, "Its place in the queue, from 1."),
    .init(optional: "step", .count, "The last step with a record."),
    .init(optional: "steps", .count, "How many steps it will have, where a setting says so."),
    .init(optional: "created", .text, "When it began."),
    .init(optional: "holds", .count, "Claims that hold."),
    .init(optional: "claims", .count, "Claims."),
    .init(optional: "seconds", .number, "Seconds of work, once it is finished."),
    .init(optional: "failure", .text, "What it said at last."),
  ]

  /// - Parameter queue: As it is while the state is looked at.
  func state(_ name: String, _ queue: RunQueue.State) throws -> JSONValue {
    let failure = queue.failed.last { $0.run == name }
    let entry = queue.pending.first { $0.run == name }
    let overview = try? library.overview(name)
    guard overview != nil || entry != nil || failure != nil else {
      throw Problem.notFound("there is no run of this name")
    }
    let position = queue.position(of: name)
    let isRunning =
      position == nil && (entry != nil || overview?.folder.isBeingWritten == true)
    let status =
      position != nil
      ? "queued" : isRunning ? "running" : overview?.status.rawValue ?? "failed"
    var members = [
      JSONMember("run", .string(name)),
      JSONMember(
        "recipe",
        .string(overview?.configuration?.recipe ?? entry?.recipe ?? failure?.recipe ?? "")),
      JSONMember("status", .string(status)),
    ]
    func add(_ name: String, _ value: JSONValue?) {
      if let value { members.append(JSONMember(name, value)) }
    }
    add("position", position.map(JSONValue.integer))
    add("step", overview?.lastStep.map(JSONValue.integer))
    add(
      "steps",
      (overview?.configuration?.settings["set"]?["steps"]?.integerValue).map(JSONValue.integer))
    add("created", (overview?.configuration?.created).map(JSONValue.string))
    if let summary = overview?.summary {
      add("holds", .integer(summary.claims.count(where: \.holds)))
      add("claims", .integer(summary.claims.count))
      add("seconds", .number(summary.seconds))
    }
    if status != "running", status != "queued", status != "finished" {
      add("failure", (failure?.failure).map(JSONValue.string))
    }
    return .object(members)
  }

  /// All runs: those that wait, that run, that have been, the newest first.
  func states() -> [JSONValue] {
    let queue = queue.snapshot
    var seen: Set<String> = []
    let names = ((queue.pending + queue.failed).map(\.run) + library.names).filter {
      seen.insert($0).inserted
    }
    return names.compactMap { try? state($0, queue) }
  }

  private var list: Endpoint {
    reading(
      .get, "/api/v1/runs", "All runs, and the queue.", parameters: [],
      answers: .object([.init("runs", .list(.object(Self.stateProperties)), "The runs.")]),
      problems: []
    ) { _ in ["runs": .array(states())] }
  }

  private var start: Endpoint {
    .json(
      .post, "/api/v1/runs", tag: "runs", "Puts a new run at the end of the queue.",
      takes: .object([
        .init("recipe", .text(60), "As /api/v1/recipes names it."),
        .init(
          "settings", .map(.text(200), maxCount: 100), "What differs from the defaults, by key.",
          fallback: .object([])),
        .init("seed", .integer(0...Int(UInt32.max)), "Of everything random.", fallback: 0),
        .init("precision", .choice(["auto", "fp32", "bf16"]), "Of numbers.", fallback: "auto"),
        .init(
          optional: "data", .text(300), "One of /api/v1/data's names, for a recipe with `ownData`."),
        .init(
          optional: "model", .text(300), "One of them, for a recipe with `ownModel`."),
      ]), answers: .object(Self.stateProperties), status: .accepted,
      example: ["recipe": "det-exp", "settings": [:]]
    ) { input, request in
      let settings = (input["settings"]?.members ?? []).map {
        (key: $0.key, text: $0.value.stringValue ?? "")
      }
      return try await files.run(for: request, within: .seconds(20)) { _ in
        let options = RecipeOptions(
          data: try input["data"]?.stringValue.map(data.path),
          model: try input["model"]?.stringValue.map(data.path),
          seed: UInt64(input.integer("seed")), precision: input.text("precision"))
        let entry = try queue.start(
          recipe: input.text("recipe"), options: options, settings: settings)
        queue.advance()
        return try state(entry.run, queue.snapshot)
      }
    }
  }

  private var stop: Endpoint {
    reading(
      .post, "/api/v1/runs/{run}/stop",
      "Takes a run out of the queue, or stops it; it keeps a checkpoint.",
      answers: .object(Self.stateProperties), status: .accepted, problems: [404, 409]
    ) { request in
      let run = request.parameters["run"] ?? ""
      let before = try state(run, queue.snapshot)
      try queue.stop(run)
      return (try? state(run, queue.snapshot)) ?? before
    }
  }

  private var resume: Endpoint {
    reading(
      .post, "/api/v1/runs/{run}/resume",
      "Puts a run that was interrupted at the end of the queue.",
      answers: .object(Self.stateProperties), status: .accepted, problems: [404, 409]
    ) { request in
      let run = request.parameters["run"] ?? ""
      _ = try queue.resume(run)
      queue.advance()
      return try state(run, queue.snapshot)
    }
  }

  private var detail: Endpoint {
    reading(
      .get, "/api/v1/runs/{run}", "A run: settings, figures, claims, samples, log.",
      answers: .object(
        Self.stateProperties + [
          .init("configuration", .any, "What config.json holds."),
          .init("metrics", .map(.any, maxCount: .max), "The last value of each metric."),
          .init("results", .list(.any), "The claims, once it is finished."),
          .init("samples", .list(.text), "Pictures and texts that it keeps."),
          .init("problems", .list(.text), "What of it is damaged."),
          .init("log", .text, "The last that it said."),
        ])
    ) { request in
      let name = request.parameters["run"] ?? ""
      let state = try state(name, queue.snapshot)
      let overview = try? library.overview(name)
      let metrics = (overview?.lastMetrics ?? [:]).sorted { $0.key < $1.key }
      let claims = try (overview?.summary?.claims ?? []).map { try JSONValue(encoding: $0) }
      return .object(
        (state.members ?? []) + [
          JSONMember(
            "configuration", try overview?.configuration.map { try .init(encoding: $0) } ?? .null),
          JSONMember(
            "metrics", .object(metrics.map { JSONMember($0.key, .number($0.value)) })),
          JSONMember("results", .array(claims)),
          JSONMember(
            "samples",
            .array(
              (overview.map { library.samples($0.folder) } ?? []).suffix(200)
                .map(JSONValue.string))),
          JSONMember("problems", .array((overview?.problems ?? []).map(JSONValue.string))),
          JSONMember("log", .string(queue.logTail(of: name))),
        ])
    }
  }

  // MARK: - Streams and files

  private var events: Endpoint {
    Endpoint(
      method: .get, path: "/api/v1/runs/{run}/events", tag: "runs",
      summary:
        "A run as it grows, as server-sent events: `metrics` (a record; its id is where the record ends in metrics.jsonl, and Last-Event-ID goes on from there), `restart` (records before are dropped), `state`; the stream ends with the run.",
      parameters: [Self.runParameter], answer: .other("text/event-stream"), problems: [404]
    ) { request in
      let name = request.parameters["run"] ?? ""
      let seen = request.fields[.lastEventID].flatMap { Int($0) } ?? 0
      let folder = RunFolder(path: library.folder + "/" + name)
      let feed = try await files.run(for: request, within: .seconds(20)) { _ in
        _ = try state(name, queue.snapshot)
        return RunFeed(watches.watch(name, folder) { sight(name) }, folder, after: seen)
      }
      return try EventStream.response(gauge: streams) { await feed.next() }
    }
  }

  private var curves: Endpoint {
    reading(
      .get, "/api/v1/runs/{run}/curves", "A run's curves so far, drawn.",
      answers: .object([.init("charts", .list(.text), "Figures of HTML with SVG.")])
    ) { request in
      let run = try library.run(request.parameters["run"] ?? "")
      return ["charts": .array(Self.charts(of: run).map(JSONValue.string))]
    }
  }

  /// The figures of a run's curves; none where it has no records yet.
  static func charts(of run: RunFolder) -> [String] {
    guard let blocks = try? Report.curves(of: run) else { return [] }
    return blocks.compactMap { if case .chart(let chart) = $0 { chart.html() } else { nil } }
  }

  private var sample: Endpoint {
    Endpoint(
      method: .get, path: "/api/v1/runs/{run}/samples/{sample}", tag: "runs",
      summary: "A picture or text that the run keeps.",
      parameters: [
        Self.runParameter,
        .init(name: "sample", schema: .text(200), about: "Its file's name.", isInPath: true),
      ], answer: .other("image/png"), alsoAnswers: ["text/plain"], answersFiles: true,
      problems: [404]
    ) { request in
      let name = request.parameters["sample"] ?? ""
      return try await files.run(for: request) { _ in
        let path = try library.samplePath(name, of: library.run(request.parameters["run"] ?? ""))
        let type = name.hasSuffix(".png") ? "image/png" : "text/plain; charset=utf-8"
        return try FileAnswer.response(
          path, fields: [.contentType: type, .cacheControl: "no-cache"])
      }
    }
  }

  private var report: Endpoint {
    Endpoint(
      method: .get, path: "/api/v1/runs/{run}/report", tag: "runs",
      summary: "The report of a finished run, cut off from the site.",
      parameters: [Self.runParameter], answer: .other("text/html"), answersFiles: true,
      problems: [404]
    ) { request in
      try await files.run(for: request) { _ in
        let run = try library.run(request.parameters["run"] ?? "")
        guard FileManager.default.fileExists(atPath: run.reportPath) else {
          throw Problem.notFound("the run has no report yet")
        }
        var fields = SecurityFields.standard
        fields[.contentSecurityPolicy] = SecurityFields.sandboxed
        fields[.frameOptions] = "SAMEORIGIN"
        fields[.contentType] = "text/html; charset=utf-8"
        fields[.cacheControl] = "no-cache"
        return try FileAnswer.response(run.reportPath, fields: fields)
      }
    }
  }
}
