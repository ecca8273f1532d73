import Formats
import Foundation
import Messages
import Parallel
import Testing

@testable import Communities

@Suite struct ResultFilesTests {
  private let origin = ResultWriter.Origin(
    program: "danlu", command: "test", seed: 123, trials: 10, flowModel: "undirected")

  private func folder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "danlu-results-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }

  private func text(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
  }

  @Test(arguments: ["nine", "modular", "states", "multilayer", "bipartite"])
  func filesReadBackGiveTheSameCodelength(_ name: String) throws {
    let texts = [
      "nine": ExampleNetworks.nineTriangles, "modular": ExampleNetworks.modular,
      "states": KnownNetworks.states, "multilayer": KnownNetworks.intra,
      "bipartite": KnownNetworks.bipartite,
    ]
    let network = try KnownNetworks.network(texts[name] ?? "")
    var options = InfomapOptions()
    options.trials = 10
    if name == "modular" { options.flow.model = .directed }
    let result = try Infomap.run(network, options: options)
    let folder = try folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let base = folder.appending(path: "out").path
    let files = try ResultWriter(result, network: network, origin: origin, cluLevel: -1)
      .write(base: base, formats: ResultWriter.Format.allCases)
    #expect(files.count == (network.states == nil ? 5 : 10))
    let stem = network.states == nil ? base + "." : base + "_states."
    for format in ["tree", "ftree"] {
      let partition = try PartitionReader.read(path: stem + format, network: network)
      let again = try Infomap.evaluate(network, options: options, partition: partition)
      #expect(abs(again.codelength - result.codelength) < 1e-12, "\(format)")
    }
    // A .clu holds one level.
    let flat = try PartitionReader.read(path: stem + "clu", network: network)
    #expect(
      Set(flat.paths.moduleOf).count == result.tree.leafModules().count)
    for path in files {
      let text = try text(path)
      if path.hasSuffix("json") {
        let object =
          try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
        let length = try #require(object["codelength"] as? Double)
        #expect(abs(length - result.codelength) < 1e-14)
        #expect(object["seed"] as? Int == 123)
        #expect((object["nodes"] as? [Any])?.isEmpty == false)
      } else if !path.hasSuffix("csv") {
        #expect(text.contains("# seed 123\n"))
        #expect(text.contains("# codelength \(result.codelength) bits\n"))
      }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == files.count)
  }

  @Test func treeLinesAreTheFields() throws {
    let network = try KnownNetworks.network(
      "*Vertices 6\n1 A\n2 B\n3 C\n4 D\n5 E\n6 \"F \\ G\"\n*Edges\n" + ExampleNetworks.twoTriangles)
    let result = try Infomap.run(network)
    let folder = try folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let base = folder.appending(path: "t").path
    _ = try ResultWriter(result, network: network, origin: origin)
      .write(base: base, formats: [.ftree, .clu, .csv])
    let lines = try text(base + ".ftree").split(separator: "\n").filter { !$0.hasPrefix("#") }
    #expect(
      lines == [
        "1:1 0.214286 \"C\" 3", "1:2 0.142857 \"A\" 1", "1:3 0.142857 \"B\" 2",
        "2:1 0.214286 \"D\" 4", "2:2 0.142857 \"E\" 5", "2:3 0.142857 \"F \\ G\" 6",
        "*Links undirected", "*Links root 0 0 1 2", "1 2 0.142857",
        "*Links 1 0.0714286 0.0714286 3 3", "1 2 0.142857", "1 3 0.142857", "2 3 0.142857",
        "*Links 2 0.0714286 0.0714286 3 3", "1 2 0.142857", "1 3 0.142857", "2 3 0.142857",
      ])
    #expect(try text(base + ".csv").hasPrefix("path,flow,name,node_id\n1:1,0.214286,\"C\",3\n"))
    #expect(
      try text(base + ".clu").hasSuffix(
        "# node_id module flow\n3 1 0.214286\n1 1 0.142857\n2 1 0.142857\n4 2 0.214286\n"
          + "5 2 0.142857\n6 2 0.142857\n"))
  }

  @Test func aFolderThatIsNotThereIsSaid() throws {
    let network = try KnownNetworks.network(ExampleNetworks.twoTriangles)
    let result = try Infomap.run(network)
    #expect(throws: FileError.self) {
      try ResultWriter(result, network: network, origin: origin)
        .write(base: "/nonexistent/folder/x", formats: [.tree])
    }
  }

  @Test(arguments: [
    ("1 1\n2 1\n", "in no module"), ("1 1\n1 2\n", "listed twice"), ("99 1\n", "no node 99"),
    ("1\n", "node_id module"), ("x 1\n", "node_id module"), ("1:1 0.1 \"A\"\n", "line 1"),
    (String(repeating: "1:", count: 9999) + "1 0.1 \"A\" 1\n", "levels"),
    ("1:x 0.1 \"A\" 1\n", "line 1"), ("1:1 abc \"A\" 1\n", "line 1"),
    (
      "1:1 0.1 \"A\" 1\n1:1:1 0.1 \"B\" 2\n1:1:2 0 \"\" 3\n1:1:3 0 \"\" 4\n1:1:4 0 \"\" 5\n"
        + "1:1:5 0 \"\" 6\n", "either modules or nodes"
    ),
  ])
  func badPartitionsAreExplained(_ text: String, _ part: String) throws {
    let network = try KnownNetworks.network(ExampleNetworks.twoTriangles)
    let error = #expect(throws: FileError.self) {
      try PartitionReader.read(bytes: Array(text.utf8), name: "p", network: network)
    }
    #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
  }

  @Test func physicalPartitionsOfStateNetworks() throws {
    let network = try KnownNetworks.network(KnownNetworks.states)
    let read = { (text: String) in
      try PartitionReader.read(bytes: Array(text.utf8), name: "p", network: network)
    }
    let partition = try read("1 1\n2 1\n3 1\n4 2\n5 2\n")
    #expect(partition.paths.moduleOf == [0, 0, 0, 0, 1, 1])
    #expect(throws: FileError.self) { try read("1 1\n1 2\n2 1\n3 1\n4 2\n5 2\n") }
  }

  @Test func fuzzedPartitions() throws {
    let network = try KnownNetworks.network(ExampleNetworks.twoTriangles)
    let seeds = [
      "1 1 0.1\n2 1\n3 2\n4 2\n5 2\n6 2\n", "1:1 0.1 \"A\" 1\n1:2 0.1 \"B\" 2\n2:1 0 \"\" 3\n",
    ]
    .map { Array($0.utf8) }
    var random = RandomStream(seed: 2)
    for _ in 0..<20_000 {
      var bytes = seeds[random.below(2)]
      for _ in 0...random.below(3) {
        let place = random.below(bytes.count)
        switch random.below(3) {
        case 0: bytes[place] = UInt8(random.below(256))
        case 1: bytes.insert(UInt8(random.below(128)), at: place)
        default: bytes.remove(at: place)
        }
      }
      if let partition = try? PartitionReader.read(bytes: bytes, name: "p", network: network) {
        #expect(try Infomap.evaluate(network, partition: partition).codelength.isFinite)
      }
    }
  }

  @Test func mapHoldsEverything() throws {
    let network = try KnownNetworks.network(
      "*Vertices 6\n1 A\n2 B\n3 C\n4 D\n5 E\n6 \"</script>\"\n*Edges\n"
        + ExampleNetworks.twoTriangles
    )
    let html = ModuleMap(try Infomap.run(network), network: network).html(title: "two & <three>")
    for name in ["\"A\"", "\"E\"", "\\u003C/script>", "two &amp; &lt;three>"] {
      #expect(html.contains(name))
    }
    #expect(html.components(separatedBy: "</script>").count == 2)
    #expect(!html.contains("http://") && !html.contains("https://"))
  }

  @Test func packedCirclesDoNotOverlap() {
    var random = RandomStream(seed: 6)
    let radii = (0..<400).map { _ in 0.02 + random.uniform() }.sorted(by: >)
    let links = radii.indices.map { index -> [(other: Int, flow: Double)] in
      index == 0 ? [] : [(random.below(index), random.uniform())]
    }
    let circles = CirclePacking(radii: radii, links: links).circles
    for a in circles.indices {
      #expect(circles[a].x * circles[a].x + circles[a].y * circles[a].y <= 1)
      for b in 0..<a {
        let (dx, dy) = (circles[a].x - circles[b].x, circles[a].y - circles[b].y)
        #expect((dx * dx + dy * dy).squareRoot() >= circles[a].radius + circles[b].radius)
      }
    }
  }
}
