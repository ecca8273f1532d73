import Messages
import Testing

@testable import Communities

@Suite struct MapEquationTests {
  private func options(
    trials: Int = 50, twoLevel: Bool = false, _ change: (inout FlowOptions) -> Void = { _ in }
  ) -> InfomapOptions {
    var options = InfomapOptions()
    options.trials = trials
    options.isTwoLevel = twoLevel
    change(&options.flow)
    return options
  }

  struct Known: Sendable, CustomStringConvertible {
    let description: String
    let text: String
    let oneLevel: Double?
    let twoLevel: Double
    let multilevel: Double
    var isDirected = false
    var isRecorded = false
  }

  static let known = [
    Known(
      description: "two triangles", text: ExampleNetworks.twoTriangles, oneLevel: 2.556656707,
      twoLevel: 2.320730357, multilevel: 2.320730357),
    Known(
      description: "nine triangles", text: ExampleNetworks.nineTriangles, oneLevel: 4.745545529,
      twoLevel: 3.517754809, multilevel: 3.371875026),
    Known(
      description: "karate, weighted", text: ExampleNetworks.karate, oneLevel: 4.634008204,
      twoLevel: 4.087423159, multilevel: 4.087423159),
    Known(
      description: "karate, unweighted", text: KnownNetworks.unweightedKarate,
      oneLevel: 4.704422599, twoLevel: 4.311792646, multilevel: 4.311792646),
    Known(
      description: "modular, as undirected", text: ExampleNetworks.modular, oneLevel: nil,
      twoLevel: 3.048111860, multilevel: 3.048111860),
    Known(
      description: "modular, directed", text: ExampleNetworks.modular, oneLevel: nil,
      twoLevel: 2.875354046, multilevel: 2.852268198, isDirected: true),
    Known(
      description: "modular, recorded teleportation", text: ExampleNetworks.modular, oneLevel: nil,
      twoLevel: 3.495934885, multilevel: 3.495934885, isDirected: true, isRecorded: true),
    Known(
      description: "two triangles, directed", text: ExampleNetworks.twoTriangles, oneLevel: nil,
      twoLevel: 1.808241199, multilevel: 1.808241199, isDirected: true),
    Known(
      description: "bipartite", text: KnownNetworks.bipartite, oneLevel: 1.576621220,
      twoLevel: 1.478406227, multilevel: 1.478406227),
    Known(
      description: "states", text: KnownNetworks.states, oneLevel: 2.251629167,
      twoLevel: 2.011405238, multilevel: 2.011405238),
    Known(
      description: "multilayer", text: KnownNetworks.multilayer, oneLevel: 2.251629167,
      twoLevel: 2.011405238, multilevel: 2.011405238),
    Known(
      description: "multilayer, intra and inter", text: KnownNetworks.intra + KnownNetworks.inter,
      oneLevel: 2.265166543, twoLevel: 1.973448787, multilevel: 1.973448787),
  ]

  @Test(arguments: known) func reachesTheKnownCodelength(_ known: Known) throws {
    let network = try KnownNetworks.network(known.text, directed: known.isDirected)
    func run(twoLevel: Bool) throws -> InfomapResult {
      try Infomap.run(
        network,
        options: options(twoLevel: twoLevel) {
          if known.isDirected { $0.model = .directed }
          $0.recordsTeleportation = known.isRecorded
        })
    }
    let flat = try run(twoLevel: true)
    // Small networks are searched to the optimum, which the reference may have missed.
    #expect(flat.codelength < known.twoLevel + 1e-9)
    if let oneLevel = known.oneLevel {
      #expect(abs(flat.oneLevelCodelength - oneLevel) < 1e-9)
    }
    let deep = try run(twoLevel: false)
    #expect(deep.codelength < known.multilevel + 1e-9)
    for result in [flat, deep] {
      let partition = Partition(result.tree, unitCount: network.unitCount)
      let again = try Infomap.evaluate(
        network,
        options: options {
          if known.isDirected { $0.model = .directed }
          $0.recordsTeleportation = known.isRecorded
        }, partition: partition)
      #expect(abs(again.codelength - result.codelength) < 1e-10)
    }
  }

  /// Links 1→2:3, 2→3:1, 3→1:2, 1→3:5, 3→4:1, divided into {1, 2} and {3, 4}; the values are the
  /// reference program's.
  @Test(arguments: [
    ("directed", 3.1858474194001123), ("directed recorded", 3.0999091111346857),
    ("directed markov", 4.545887858748002), ("directed recorded markov", 4.181848093635988),
    ("regularized", 2.858404982463588), ("directed regularized", 3.0647264443919044),
    ("regularized markov", 3.7733174006261514),
  ])
  func evaluatesGivenModules(_ words: String, _ expected: Double) throws {
    let network = try KnownNetworks.network("1 2 3\n2 3 1\n3 1 2\n1 3 5\n3 4 1\n")
    let chosen = options { flow in
      if words.contains("directed") { flow.model = .directed }
      flow.recordsTeleportation = words.contains("recorded")
      flow.isRegularized = words.contains("regularized")
      if words.contains("markov") { flow.markovTime = 2 }
    }
    let result = try Infomap.evaluate(
      network, options: chosen, partition: Partition(modules: [1, 1, 2, 2]))
    #expect(abs(result.codelength - expected) < 1e-9)
  }

  @Test func regularizationKnowsNodesWithoutLinks() throws {
    let text =
      "*Vertices\n1 a\n2 b\n3 c\n4 d\n5 e\n*Links\n1 2 30\n2 3 10\n3 1 20\n1 3 50\n3 4 10\n"
    for (model, flows) in [
      (
        FlowModel.undirected,
        [
          0.4166666666666667, 0.16666666666666669, 0.3260444631745027, 0.05798517894183246,
          0.032637024550331566,
        ]
      ),
      (
        .directed,
        [
          0.2494568145895055, 0.21994466483407077, 0.35122044591772145, 0.12472840729475275,
          0.05464966736394822,
        ]
      ),
    ] {
      let flow = try FlowNetwork(
        KnownNetworks.network(text),
        options: options {
          $0.model = model
          $0.isRegularized = true
        }.flow)
      for (value, expected) in zip(flow.flow.array, flows) {
        #expect(abs(value - expected) < 1e-12)
      }
    }
  }

  @Test func teleportsToNodesAndRecords() throws {
    for (isRecorded, expected) in [(false, 2.82449131), (true, 3.5459003)] {
      let result = try Infomap.run(
        KnownNetworks.network(ExampleNetworks.modular),
        options: options(trials: 20, twoLevel: true) {
          $0.model = .directed
          $0.teleportsToNodes = true
          $0.recordsTeleportation = isRecorded
        })
      #expect(abs(result.codelength - expected) < 1e-7)
    }
  }

  @Test func selfLinksCountInFlowNotInExits() throws {
    let flow = try FlowNetwork(KnownNetworks.network("1 1 2\n1 2 1\n2 3 1\n"))
    #expect(flow.flow.array == [0.5, 1.0 / 3, 1.0 / 6])
    let without = try FlowNetwork(
      KnownNetworks.network("1 1 2\n1 2 1\n2 3 1\n"),
      options: options { $0.dropsSelfLinks = true }.flow)
    #expect(without.flow.array == [0.25, 0.5, 0.25])
  }

  @Test func rawFlowIsTheLinkWeights() throws {
    let flow = try FlowNetwork(
      KnownNetworks.network("1 2 3\n2 3 1\n3 1 2\n1 3 5\n3 4 1\n"),
      options: options { $0.model = .rawdir }.flow)
    for (value, expected) in zip(flow.flow.array, [1.0 / 6, 0.25, 0.5, 1.0 / 12]) {
      #expect(abs(value - expected) < 1e-15)
    }
  }

  /// Codelength of the reference program.
  @Test func precomputedFlowIsTheNodesWeights() throws {
    let text = """
      *Vertices 6
      1 "a" 2
      2 "b" 2
      3 "c" 1
      4 "d" 2
      5 "e" 2
      6 "f" 1
      *Arcs
      1 2 0.15
      2 3 0.1
      2 1 0.1
      3 1 0.08
      3 4 0.02
      4 5 0.15
      5 6 0.1
      5 4 0.1
      6 4 0.08
      6 1 0.02
      """
    let given = options(twoLevel: true) { $0.model = .precomputed }
    let result = try Infomap.run(KnownNetworks.network(text, directed: true), options: given)
    #expect(result.tree.modules.count == 2)
    #expect(abs(result.codelength - 1.80653) < 5e-6)
    #expect(result.unitFlow == [0.2, 0.2, 0.1, 0.2, 0.2, 0.1])
    for text in [ExampleNetworks.modular, KnownNetworks.states] {
      #expect(throws: InputError.self) {
        try Infomap.run(KnownNetworks.network(text, directed: true), options: given)
      }
    }
  }

  /// Codelength of the reference program, for all three.
  @Test(arguments: [FlowModel.rawdir, .undirdir, .outdirdir])
  func flowByLinksAlone(_ model: FlowModel) throws {
    let text = "1 2 2\n1 3 1\n2 3 4\n3 4 1\n4 5 3\n5 4 2\n5 6 1\n6 4 5\n1 1 3\n4 7 2\n2 1 1\n"
    let result = try Infomap.run(
      KnownNetworks.network(text, directed: true),
      options: options(twoLevel: true) { $0.model = model })
    #expect(abs(result.codelength - 1.75832) < 5e-6)
  }

  /// From super-modules of three triangles each, dissolving one gains 0.013955794, and then no other.
  @Test func dissolvesWhatDoesNotPay() throws {
    let network = try KnownNetworks.network(ExampleNetworks.nineTriangles)
    var parents = [-1, -1, -1]
    var moduleOf: [Int] = []
    for triangle in 0..<9 {
      parents.append(triangle / 3)
      moduleOf += [Int](repeating: 3 + triangle, count: 3)
    }
    let given = try Infomap.evaluate(
      network, partition: Partition(paths: ModulePaths(parents: parents, moduleOf: moduleOf)))
    #expect(abs(given.codelength - 3.385830820) < 1e-9)
    var modules = given.tree.modules
    Dissolution.run(&modules, exit: 0)
    let length =
      MapEquation.indexLength(of: modules, exit: 0) + modules.reduce(0) { $0 + $1.length }
    #expect(modules.count == 5)
    #expect(abs(given.codelength - length - 0.013955794) < 1e-9)
    #expect(abs(length - 3.371875026) < 1e-9)
  }

  @Test func contradictoryOptionsAreRefused() throws {
    let network = try KnownNetworks.network(ExampleNetworks.twoTriangles)
    for change: @Sendable (inout FlowOptions) -> Void in [
      { $0.recordsTeleportation = true }, { $0.teleportsToNodes = true },
      { $0.teleportationProbability = 1.5 }, { $0.markovTime = 0 }, { $0.markovTime = .nan },
      {
        $0.isRegularized = true
        $0.model = .rawdir
      },
      { $0.regularizationStrength = -1 },
    ] {
      #expect(throws: OptionError.self) { try Infomap.run(network, options: options(change)) }
    }
    #expect(throws: OptionError.self) { try Infomap.run(network, options: options(trials: 0)) }
    #expect(throws: InputError.self) {
      try Infomap.run(
        KnownNetworks.network(KnownNetworks.bipartite), options: options { $0.model = .directed })
    }
  }
}
