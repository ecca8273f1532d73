import Parallel
import Testing

@testable import Communities

/// Networks small enough that the shortest description is known.
@Suite struct SmallNetworksTests {
  private func tree(_ size: Int, _ random: inout RandomStream) -> [(Int, Int)] {
    (1..<size).map { ($0, random.below($0)) }
  }

  private func text(_ links: [(Int, Int)]) -> String {
    links.map { "\($0.0) \($0.1)\n" }.joined()
  }

  private func twoLevel(_ text: String, trials: Int = 1, directed: Bool = false) throws
    -> InfomapResult
  {
    var options = InfomapOptions()
    options.isTwoLevel = true
    options.trials = trials
    options.flow.model = directed ? .directed : .undirected
    return try Infomap.run(KnownNetworks.network(text, directed: directed), options: options)
  }

  @Test(arguments: [
    ("0 1\n0 2\n0 3\n1 4\n1 5\n4 6\n6 7\n6 8\n7 9\n9 10\n9 11\n", 2.827260497),
    ("0 1\n0 2\n1 3\n2 4\n3 5\n3 6\n4 8\n6 7\n7 9\n7 10\n", 2.824511250),
  ])
  func optimaOfTwoTrees(_ text: String, _ right: Double) throws {
    let found = try twoLevel(text).codelength
    #expect(abs(found - right) < 1e-9)
    #expect(try Infomap.run(KnownNetworks.network(text)).codelength < right + 1e-9)
    // Trials end in different divisions; none is needed to find the best.
    let lengths = try twoLevel(text, trials: 40).trialCodelengths
    #expect(Set(lengths).count > 2)
  }

  /// Against all divisions of 7 nodes, connected or not, priced one by one.
  @Test(arguments: [false, true])
  func nothingIsShorter(_ directed: Bool) throws {
    var random = RandomStream(seed: 3)
    for _ in 0..<(directed ? 6 : 10) {
      var links = tree(7, &random)
      for _ in 0..<random.below(5) { links.append((random.below(7), random.below(7))) }
      let network = try KnownNetworks.network(text(links), directed: directed)
      var options = FlowOptions()
      options.model = directed ? .directed : .undirected
      let flow = try FlowNetwork(network, options: options)
      var shortest = Double.infinity
      func divide(_ modules: [Int], _ count: Int) throws {
        guard modules.count < network.nodeCount else {
          let length = try Infomap.evaluate(flow, partition: Partition(modules: modules)).codelength
          shortest = min(shortest, length)
          return
        }
        for module in 0...count { try divide(modules + [module], max(count, module + 1)) }
      }
      try divide([], 0)
      let found = try twoLevel(text(links), directed: directed).codelength
      #expect(abs(found - shortest) < 1e-9, "\(links)")
    }
  }

  /// Trials differ, or found what many more find.
  @Test func trialsOfMiddlingNetworksDiffer() throws {
    var random = RandomStream(seed: 9)
    for size in [30, 60, 120] {
      let links = tree(size, &random)
      let lengths = Set(try twoLevel(text(links), trials: 12).trialCodelengths)
      let best = try twoLevel(text(links), trials: 60).codelength
      #expect(lengths.count > 3 || lengths.contains { $0 < best + 1e-9 })
    }
  }

  /// What is given is never lost, whatever the search finds from it.
  @Test func givenPartitionsAreCandidates() throws {
    var random = RandomStream(seed: 17)
    for round in 0..<6 {
      let network = try KnownNetworks.network(text(tree(90, &random)))
      var options = InfomapOptions()
      options.isTwoLevel = round % 2 == 0
      options.trials = 30
      let best = try Infomap.run(network, options: options)
      options.trials = 1
      options.seed = 99
      let given = Partition(best.tree, unitCount: network.unitCount)
      let again = try Infomap.run(network, options: options, initial: given)
      #expect(again.codelength <= best.codelength + 1e-12)
      #expect(again.trialCodelengths.count == 1)
    }
  }

  /// A hierarchy in which only some modules are grouped keeps its groups.
  @Test func partlyGroupedHierarchiesAreCandidates() throws {
    let network = try KnownNetworks.network(ExampleNetworks.nineTriangles)
    // Three triangles in a group; six alone.
    let paths = ModulePaths(
      parents: [-1, 0, 0, 0, -1, -1, -1, -1, -1, -1],
      moduleOf: (0..<27).map { [1, 2, 3, 4, 5, 6, 7, 8, 9][$0 / 3] })
    let given = Partition(paths: paths)
    let length = try Infomap.evaluate(network, partition: given).codelength
    let found = try Infomap.run(network, initial: given)
    #expect(found.codelength <= length)
    var options = InfomapOptions()
    options.isTwoLevel = true
    #expect(try Infomap.run(network, options: options, initial: given).tree.levelCount == 2)
  }
}
