import Articles
import Formats
import Foundation
import HTTPTypes
import Hummingbird
import Messages
import Recipes
import Reports
import Synchronization
import Tracking

/// Recipes, runs, their curves as they grow, and the queue.
struct RunEndpoints: Sendable {
  let library: RunLibrary
  let queue: RunQueue
  let streams: StreamGauge
  private let watches = RunWatches()

  init(library: RunLibrary, queue: RunQueue, streams: StreamGauge) {
    self.library = library
    self.queue = queue
    self.streams = streams
  }

  /// A run's state with the number of its samples.
  private func sight(_ name: String) -> JSONValue? {
    guard let state = try? state(name) else { return nil }
    let count = library.samples(RunFolder(path: library.folder + "/" + name)).count
    return .object((state.members ?? []) + [JSONMember("samples", .integer(count))])
  }

  private static let runParameter = Endpoint.Parameter(
    name: "run", schema: .text(200), about: "The run's name: that of its folder.", isInPath: true)

  func all() -> [Endpoint] {
    [recipes, list, start, detail, events, curves, sample, report, stop, resume, compare]
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
    return [
      "name": .string(card.name), "title": .string(card.title), "summary": .string(card.summary),
      "address": .string(card.address), "duration": .string(card.duration),
      "needsTorch": .bool(card.needsTorch),
      "settings": .array(
        Chosen.Settings().descriptions.map {
          [
            "key": .string($0.key), "value": .string($0.valueText),
            "choices": .array($0.choices.map(JSONValue.string)), "help": .string($0.help),
            "expects": .string($0.expectation),
          ]
        }),
    ]
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

  func state(_ name: String) throws -> JSONValue {
    let failure = queue.failed.last { $0.run == name }
    let entry = (queue.waiting + [queue.running].compactMap(\.self)).first { $0.run == name }
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
    let pending = queue.waiting + [queue.running].compactMap(\.self) + queue.failed
    var seen: Set<String> = []
    let names = (pending.map(\.run) + library.names).filter { seen.insert($0).inserted }
    return names.compactMap { try? state($0) }
  }

  private var list: Endpoint {
    .json(
      .get, "/api/v1/runs", tag: "runs", "All runs, and the queue.",
      answers: .object([.init("runs", .list(.object(Self.stateProperties)), "The runs.")])
    ) { _, _ in ["runs": .array(states())] }
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
      ]), answers: .object(Self.stateProperties), status: .accepted,
      example: ["recipe": "det-exp", "settings": [:]]
    ) { input, _ in
      let settings = (input["settings"]?.members ?? []).map {
        (key: $0.key, text: $0.value.stringValue ?? "")
      }
      let entry = try queue.start(
        recipe: input.text("recipe"), settings: settings, seed: input.integer("seed"),
        precision: input.text("precision"))
      queue.advance()
      return try state(entry.run)
    }
  }

  private var stop: Endpoint {
    .json(
      .post, "/api/v1/runs/{run}/stop", tag: "runs",
      "Takes a run out of the queue, or stops it; it keeps a checkpoint.",
      parameters: [Self.runParameter], answers: .object(Self.stateProperties), status: .accepted,
      problems: [404, 409]
    ) { _, request in
      let run = request.parameters["run"] ?? ""
      let before = try state(run)
      try queue.stop(run)
      return (try? state(run)) ?? before
    }
  }

  private var resume: Endpoint {
    .json(
      .post, "/api/v1/runs/{run}/resume", tag: "runs",
      "Puts a run that was interrupted at the end of the queue.",
      parameters: [Self.runParameter], answers: .object(Self.stateProperties), status: .accepted,
      problems: [404, 409]
    ) { _, request in
      let run = request.parameters["run"] ?? ""
      _ = try queue.resume(run)
      queue.advance()
      return try state(run)
    }
  }

  private var detail: Endpoint {
    .json(
      .get, "/api/v1/runs/{run}", tag: "runs", "A run: settings, figures, claims, samples, log.",
      parameters: [Self.runParameter],
      answers: .object(
        Self.stateProperties + [
          .init("configuration", .any, "What config.json holds."),
          .init("metrics", .map(.any, maxCount: .max), "The last value of each metric."),
          .init("results", .list(.any), "The claims, once it is finished."),
          .init("samples", .list(.text), "Pictures and texts that it keeps."),
          .init("problems", .list(.text), "What of it is damaged."),
          .init("log", .text, "The last that it said."),
        ]), problems: [404]
    ) { _, request in
      let name = request.parameters["run"] ?? ""
      let state = try state(name)
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
      _ = try state(name)
      let seen = request.fields[.lastEventID].flatMap { Int($0) } ?? 0
      let folder = RunFolder(path: library.folder + "/" + name)
      let feed = RunFeed(watches.watch(name, folder) { sight(name) }, folder, after: seen)
      return try EventStream.response(gauge: streams) { await feed.next() }
    }
  }

  private var curves: Endpoint {
    .json(
      .get, "/api/v1/runs/{run}/curves", tag: "runs", "A run's curves so far, drawn.",
      parameters: [Self.runParameter],
      answers: .object([.init("charts", .list(.text), "Figures of HTML with SVG.")]),
      problems: [404]
    ) { _, request in
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
      ], answer: .other("image/png"), problems: [404]
    ) { request in
      let run = try library.run(request.parameters["run"] ?? "")
      let (bytes, type) = try library.sample(request.parameters["sample"] ?? "", of: run)
      return Response(
        status: .ok, headers: [.contentType: type, .cacheControl: "no-cache"],
        body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
  }

  private var report: Endpoint {
    Endpoint(
      method: .get, path: "/api/v1/runs/{run}/report", tag: "runs",
      summary: "The report of a finished run, cut off from the site.",
      parameters: [Self.runParameter], answer: .other("text/html"), problems: [404]
    ) { request in
      let run = try library.run(request.parameters["run"] ?? "")
      guard FileManager.default.fileExists(atPath: run.reportPath) else {
        throw Problem.notFound("the run has no report yet")
      }
      let bytes = try ByteSource(path: run.reportPath, isText: false).readAll()
      var fields = SecurityFields.standard
      fields[.contentSecurityPolicy] = SecurityFields.sandboxed
      fields[.frameOptions] = "SAMEORIGIN"
      fields[.contentType] = "text/html; charset=utf-8"
      fields[.cacheControl] = "no-cache"
      return Response(
        status: .ok, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
  }

  // MARK: - Comparison

  private var compare: Endpoint {
    .json(
      .get, "/api/v1/compare", tag: "runs",
      "Runs side by side: settings that differ, curves laid over each other.",
      parameters: [
        .init(name: "runs", schema: .text(2000), about: "2 to 8 names, separated by commas.")
      ],
      answers: .object([
        .init("runs", .list(.text), "The runs."),
        .init(
          "differences",
          .list(
            .object([
              .init("setting", .text, "Its name."),
              .init("values", .list(.text), "Its value in each run."),
            ])), "Settings that are not the same in all."),
        .init("charts", .list(.text), "A chart of each metric that two of them share."),
      ]), problems: [404, 422]
    ) { _, request in
      let names = (request.query["runs"] ?? "").split(separator: ",").map(String.init)
      guard (2...8).contains(names.count), Set(names).count == names.count else {
        throw Problem(.unprocessableContent, "2 to 8 different runs are expected in `runs`")
      }
      return try comparison(names)
    }
  }

  func comparison(_ names: [String]) throws -> JSONValue {
    let runs = try names.map { try library.run($0) }
    let settings = runs.map { run -> [String: String] in
      guard let configuration = try? run.configuration() else { return [:] }
      var values = ["recipe": configuration.recipe, "seed": "\(configuration.seed)"]
      for part in ["options", "set"] {
        for member in configuration.settings[part]?.members ?? [] {
          values[member.key] = member.value.stringValue ?? member.value.text()
        }
      }
      for (name, version) in configuration.versions { values["version of \(name)"] = version }
      return values
    }
    let keys = Set(settings.flatMap(\.keys)).sorted()
    let differing = keys.filter { key in Set(settings.map { $0[key] ?? "–" }).count > 1 }
    let records = try runs.map { try $0.metrics().records }
    let metrics = records.map { Set($0.flatMap(\.values.keys)) }
    var counts: [String: Int] = [:]
    for name in metrics.joined() { counts[name, default: 0] += 1 }
    let shared = counts.filter { $0.value > 1 }.keys.sorted().prefix(40)
    let charts = shared.map { metric in
      let series = zip(names, records).map { Series($0, metric: metric, of: $1) }
        .filter { !$0.x.isEmpty }
      let isLong = (series.map(\.x.count).min() ?? 0) > 50
      return Chart.lines(metric, series, smoothing: isLong ? 0.9 : 0).halfWidth().html()
    }
    return [
      "runs": .array(names.map(JSONValue.string)),
      "differences": .array(
        differing.map { key in
          [
            "setting": .string(key),
            "values": .array(settings.map { .string($0[key] ?? "–") }),
          ]
        }), "charts": .array(charts.map(JSONValue.string)),
    ]
  }
}

/// What one reader of a run's events has seen.
private actor RunFeed {
  private let watch: RunWatch
  private var tail: MetricsTail
  private var state: JSONValue = .null
  private var isOver = false

  init(_ watch: RunWatch, _ folder: RunFolder, after offset: Int) {
    self.watch = watch
    tail = MetricsTail(folder, after: offset)
  }

  /// What is new; `nil` once the run is over and all is told.
  func next() -> [ServerEvent]? {
    let sight = watch.sight
    if sight.length < tail.offset {
      // A run that was resumed has dropped what its checkpoint does not know.
      tail = MetricsTail(tail)
      return [ServerEvent(name: "restart", data: "{}")]
    }
    if sight.length > tail.offset {
      let records = watch.records(after: &tail)
      if !records.isEmpty {
        return records.map { ServerEvent(id: "\($0.end)", name: "metrics", data: $0.line) }
      }
    }
    if isOver { return nil }
    // All records are told: the state after them.
    guard let now = sight.state else { return nil }
    let status = now["status"]?.stringValue
    if status != "running", status != "queued" { isOver = true }
    guard now != state else { return [] }
    state = now
    return [ServerEvent(name: "state", data: now.text())]
  }
}
