import Messages
import Testing

@testable import Communities

/// Flow at its limits: nodes without any, and weights near the ends of what a number holds.
@Suite struct FlowLimitsTests {
  @Test(arguments: [
    ("*Vertices 5\n1 a\n2 b\n3 c\n4 iso1\n5 iso2\n*Edges\n1 2\n1 3\n2 3\n", 3, 3),
    ("*Vertices 3\n1 a\n2 b\n3 c\n*Edges\n", 3, 1),
    ("*Vertices 4\n1 a\n2 b\n3 c\n4 d\n*Edges\n1 2 0\n3 4 1\n", 3, 2),
    (
      "*Vertices 7\n1 a\n2 b\n3 c\n4 d\n5 e\n6 f\n7 g\n*Edges\n1 2\n1 3\n2 3\n3 4\n4 5\n4 6\n5 6\n",
      3, 3
    ),
  ])
  func isolatedNodesAreCommunitiesOfTheirOwn(_ text: String, _ modules: Int, _ largest: Int) throws
  {
    for isDirected in [false, true] {
      for isTwoLevel in [false, true] {
        var options = InfomapOptions()
        options.flow.model = isDirected ? .directed : .undirected
        options.isTwoLevel = isTwoLevel
        let network = try KnownNetworks.network(text, directed: isDirected)
        let result = try Infomap.run(network, options: options)
        if !isDirected { #expect(result.tree.modules.count == modules) }
        let leaves = result.tree.leafModules()
        #expect(leaves.map(\.units.count).max()! <= largest || isDirected)
        // Nobody shares a module with a node that nothing is linked to.
        var linked = Set<UInt32>()
        network.links.eachLink { if $2 > 0 { linked.formUnion([$0, $1]) } }
        for leaf in leaves where !linked.isSuperset(of: leaf.units) {
          #expect(leaf.units.count == 1)
        }
      }
    }
  }

  @Test(arguments: ["1e-320", "1e-310", "1e-300", "1e-160", "1e160", "1e300", "1e307", "1e308"])
  func flowDependsOnRatiosOfWeights(_ text: String) throws {
    let weight = try #require(Double(text))
    let pairs = [(1, 2), (2, 3), (3, 1), (3, 4), (4, 5), (5, 6), (4, 6)]
    func length(
      _ weight: Double, _ form: ((Int, Int), Double) -> String, _ head: String, directed: Bool
    )
      throws -> Double
    {
      let text = head + pairs.map { form($0, weight) }.joined()
      var options = InfomapOptions()
      options.flow.model = directed ? .directed : .undirected
      return try Infomap.run(KnownNetworks.network(text, directed: directed), options: options)
        .codelength
    }
    let forms: [(String, ((Int, Int), Double) -> String)] = [
      ("", { "\($0.0) \($0.1) \($1)\n" }),
      ("*Intra\n", { "1 \($0.0) \($0.1) \($1)\n2 \($0.1) \($0.0) \($1)\n" }),
      (
        "*States\n" + (1...6).map { "\($0) \($0)\n" }.joined() + "*Links\n",
        { "\($0.0) \($0.1) \($1)\n" }
      ),
      (
        "*Multilayer\n",
        { "1 \($0.0) 1 \($0.1) \($1)\n1 \($0.1) 2 \($0.0) \($1)\n2 \($0.0) 1 \($0.1) \($1)\n" }
      ),
    ]
    for (head, form) in forms {
      for directed in [false, true] {
        let usual = try length(1, form, head, directed: directed)
        // The last digits of a subnormal weight are few.
        let tolerance = weight < 1e-307 ? 1e-3 : 1e-9
        let found = try length(weight, form, head, directed: directed)
        #expect(abs(found - usual) < tolerance, "\(head) \(directed)")
      }
    }
    #expect(try length(1, forms[0].1, "", directed: false) - 2.320730357 < 1e-9)
  }

  @Test func smallAmongUsual() throws {
    let text = "1 2 1\n2 1 1e-320\n2 3 1\n3 2 1e-320\n"
    var options = InfomapOptions()
    options.flow.model = .directed
    let result = try Infomap.run(KnownNetworks.network(text, directed: true), options: options)
    #expect(abs(result.codelength - 1) < 1e-9)
    #expect(result.unitFlow.allSatisfy { $0.isFinite })
  }

  @Test(arguments: [
    "1 2 1e300\n2 3 1e-310\n3 1 1\n", "*Intra\n1 1 2 1e307\n1 2 3 1e-320\n1 3 1 1\n",
  ])
  func whatCannotBeAddedIsExplained(_ text: String) throws {
    let error = #expect(throws: (any Error).self) {
      try Infomap.run(KnownNetworks.network(text))
    }
    #expect("\(error!)".contains("too far apart"), "\(error!)")
  }

  @Test func nodeWeightsAreShares() throws {
    var options = InfomapOptions()
    options.flow.model = .precomputed
    let network = try KnownNetworks.network(
      "*Vertices 3\n1 a 1e308\n2 b 1e308\n3 c 1e308\n*Links\n1 2 0.1\n2 3 0.1\n", directed: true)
    let result = try Infomap.run(network, options: options)
    #expect(result.unitFlow.allSatisfy { abs($0 - 1.0 / 3) < 1e-12 })
    options = InfomapOptions()
    options.flow.markovTime = 1e308
    #expect(throws: InputError.self) {
      try Infomap.run(KnownNetworks.network("1 2 10\n2 3 10\n"), options: options)
    }
  }
}
