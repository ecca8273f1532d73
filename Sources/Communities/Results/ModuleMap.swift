import Formats
import Messages

/// A picture of a result: one HTML file that needs nothing else.
///
/// Circles are modules, their area the flow through them; lines are flow between them. Zooming in
/// opens a module: its modules, and at last its nodes. What is too small to read is not labeled, so
/// ten modules and ten thousand are both readable.
public struct ModuleMap {
  /// Circles that one module shows at most, those with the most flow.
  private static let childLimit = 400
  /// Nodes in the whole map at most, so that the file stays small.
  private static let nodeBudget = 60_000
  private static let topLinkLimit = 6_000
  private static let innerLinkLimit = 150

  private let result: InfomapResult
  private let network: Network
  private let listing: ResultListing
  private let linkFlows: [Int: [(source: Int, target: Int, flow: Double)]]
  private let nodesPerModule: Int

  public init(_ result: InfomapResult, network: Network) {
    self.result = result
    self.network = network
    listing = ResultListing(result, network: network, listsStates: false)
    linkFlows = listing.linkFlows()
    let moduleCount = max(1, result.tree.leafModules().count)
    nodesPerModule = max(4, min(Self.childLimit, Self.nodeBudget / moduleCount))
  }

  /// Writes the page. Throws `FileError`; nothing half-written is left.
  public func write(to path: String, title: String) throws {
    try AtomicFile.write(html(title: title), to: path)
  }

  /// The page itself.
  public func html(title: String) -> String {
    let tree = result.tree
    let facts =
      "{\"title\":\(JSONText.quoted(title, insideHTML: true)),\"codelength\":\(result.codelength),"
      + "\"oneLevel\":\(result.oneLevelCodelength),\"levels\":\(tree.levelCount),"
      + "\"modules\":\(tree.modules.count),\"nodes\":\(network.nodeCount),"
      + "\"links\":\(network.linkCount),\"directed\":\(result.isDirected)}"
    return ModuleMapPage.html
      .replacing("/*TITLE*/", with: Self.escaped(title))
      .replacing("/*FACTS*/", with: facts)
      .replacing("/*ROOT*/", with: rootJSON())
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
  }

  /// A child while the map is built.
  private struct Child {
    let rank: Int
    let flow: Double
    let name: String
    let module: Int?
    let count: Int
  }

  private func rootJSON() -> String {
    var childrenOf: [Int: [Int]] = [:]
    for (index, module) in listing.modules.enumerated() {
      childrenOf[module.parent, default: []].append(index)
    }
    var leavesOf: [Int: [ResultListing.Leaf]] = [:]
    for leaf in listing.leaves { leavesOf[leaf.module, default: []].append(leaf) }
    var flows = [Double](repeating: 0, count: listing.modules.count)
    var counts = [Int](repeating: 0, count: listing.modules.count)
    var names = [[(name: String, flow: Double)]](repeating: [], count: listing.modules.count)
    for index in listing.modules.indices.reversed() {
      for leaf in leavesOf[index] ?? [] {
        flows[index] += leaf.flow
        counts[index] += 1
        if names[index].count < 3 {
          names[index].append((network.name(ofNode: leaf.node), leaf.flow))
        }
      }
      for child in childrenOf[index] ?? [] {
        flows[index] += flows[child]
        counts[index] += counts[child]
        names[index] += names[child]
      }
      names[index] = Array(names[index].sorted { $0.flow > $1.flow }.prefix(3))
    }
    func json(of module: Int) -> String {
      var children: [Child] = (childrenOf[module] ?? []).map { index in
        Child(
          rank: listing.modules[index].rank, flow: flows[index],
          name: names[index].map(\.name).joined(separator: " · "), module: index,
          count: counts[index])
      }
      let leaves = leavesOf[module] ?? []
      for leaf in leaves.prefix(nodesPerModule) {
        children.append(
          Child(
            rank: leaf.rank, flow: leaf.flow, name: network.name(ofNode: leaf.node), module: nil,
            count: 1))
      }
      let hidden = leaves.count - min(leaves.count, nodesPerModule)
      return inner(
        children, links: linkFlows[module] ?? [],
        linkLimit: module < 0 ? Self.topLinkLimit : Self.innerLinkLimit, hidden: hidden, json: json)
    }
    return "{" + json(of: -1) + "}"
  }

  /// `"c":[[x,y,r,flow,name,count,{…}],…],"l":[[a,b,flow],…],"h":hidden`.
  private func inner(
    _ children: [Child], links: [(source: Int, target: Int, flow: Double)], linkLimit: Int,
    hidden: Int, json: (Int) -> String
  ) -> String {
    let largest = children.map(\.flow).max() ?? 1
    // No circle is invisible, however little flows through it.
    let radii = children.map { max(($0.flow / max(largest, 1e-300)).squareRoot(), 0.02) }
    let order = children.indices.sorted { radii[$0] == radii[$1] ? $0 < $1 : radii[$0] > radii[$1] }
    var placeOfRank: [Int: Int] = [:]
    for (place, index) in order.enumerated() { placeOfRank[children[index].rank] = place }
    var neighbors = [[(other: Int, flow: Double)]](repeating: [], count: children.count)
    var shown: [(a: Int, b: Int, flow: Double)] = []
    for link in links {
      guard let a = placeOfRank[link.source], let b = placeOfRank[link.target] else { continue }
      neighbors[max(a, b)].append((min(a, b), link.flow))
      shown.append((a, b, link.flow))
    }
    let packing = CirclePacking(radii: order.map { radii[$0] }, links: neighbors)
    shown.sort { $0.flow == $1.flow ? ($0.a, $0.b) < ($1.a, $1.b) : $0.flow > $1.flow }
    let circles = zip(order, packing.circles).map { index, circle -> String in
      let child = children[index]
      var text = "[\(circle.x.mapText),\(circle.y.mapText),\(circle.radius.mapText),"
      text +=
        "\(child.flow.shortText),\(JSONText.quoted(child.name, insideHTML: true)),\(child.count)"
      if let module = child.module { text += ",{" + json(module) + "}" }
      return text + "]"
    }
    let lines = shown.prefix(linkLimit).map { "[\($0.a),\($0.b),\($0.flow.shortText)]" }
    return "\"c\":[\(circles.joined(separator: ",\n"))],\"l\":[\(lines.joined(separator: ","))]"
      + (hidden > 0 ? ",\"h\":\(hidden)" : "")
  }
}

extension Double {
  /// Five decimals are finer than any screen.
  fileprivate var mapText: String { String((self * 1e5).rounded() / 1e5) }
}
