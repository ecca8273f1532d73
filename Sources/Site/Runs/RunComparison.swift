import Formats
import Messages
import Reports
import Tracking

/// Runs side by side: what differs in how they were started, and their curves laid over each other.
extension RunEndpoints {
  var compare: Endpoint {
    reading(
      .get, "/api/v1/compare",
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
    ) { request in
      try comparison(Self.compared(request))
    }
  }

  /// The runs that a request wants beside each other. Throws `Problem` (422).
  static func compared(_ request: SiteRequest) throws -> [String] {
    let names = (request.query["runs"] ?? "").split(separator: ",").map(String.init)
    guard (2...8).contains(names.count), Set(names).count == names.count else {
      throw Problem(
        .unprocessableContent,
        "runs: 2 to 8 different names, separated by commas, expected, received \(names.count)")
    }
    return names
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
