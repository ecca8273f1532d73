import Parallel
import Testing

@testable import Communities

/// Networks with few links, where single moves end early. The reference's codelengths: the `infomap` package
/// 2.16.0, best of 20 trials, by `Benchmarks/communities/sparse.py`.
@Suite struct SparseNetworksTests {
  private static func grid(_ width: Int, _ height: Int) -> [(Int, Int)] {
    (0..<width * height).flatMap { place -> [(Int, Int)] in
      (place % height < height - 1 ? [(place, place + 1)] : [])
        + (place / height < width - 1 ? [(place, place + height)] : [])
    }
  }

  private static func cliques(_ count: Int, _ size: Int) -> [(Int, Int)] {
    (0..<count).flatMap { group -> [(Int, Int)] in
      let first = group * size
      return (0..<size).flatMap { a in (0..<a).map { (first + a, first + $0) } }
        + (group > 0 ? [(first - 1, first)] : [])
    }
  }

  private static func text(_ links: [(Int, Int)]) -> String {
    links.map { "\($0.0 + 1) \($0.1 + 1)\n" }.joined()
  }

  @Test(arguments: [
    ("grid 8x8", text(grid(8, 8)), 4.718063443, 4.718063443),
    ("triangles", text(cliques(100, 3)), 3.818173501, 3.358787317),
    ("cliques", text(cliques(25, 4)), 3.228247091, 3.022498418),
  ])
  func noLongerThanTheReference(
    _ name: String, _ text: String, _ two: Double, _ many: Double
  ) throws {
    var options = InfomapOptions()
    options.trials = 20
    options.threads = 2
    let network = try KnownNetworks.network(text)
    #expect(try Infomap.run(network, options: options).codelength < many + 1e-6, "\(name)")
    options.isTwoLevel = true
    #expect(try Infomap.run(network, options: options).codelength < two + 1e-6, "\(name)")
  }

  /// What is repaired is never longer, and its figures are those of the tree from the network alone.
  @Test(arguments: [false, true])
  func repairOnlyShortens(_ isTwoLevel: Bool) throws {
    var random = RandomStream(seed: 5)
    for size in [40, 150] {
      var links = (1..<size).map { ($0, random.below($0)) }
      for _ in 0..<size / 8 { links.append((random.below(size), random.below(size))) }
      for isDirected in [false, true] {
        let network = try KnownNetworks.network(
          Self.text(links.filter { $0.0 != $0.1 }), directed: isDirected)
        var options = FlowOptions()
        options.model = isDirected ? .directed : .undirected
        let flow = try FlowNetwork(network, options: options)
        try flow.units.read(
          by: Repair(flow: flow, isTwoLevel: isTwoLevel, seed: random.next()))
      }
    }
  }

  private struct Repair: UnitNetworkReader {
    let flow: FlowNetwork
    let isTwoLevel: Bool
    let seed: UInt64

    func read<Weight>(_ units: UnitNetwork<Weight>) throws {
      let stream = RandomStream(seed: seed)
      var search = TwoLevelSearch(units, random: stream)
      var modules = search.allModules(try search.bottomUp())
      let before = length(modules)
      #expect(RegionalRepair.pays(units))
      var repair = RegionalRepair(
        units, effort: SearchEffort(), isTwoLevel: isTwoLevel, random: stream, work: .silent)
      try repair.run(&modules, exit: 0)
      let after = length(modules)
      #expect(after <= before + 1e-12)
      let tree = ModuleTree(modules: modules, codelength: after)
      #expect(tree.leafModules().flatMap(\.units).sorted() == (0..<UInt32(units.count)).map { $0 })
      let again = try Infomap.evaluate(flow, partition: Partition(tree, unitCount: units.count))
      #expect(abs(again.codelength - after) < 1e-11)
    }

    private func length(_ modules: [ModuleTree.Module]) -> Double {
      modules.reduce(MapEquation.indexLength(of: modules, exit: 0)) { $0 + $1.length }
    }
  }

  @Test func denseNetworksAreSearchedAsBefore() throws {
    let flow = try FlowNetwork(KnownNetworks.network(Self.text(Self.cliques(1, 8))))
    struct Pays: UnitNetworkReader {
      func read<Weight>(_ units: UnitNetwork<Weight>) -> Bool { RegionalRepair.pays(units) }
    }
    #expect(!flow.units.read(by: Pays()))
  }
}
