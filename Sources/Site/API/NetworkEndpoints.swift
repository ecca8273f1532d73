import Communities
import Formats
import HTTPTypes
import Hummingbird
import Messages
import Parallel
import Synchronization

/// The modules of a pasted network.
enum NetworkEndpoints {
  static let linkLimit = 50_000

  static func all(_ pool: WorkPool) -> [Endpoint] {
    let maps = MapStore()
    return [communities(pool, maps), map(maps)]
  }

  /// The maps that were drawn last: pages with a script of their own, which must not run among the site's.
  final class MapStore: Sendable {
    private let kept = Mutex<[(name: String, size: Int, page: StoredPage)]>([])
    private static let limit = 30
    private static let byteLimit = 32 << 20

    /// Keeps a page; returns its address.
    func add(_ html: String) -> String {
      let name = String(SiteOptions.randomToken().prefix(32))
      var fields: HTTPFields = [:]
      fields[.contentSecurityPolicy] = SecurityFields.sandboxed
      fields[.frameOptions] = "SAMEORIGIN"
      let page = StoredPage(Array(html.utf8), type: "text/html; charset=utf-8", fields: fields)
      kept.withLock { kept in
        kept.append((name, html.utf8.count, page))
        while kept.count > Self.limit
          || kept.count > 1 && kept.reduce(0, { $0 + $1.size }) > Self.byteLimit
        {
          kept.removeFirst()
        }
      }
      return "/api/v1/maps/" + name
    }

    func page(_ name: String) -> StoredPage? {
      kept.withLock { $0.first { $0.name == name }?.page }
    }
  }

  private static func map(_ maps: MapStore) -> Endpoint {
    Endpoint(
      method: .get, path: "/api/v1/maps/{map}", tag: "network",
      summary: "A map that /api/v1/communities has drawn, one of the last thirty.",
      parameters: [
        .init(
          name: "map", schema: .text(40), about: "Its name, out of the address.", isInPath: true)
      ], answer: .other("text/html"), answersFiles: true, problems: [404]
    ) { request in
      guard let page = maps.page(request.parameters["map"] ?? "") else {
        throw Problem.notFound("this map is no longer kept")
      }
      return page.response(to: request.fields)
    }
  }

  private static func communities(_ pool: WorkPool, _ maps: MapStore) -> Endpoint {
    .json(
      .post, "/api/v1/communities", tag: "network",
      "Divides a network into modules by the map equation (InfoMap).",
      takes: .object([
        .init(
          "links", .text(2_000_000),
          "Lines `source target [weight]`, by ids or names; Pajek and the field's other formats too."
        ),
        .init("directed", .boolean, "Whether links lead one way.", fallback: false),
        .init("twoLevel", .boolean, "Modules only, no modules of modules.", fallback: false),
        .init("trials", .integer(1...20), "Searches, of which the best is kept.", fallback: 3),
        .init(
          "seed", .integer(0...Int(UInt32.max)), "The same seed gives the same.", fallback: 123),
        .init("map", .boolean, "Whether a map is drawn.", fallback: false),
      ]), limit: 4 << 20,
      answers: .object([
        .init("codelength", .number, "Bits a step, in the modules found."),
        .init("oneLevelCodelength", .number, "Bits a step without modules."),
        .init("levels", .count, "Levels of the tree, nodes included."),
        .init("nodes", .count, "Nodes of the network."), .init("links", .count, "Its links."),
        .init(
          "tree",
          .list(
            .object([
              .init(
                "path", .list(.count), "The numbers of its modules, from the top, and its own."),
              .init("name", .text, "The node's name or id."),
              .init("flow", .number, "The share of the walk's steps that end at it."),
            ])), "The nodes, by module, those with the most flow first."),
        .init("notes", .list(.text), "What was left out in reading."),
        .init(optional: "map", .text, "The address of a page that draws the modules."),
      ]),
      example: ["links": .string(ExampleNetworks.karate)]
    ) { input, request in
      let links = Array(input.text("links").utf8)
      guard links.count(where: { $0 == 0x0A }) <= linkLimit + 1000 else {
        throw Problem(.unprocessableContent, "at most \(linkLimit) links are taken here")
      }
      var options = InfomapOptions()
      options.isTwoLevel = input.flag("twoLevel")
      options.trials = input.integer("trials")
      options.seed = UInt64(input.integer("seed"))
      if input.flag("directed") { options.flow.model = .directed }
      let chosen = options
      let drawsMap = input.flag("map")
      return try await pool.run(for: request) { work in
        var reading = NetworkReadingOptions()
        reading.isDirected = chosen.flow.model != .undirected
        let network: Network
        do {
          network = try NetworkReader.read(bytes: links, name: "links", options: reading)
        } catch let error as FileError {
          throw Problem(.unprocessableContent, "\(error)")
        }
        guard network.linkCount <= linkLimit else {
          throw Problem(.unprocessableContent, "at most \(linkLimit) links are taken here")
        }
        let result = try Infomap.run(network, options: chosen, work: work)
        if result.isInterrupted { throw Cancelled() }
        var members: [JSONMember] = [
          JSONMember("codelength", .number(result.codelength)),
          JSONMember("oneLevelCodelength", .number(result.oneLevelCodelength)),
          JSONMember("levels", .integer(result.tree.levelCount)),
          JSONMember("nodes", .integer(network.nodeCount)),
          JSONMember("links", .integer(network.linkCount)),
          JSONMember("tree", .array(tree(result, network))),
          JSONMember("notes", .array(network.notes.map(JSONValue.string))),
        ]
        if drawsMap {
          let page = ModuleMap(result, network: network).html(title: "Modules")
          members.append(JSONMember("map", .string(maps.add(page))))
        }
        return .object(members)
      }
    }
  }

  private static func tree(_ result: InfomapResult, _ network: Network) -> [JSONValue] {
    let flow = result.unitFlow
    func rows(_ modules: [ModuleTree.Module], _ path: [Int]) -> [JSONValue] {
      modules.enumerated().flatMap { index, module -> [JSONValue] in
        let path = path + [index + 1]
        if !module.modules.isEmpty { return rows(module.modules, path) }
        let units = module.units.map(Int.init).sorted {
          flow[$0] == flow[$1] ? $0 < $1 : flow[$0] > flow[$1]
        }
        return units.enumerated().map { place, unit in
          [
            "path": .array((path + [place + 1]).map(JSONValue.integer)),
            "name": .string(network.name(ofUnit: unit)), "flow": .number(flow[unit]),
          ]
        }
      }
    }
    return rows(result.tree.modules, [])
  }
}
