import Messages

/// Links of a multilayer network, and the walk between states that they make.
struct MultilayerLinks {
  /// A node in a layer, packed: layer above, node below.
  private typealias Place = UInt64

  private struct Link {
    let source: Place
    let target: Place
    let weight: Double
  }

  private var explicit: [Link] = []
  private var intra: [Link] = []
  private var inter: [(source: Place, layer: UInt32, weight: Double)] = []
  private static func place(_ layer: UInt32, _ node: UInt32) -> Place {
    UInt64(layer) << 32 | UInt64(node)
  }

  mutating func addExplicit(_ n: [UInt32], _ weight: Double) {
    explicit.append(
      Link(source: Self.place(n[0], n[1]), target: Self.place(n[2], n[3]), weight: weight))
  }

  mutating func addIntra(_ n: [UInt32], _ weight: Double) {
    intra.append(
      Link(source: Self.place(n[0], n[1]), target: Self.place(n[0], n[2]), weight: weight))
  }

  mutating func addInter(_ n: [UInt32], _ weight: Double) {
    inter.append((Self.place(n[0], n[1]), n[2], weight))
  }

  /// The walk between states.
  ///
  /// Explicit links are taken as they are. Links inside layers make a walk: from node `i` in layer
  /// `α` with probability `1 − r` along the layer's links, with `r` along those of `i` in all layers,
  /// `(1 − r) δ w^α/s^α + r w^β/S` (De Domenico et al., 2015). With links `i: α → β` of weight `w`
  /// given, these spread over the links of `i` in `β` instead: `w · w^β/s^β`.
  func network(vertices: Vertices?, options: NetworkReadingOptions) throws -> Network {
    guard explicit.isEmpty || intra.isEmpty && inter.isEmpty else {
      throw InputError("one file holds either *Multilayer or *Intra/*Inter links, not both")
    }
    if !explicit.isEmpty {
      return try network(of: explicit, vertices: vertices, isWalk: false)
    }
    var usable = self
    try usable.scaleWeights()
    return try usable.walk(vertices: vertices, options: options)
  }

  /// Inside layers and between them one factor, since a step chooses among both.
  private mutating func scaleWeights() throws {
    let weights = (intra.map(\.weight) + inter.map(\.weight)).filter { $0 > 0 }
    guard let smallest = weights.min(), let largest = weights.max(),
      let exponent = try WeightScale.exponent(smallest...largest, count: weights.count)
    else { return }
    func scaled(_ weight: Double) -> Double {
      Double(sign: .plus, exponent: exponent, significand: weight)
    }
    intra = intra.map { Link(source: $0.source, target: $0.target, weight: scaled($0.weight)) }
    inter = inter.map { ($0.source, $0.layer, scaled($0.weight)) }
  }

  private func walk(vertices: Vertices?, options: NetworkReadingOptions) throws -> Network {
    let rows = layerRows(options)
    let places = rows.keys.sorted()
    var links: [Link] = []
    if inter.isEmpty {
      let rate = options.multilayerRelaxRate
      var layersOfNode: [UInt32: [Place]] = [:]
      for place in places {
        layersOfNode[UInt32(truncatingIfNeeded: place), default: []].append(place)
      }
      for place in places {
        guard let copies = layersOfNode[UInt32(truncatingIfNeeded: place)] else { continue }
        let own = strength(rows[place])
        let all = copies.reduce(0) { $0 + strength(rows[$1]) }
        guard all > 0 else { continue }
        // The own layer first, then the others.
        for copy in [place] + copies.filter({ $0 != place }) {
          for (target, weight) in sorted(rows[copy]) {
            var share = rate * weight / all
            if copy == place && own > 0 { share += (1 - rate) * weight / own }
            if share > 0 { links.append(Link(source: place, target: target, weight: share)) }
          }
        }
      }
    } else {
      var jumps = inter
      if !options.isDirected {
        for (source, layer, weight) in inter {
          let node = UInt32(truncatingIfNeeded: source)
          jumps.append((Self.place(layer, node), UInt32(source >> 32), weight))
        }
      }
      var jumpsOf: [Place: [(layer: UInt32, weight: Double)]] = [:]
      for jump in jumps { jumpsOf[jump.source, default: []].append((jump.layer, jump.weight)) }
      for place in Set(places).union(jumpsOf.keys).sorted() {
        for (target, weight) in sorted(rows[place]) {
          links.append(Link(source: place, target: target, weight: weight))
        }
        for jump in jumpsOf[place] ?? [] {
          let arrival = Self.place(jump.layer, UInt32(truncatingIfNeeded: place))
          let total = strength(rows[arrival])
          for (target, weight) in sorted(rows[arrival]) where total > 0 {
            links.append(
              Link(source: place, target: target, weight: jump.weight * (weight / total)))
          }
        }
      }
    }
    return try network(of: links, vertices: vertices, isWalk: true)
  }

  /// Links inside layers by source, parallel ones summed; both ways unless directed.
  private func layerRows(_ options: NetworkReadingOptions) -> [Place: [Place: Double]] {
    var rows: [Place: [Place: Double]] = [:]
    for link in intra {
      rows[link.source, default: [:]][link.target, default: 0] += link.weight
      if options.isDirected {
        rows[link.target, default: [:]][link.source, default: 0] += 0
      } else if link.source != link.target {
        rows[link.target, default: [:]][link.source, default: 0] += link.weight
      }
    }
    return rows
  }

  private func strength(_ row: [Place: Double]?) -> Double {
    // Summed in a fixed order: dictionaries have none.
    sorted(row).reduce(0) { $0 + $1.weight }
  }

  private func sorted(_ row: [Place: Double]?) -> [(target: Place, weight: Double)] {
    (row ?? [:]).filter { $0.value > 0 }.sorted { $0.key < $1.key }
      .map { (target: $0.key, weight: $0.value) }
  }

  /// States numbered by first appearance.
  private func network(of given: [Link], vertices: Vertices?, isWalk: Bool) throws -> Network {
    var numbers: [Place: UInt32] = [:]
    var places: [Place] = []
    func number(_ place: Place) -> UInt32 {
      if let number = numbers[place] { return number }
      let number = UInt32(places.count)
      numbers[place] = number
      places.append(place)
      return number
    }
    let links = NetworkLinks()
    for link in given { links.append(number(link.source), number(link.target), link.weight) }
    let nodes = IdNumbers(total: places.count) { visit in
      if let vertices {
        for id in vertices.ids { visit(id) }
      } else {
        for place in places { visit(UInt32(truncatingIfNeeded: place)) }
      }
    }
    let nodePlaces = try places.map { place -> UInt32 in
      let id = UInt32(truncatingIfNeeded: place)
      guard let node = nodes.number(of: id) else {
        throw InputError("a link names node \(id), which is not listed under *Vertices")
      }
      return node
    }
    return Network(
      kind: .multilayer, nodeIds: nodes.ids, names: vertices?.names,
      states: Network.States(
        ids: places.indices.map { UInt32($0) }, nodes: nodePlaces,
        layers: places.map { UInt32($0 >> 32) }, names: nil),
      links: links, isWalk: isWalk)
  }
}

/// What reading a network must know beforehand, because it decides what a line means.
public struct NetworkReadingOptions: Sendable {
  /// Links inside and between layers run one way.
  public var isDirected = false
  /// The share of steps that leave the layer where the file gives no links between layers.
  public var multilayerRelaxRate = 0.15

  public init() {}

  /// Throws `OptionError` for a rate that is none.
  public func check() throws(OptionError) {
    guard (0...1).contains(multilayerRelaxRate) else {
      throw OptionError(
        "multilayerRelaxRate", expected: "a number from 0 to 1", received: multilayerRelaxRate)
    }
  }
}
