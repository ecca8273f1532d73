import Formats
import Foundation
import Messages
import Testing

@testable import Communities

/// Partition files are matched by what they say: node, layer and state ids, never numbers of a run.
@Suite struct PartitionColumnsTests {
  private static let net =
    "*Intra\n1 1 2 1\n1 2 3 1\n1 3 1 1\n1 3 4 0.2\n1 4 5 1\n1 5 6 1\n1 6 4 1\n2 1 4 1\n2 4 2 1\n"
    + "2 2 1 1\n2 3 5 1\n2 5 6 1\n2 6 3 1\n2 2 3 0.2\n"

  private func network(_ text: String, relax: Double = 0.15) throws -> Network {
    var options = NetworkReadingOptions()
    options.multilayerRelaxRate = relax
    return try NetworkReader.read(bytes: Array(text.utf8), options: options)
  }

  private func partition(_ text: String, of network: Network) throws -> Partition {
    try PartitionReader.read(bytes: Array(text.utf8), name: "p", network: network)
  }

  private func reason(_ text: String, of network: Network) -> String {
    do {
      _ = try partition(text, of: network)
      return "no error"
    } catch { return (error as? FileError)?.reason ?? "another error: \(error)" }
  }

  @Test func statesOfLayersAreToldByNodeAndLayer() throws {
    let relaxed = try network(Self.net)
    var options = InfomapOptions()
    options.isTwoLevel = true
    options.trials = 20
    let found = try Infomap.run(relaxed, options: options)
    let origin = ResultWriter.Origin(
      program: "danlu", command: "", seed: 1, trials: 1, flowModel: "undirected")
    let base = NSTemporaryDirectory() + "danlu-multilayer-" + UUID().uuidString
    let files = try ResultWriter(found, network: relaxed, origin: origin).write(
      base: base, formats: [.clu, .tree, .ftree])
    defer { for file in files { try? FileManager.default.removeItem(atPath: file) } }
    let stiff = try network(Self.net, relax: 0)
    #expect(relaxed.states?.layers != stiff.states?.layers)
    for file in files where file.contains("_states.") {
      let evaluated = try Infomap.evaluate(
        stiff, partition: PartitionReader.read(path: file, network: stiff))
      #expect(abs(evaluated.codelength - 2.007184671) < 1e-9, "\(file)")
      let same = try Infomap.evaluate(
        relaxed, partition: PartitionReader.read(path: file, network: relaxed))
      #expect(abs(same.codelength - found.codelength) < 1e-12)
    }
  }

  @Test func columnsInAnyOrder() throws {
    let net = try network("*Multilayer\n1 1 1 2\n1 2 2 1\n2 1 1 1\n2 1 2 2\n2 2 1 2\n")
    let clu =
      "# state_id module flow layer_id node_id\n9 1 0.1 1 1\n8 1 0.1 1 2\n7 2 0.1 2 1\n6 2 0.1 2 2\n"
    let tree =
      "# path flow name state_id layer_id node_id\n1:1 0.1 \"a\" 9 1 1\n1:2 0.1 \"b\" 8 1 2\n"
      + "2:1 0.1 \"a\" 7 2 1\n2:2 0.1 \"b\" 6 2 2\n"
    let right = Partition(modules: zip(net.states!.layers!, net.states!.nodes).map { Int($0.0) })
    let length = try Infomap.evaluate(net, partition: right).codelength
    for text in [clu, tree] {
      let given = try partition(text, of: net)
      #expect(try Infomap.evaluate(net, partition: given).codelength == length)
    }
  }

  @Test func whatDoesNotFitIsExplained() throws {
    let net = try network(Self.net)
    #expect(reason("# state_id module flow\n0 1 0.5\n", of: net).contains("node_id and layer_id"))
    #expect(
      reason("# state_id module flow node_id layer_id\n0 1 0.5 1 7\n", of: net)
        .contains("no node 1 in layer 7"))
    #expect(
      reason("# state_id module flow node_id layer_id\n0 1 0.5 1 1\n5 1 0.5 1 1\n", of: net)
        .contains("node 1 in layer 1 is listed twice"))
    let states = try network(KnownNetworks.states)
    #expect(
      reason("# state_id module flow node_id\n1 1 0.5 2\n", of: states).contains(
        "belongs to node 1"))
  }

  @Test(arguments: ["O\"Brien", "say \"hi\" now", "C#", "Smith,J.", "a  b", "5 6", "\"", "#"])
  func namesComeBack(_ name: String) throws {
    let network = try Network(
      nodeCount: 3, sources: [0, 1], targets: [1, 2], names: ["a", name, "c"])
    let result = try Infomap.run(network)
    let origin = ResultWriter.Origin(
      program: "danlu", command: "", seed: 1, trials: 1, flowModel: "undirected")
    let base = NSTemporaryDirectory() + "danlu-names-" + UUID().uuidString
    let files = try ResultWriter(result, network: network, origin: origin).write(
      base: base, formats: [.tree, .ftree, .csv, .json])
    defer { for file in files { try? FileManager.default.removeItem(atPath: file) } }
    for file in files.prefix(2) {
      _ = try PartitionReader.read(path: file, network: network)
      #expect(try String(contentsOfFile: file, encoding: .utf8).contains(" \"\(name)\" 1\n"))
    }
  }

  @Test func statesKeepTheirNames() throws {
    let network = try network(
      "*Vertices 3\n1 \"a\"\n2 \"b\"\n3 \"c\"\n*States\n1 1 \"a|x\"\n2 2 \"b|a\"\n3 2 \"b|c\"\n4 3\n"
        + "*Links\n1 2\n2 1\n3 4\n4 3\n2 4\n")
    #expect((0..<4).map { network.name(ofUnit: $0) } == ["a|x", "b|a", "b|c", "c"])
    let origin = ResultWriter.Origin(
      program: "danlu", command: "", seed: 1, trials: 1, flowModel: "undirected")
    let base = NSTemporaryDirectory() + "danlu-states-" + UUID().uuidString
    let files = try ResultWriter(Infomap.run(network), network: network, origin: origin).write(
      base: base, formats: [.tree, .ftree, .csv, .json])
    defer { for file in files { try? FileManager.default.removeItem(atPath: file) } }
    for file in files {
      let text = try String(contentsOfFile: file, encoding: .utf8)
      #expect(text.contains("\"b|a\"") == file.contains("_states."), "\(file)")
      #expect(text.contains("\"b\"") != file.contains("_states."), "\(file)")
    }
  }
}
