import Foundation
import Memory
import Messages
import Parallel
import Testing

@testable import Communities

@Suite struct InfomapTests {
  @Test func oneSeedGivesOneResultAtAnyThreadCount() throws {
    let network = try KnownNetworks.network(KnownNetworks.blockModel(3000).text)
    var options = InfomapOptions()
    options.trials = 3
    var paths: [[Int]] = []
    var lengths: [Double] = []
    for threads in [1, 2, 8] {
      options.threads = threads
      let result = try Infomap.run(network, options: options)
      lengths.append(result.codelength)
      paths.append(result.tree.paths(unitCount: network.unitCount).moduleOf)
    }
    #expect(lengths.allSatisfy { $0 == lengths[0] })
    #expect(paths.allSatisfy { $0 == paths[0] })
    options.seed = 5
    #expect(try Infomap.run(network, options: options).trialCodelengths[0] != lengths[0])
  }

  @Test func singleTrialsUseThreadsInside() throws {
    let network = try KnownNetworks.network(KnownNetworks.blockModel(2000).text)
    var options = InfomapOptions()
    let one = try Infomap.run(network, options: options)
    options.threads = 4
    let four = try Infomap.run(network, options: options)
    #expect(one.codelength == four.codelength)
    #expect(
      one.tree.paths(unitCount: 2000).moduleOf == four.tree.paths(unitCount: 2000).moduleOf)
  }

  /// The generator of the block model and the figures for it are fixed: 96,837 links, one-level
  /// 14.215544771, planted blocks 9.959521487, the best of ten reference trials 9.956611182.
  @Test func blockModelBeatsPlantedAndReference() throws {
    let model = KnownNetworks.blockModel(20_000)
    #expect(model.links == 96_837)
    let network = try KnownNetworks.network(model.text)
    var options = InfomapOptions()
    options.isTwoLevel = true
    let result = try Infomap.run(network, options: options)
    #expect(abs(result.oneLevelCodelength - 14.215544771) < 1e-9)
    let planted = try Infomap.evaluate(
      network, partition: Partition(modules: network.nodeIds.map { Int($0 - 1) / 100 }))
    #expect(abs(planted.codelength - 9.959521487) < 1e-9)
    #expect(result.codelength <= planted.codelength)
    #expect(result.codelength <= 9.956611182 * 1.0002)
  }

  @Test func acceptedStepsOnlyShorten() throws {
    for text in [ExampleNetworks.karate, KnownNetworks.blockModel(1000).text] {
      let network = try KnownNetworks.network(text)
      guard case .whole(let units) = try FlowNetwork(network).units.asWhole() else {
        Issue.record("expected whole weights")
        continue
      }
      var search = ModuleSearch(units, parentExit: 0, random: RandomStream(seed: 3))
      search.startAlone()
      var length = MapEquation.length(of: units, search.assignment())
      for _ in 0..<12 {
        let gain = search.run(sweeps: 1, threshold: 0)
        let next = MapEquation.length(of: units, search.assignment())
        #expect(gain >= 0)
        #expect(abs(length - gain - next) < 1e-10)
        length = next
      }
    }
  }

  /// Directed flow, recorded teleportation and states take the general path of the core loop.
  @Test func gainsMatchRecomputationInTheGeneralLoop() throws {
    var directed = FlowOptions()
    directed.model = .directed
    directed.recordsTeleportation = true
    for (text, options) in [
      (ExampleNetworks.modular, directed), (KnownNetworks.states, FlowOptions()),
      (KnownNetworks.multilayer, FlowOptions()),
    ] {
      let network = try KnownNetworks.network(text)
      guard case .real(let units) = try FlowNetwork(network, options: options).units else {
        Issue.record("expected real weights")
        continue
      }
      var search = ModuleSearch(units, parentExit: 0, random: RandomStream(seed: 3))
      search.startAlone()
      var length = MapEquation.length(of: units, search.assignment())
      for _ in 0..<5 {
        let gain = search.run(sweeps: 1, threshold: 0)
        let next = MapEquation.length(of: units, search.assignment())
        #expect(abs(length - gain - next) < 1e-10)
        length = next
      }
    }
  }

  @Test func relabellingChangesNothing() throws {
    var options = InfomapOptions()
    options.trials = 50
    let karate = try Infomap.run(KnownNetworks.network(ExampleNetworks.karate), options: options)
    var random = RandomStream(seed: 11)
    let names = (0...34).map { $0 }.shuffled(using: &random).map { $0 * 1000 + 7 }
    let renamed = ExampleNetworks.karate.split(separator: "\n").map { line in
      let parts = line.split(separator: " ")
      return "\(names[Int(parts[1]) ?? 0]) \(names[Int(parts[0]) ?? 0]) \(parts[2])\n"
    }.shuffled(using: &random).joined()
    let result = try Infomap.run(KnownNetworks.network(renamed), options: options)
    #expect(abs(result.codelength - karate.codelength) < 1e-9)
  }

  @Test func initialPartitionIsImprovedNotLost() throws {
    let network = try KnownNetworks.network(ExampleNetworks.karate)
    var options = InfomapOptions()
    options.isTwoLevel = true
    let start = Partition(modules: (0..<34).map { $0 % 3 })
    let result = try Infomap.run(network, options: options, initial: start)
    #expect(result.codelength <= (try Infomap.evaluate(network, partition: start)).codelength)
    options.trials = 20
    let best = try Infomap.run(network, options: options)
    let kept = try Infomap.run(
      network, options: options, initial: Partition(best.tree, unitCount: 34))
    #expect(abs(kept.codelength - best.codelength) < 1e-10)
  }

  @Test func oddNetworks() throws {
    // One node.
    let one = try Infomap.run(KnownNetworks.network("7 7 2\n"))
    #expect(one.codelength == 0)
    #expect(one.tree.modules.count == 1)
    // No links: communities of their own, which nothing leaves.
    let none = try Infomap.run(KnownNetworks.network("*Vertices 3\n1 a\n2 b\n3 c\n*Edges\n"))
    #expect(none.codelength == 0 && none.tree.modules.count == 3)
    // Only links of weight 0.
    let zero = try Infomap.run(KnownNetworks.network("1 2 0\n"))
    #expect(zero.codelength == 0 && zero.tree.modules.count == 2)
    // Parts without links between them, and a node without any.
    let parts = try Infomap.run(
      KnownNetworks.network("*Vertices\n1 a\n2 b\n3 c\n4 d\n5 e\n*Edges\n1 2\n3 4\n"))
    #expect(parts.codelength == 1)
    #expect(parts.tree.leafModules().flatMap(\.units).count == 5)
    // Directed, every link into a node without out-links.
    var directed = InfomapOptions()
    directed.flow.model = .directed
    let sink = try Infomap.run(KnownNetworks.network("1 3\n2 3\n"), options: directed)
    #expect(sink.codelength.isFinite && sink.codelength >= 0)
    // Nothing at all.
    #expect(throws: InputError.self) { try Infomap.run(KnownNetworks.network("# empty\n")) }
  }

  @Test func arraysMakeNetworks() throws {
    let network = try Network(
      nodeCount: 6, sources: [0, 0, 1, 2, 3, 3, 4], targets: [1, 2, 2, 3, 4, 5, 5])
    #expect(abs(try Infomap.run(network).codelength - 2.320730357) < 1e-9)
    #expect(throws: InputError.self) {
      try Network(nodeCount: 2, sources: [0], targets: [1], weights: [-1])
    }
    #expect(throws: InputError.self) {
      try Network(nodeCount: 2, sources: [0], targets: [1], weights: [.nan])
    }
    #expect(throws: InputError.self) { try Network(nodeCount: 2, sources: [0], targets: [2]) }
    #expect(throws: InputError.self) { try Network(nodeCount: 2, sources: [0], targets: []) }
  }

  /// Cancels when the first trial has ended.
  private struct CancellingProgress: ProgressReporter {
    let cancellation: Cancellation
    func begin(_ phase: String, total: Int?, unit: String) {}
    func advance(by amount: Int, note: String?) { cancellation.cancel() }
    func note(_ line: String) {}
    func end() {}
  }

  @Test func anInterruptedSearchGivesItsBestTrial() throws {
    let cancellation = Cancellation()
    var options = InfomapOptions()
    options.trials = 1000
    let network = try KnownNetworks.network(ExampleNetworks.karate)
    let result = try Infomap.run(
      network, options: options,
      work: Work(
        progress: CancellingProgress(cancellation: cancellation), cancellation: cancellation))
    #expect(result.isInterrupted && result.trialCodelengths.count == 1)
    options.trials = 1
    let first = try Infomap.run(network, options: options)
    #expect(!first.isInterrupted && first.codelength == result.codelength)
  }

  @Test func cancellationStopsTheSearch() throws {
    let cancellation = Cancellation()
    cancellation.cancel()
    #expect(throws: Cancelled.self) {
      try Infomap.run(
        KnownNetworks.network(ExampleNetworks.karate),
        work: Work(cancellation: cancellation))
    }
  }
}

extension FlowNetwork.Units {
  /// Unit weights as whole ones, so that one test serves both.
  func asWhole() throws -> FlowNetwork.Units {
    guard case .plain(let network) = self else { return self }
    return .whole(
      UnitNetwork(
        count: network.count, offsets: network.offsets, targets: network.targets,
        weights: Block([UInt32](repeating: 1, count: network.entryCount)), scale: network.scale,
        flow: network.flow, boundary: network.boundary))
  }
}

extension MapEquation {
  /// The codelength of a two-level division, from the network alone.
  static func length<Weight>(of network: UnitNetwork<Weight>, _ assignment: Assignment) -> Double {
    let modules = network.aggregated(by: assignment)
    let units = modules.physical == nil ? unitTerm(of: network) : unitTerm(of: modules)
    return index(of: modules, parentExit: 0) + codebooks(of: modules, unitTerm: units)
  }
}
