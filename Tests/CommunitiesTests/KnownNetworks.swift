@testable import Communities

/// Small networks whose codelengths are known from the reference program and by hand.
enum KnownNetworks {
  static func network(_ text: String, directed: Bool = false) throws -> Network {
    var options = NetworkReadingOptions()
    options.isDirected = directed
    return try NetworkReader.read(bytes: Array(text.utf8), options: options)
  }

  static var unweightedKarate: String {
    ExampleNetworks.karate.split(separator: "\n").map { line in
      line.split(separator: " ").prefix(2).joined(separator: " ") + "\n"
    }.joined()
  }

  static let bipartite = """
    *Vertices 5
    1 "Node 1"
    2 "Node 2"
    3 "Node 3"
    4 "Feature 1"
    5 "Feature 2"
    *Bipartite 4
    1 4 1
    2 4 1
    2 5 0.25
    3 5 1
    """

  static let states = """
    *Vertices 5
    1 "i"
    2 "j"
    3 "k"
    4 "l"
    5 "m"
    *States
    1 1 "α~_i"
    2 2 "β~_j"
    3 3 "γ~_k"
    4 1 "δ~_i"
    5 4 "ε~_l"
    6 5 "ζ~_m"
    *Links
    1 2 0.8
    1 3 0.8
    1 5 0.2
    1 6 0.2
    2 1 1
    2 3 1
    3 1 1
    3 2 1
    4 5 0.8
    4 6 0.8
    4 2 0.2
    4 3 0.2
    5 4 1
    5 6 1
    6 4 1
    6 5 1
    """

  static let intra = """
    *Intra
    1 1 4 0.8
    1 4 1 1
    1 1 5 0.8
    1 5 1 1
    1 4 5 1
    1 5 4 1
    2 1 2 0.8
    2 2 1 1
    2 1 3 0.8
    2 3 1 1
    2 2 3 1
    2 3 2 1
    """

  static let inter = "\n*Inter\n1 1 2 0.4\n2 1 1 0.4\n"

  static let multilayer = """
    *Multilayer
    1 1 1 4 0.8
    1 4 1 1 1
    1 1 1 5 0.8
    1 5 1 1 1
    1 4 1 5 1
    1 5 1 4 1
    2 1 2 2 0.8
    2 2 2 1 1
    2 1 2 3 0.8
    2 3 2 1 1
    2 2 2 3 1
    2 3 2 2 1
    1 1 2 2 0.2
    1 1 2 3 0.2
    2 1 1 4 0.2
    2 1 1 5 0.2
    """

  /// The block model of a linear congruential generator: `n` nodes in blocks of 100.
  static func blockModel(_ count: Int) -> (text: String, links: Int) {
    var x: UInt64 = 42
    func next() -> Int {
      x = x &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(x >> 32)
    }
    var seen = Set<Int>()
    for _ in 0..<5 * count {
      let source = next() % count
      let coin = next() % 10
      let draw = next()
      let target = coin < 7 ? 100 * (source / 100) + draw % 100 : draw % count
      if source != target { seen.insert(min(source, target) * count + max(source, target)) }
    }
    let text = seen.sorted().map { "\($0 / count + 1) \($0 % count + 1)\n" }.joined()
    return (text, seen.count)
  }
}
