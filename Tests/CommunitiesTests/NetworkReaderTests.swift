import Formats
import Foundation
import Messages
import Parallel
import TestSupport
import Testing

@testable import Communities

@Suite struct NetworkReaderTests {
  private func read(_ text: String) throws -> Network {
    try NetworkReader.read(bytes: Array(text.utf8), name: "net")
  }

  private func links(_ network: Network) -> [String] {
    var result: [String] = []
    network.links.eachLink { source, target, weight in
      let ids = network.states?.ids ?? network.nodeIds
      result.append("\(ids[Int(source)])-\(ids[Int(target)]):\(weight)")
    }
    return result
  }

  @Test func linkLists() throws {
    let network = try read("# comment\n3 1\n1\t2 0.5 # half\r\n\n  2 3 1e-3\n% more\n4,5,2\n")
    #expect(network.nodeIds == [1, 2, 3, 4, 5])
    #expect(links(network) == ["3-1:1.0", "1-2:0.5", "2-3:0.001", "4-5:2.0"])
    #expect(network.name(ofNode: 1) == "2")
  }

  @Test func pajek() throws {
    let network = try read(
      "\u{FEFF}*vertices 3\n1 \"Ann Lee\" 0.5\n2 Bob 1 2 ellipse\n3 \"王\"\n*ARCS\n1 2 4\n*edges 1\n2 3\n"
    )
    #expect(network.names == ["Ann Lee", "Bob", "王"])
    #expect(network.nodeWeights == [0.5, 1, 1])
    #expect(links(network) == ["1-2:4.0", "2-3:1.0"])
    // Vertices announced, not listed.
    #expect(try read("*Vertices 9\n*Edges\n1 2\n").nodeIds == [1, 2])
  }

  @Test func multilayerWalk() throws {
    // Relaxation over layers, checked against the reference's state network.
    var text = "*Intra\n1 1 4 0.8\n1 4 5 1\n1 1 5 2\n2 1 2 0.7\n2 2 3 1\n2 3 5 3\n"
    let network = try read(text)
    #expect(network.states?.nodes.map { network.nodeIds[Int($0)] } == [1, 4, 5, 2, 3, 1, 5])
    #expect(network.states?.layers == [1, 1, 1, 2, 2, 2, 2])
    let expected: [String: Double] = [
      "0-1": 0.277143, "0-2": 0.692857, "0-3": 0.03, "1-0": 0.444444, "1-2": 0.555556,
      "2-0": 0.616667, "2-1": 0.308333, "2-4": 0.075, "3-4": 0.588235, "3-5": 0.411765,
      "4-3": 0.25, "4-6": 0.75, "5-1": 0.0342857, "5-2": 0.0857143, "5-3": 0.88, "6-0": 0.05,
      "6-1": 0.025, "6-4": 0.925,
    ]
    var seen: [String: Double] = [:]
    network.links.eachLink { seen["\($0)-\($1)", default: 0] += $2 }
    #expect(Set(seen.keys) == Set(expected.keys))
    for (pair, weight) in expected { #expect(abs((seen[pair] ?? 0) - weight) < 1e-6, "\(pair)") }
    text += "*Multilayer\n1 1 2 2 1\n"
    #expect(throws: FileError.self) { try read(text) }
  }

  @Test(arguments: [
    ("1 2 -1\n", "line 1"), ("1 2\n2 3 nan\n", "line 2"), ("1 2 inf\n", "≥ 0"), ("1\n", "line 1"),
    ("1 2 x\n", "line 1"), ("a b c\n", "source target"), ("1 4294967296\n", "4294967295"),
    ("-1 2\n", "line 1"), ("1 2\n3 4 0x10\n", "line 2"), ("1.5 2\n", "line 1"),
    ("*Verts 3\n", "unknown heading"), ("*Vertices 3\n1 a\n2 b\n*Edges\n1 2\n", "announces 3"),
    ("*Vertices 2\n1 a\n1 b\n*Edges\n1 1\n", "listed twice"),
    ("*Vertices 2\n1 a\n2 b\n*Edges\n1 3\n", "node 3"),
    ("*Vertices 2\n*Edges\n1 3\n", "node 3"), ("*Vertices\n1 \"cut\n*Edges\n", "line 2"),
    ("*Bipartite\n1 2\n", "needs the id"), ("*Bipartite 3\n1 2\n", "*Bipartite 3"),
    ("*States\n1 1\n1 2\n*Links\n1 1\n", "listed twice"),
    ("*States\n1 1\n*Links\n1 9\n", "state 9"),
    ("*States\n1 1\n*Multilayer\n1 1 1 2\n", "not two"), ("*Multilayer\n1 1 1\n", "line 2"),
    ("*Intra\n1 1 2 -3\n", "≥ 0"), ("*Vertices 1\n1 a\n*Vertices 1\n", "twice"),
  ])
  func badInputIsExplained(_ text: String, _ part: String) throws {
    let error = #expect(throws: FileError.self) { try read(text) }
    let message = "\(error?.description ?? "")"
    #expect(message.contains(part), "\(message)")
    #expect(message.hasPrefix("net: "))
    #expect(!message.contains("\n"))
  }

  @Test func hugeIdsCostNothing() throws {
    let network = try read("4294967295 100000000\n5 4294967294 2\n")
    #expect(network.nodeIds == [5, 100_000_000, 4_294_967_294, 4_294_967_295])
    #expect(try Infomap.run(network).codelength.isFinite)
    #expect(try read("*Vertices 4000000000\n*Edges\n1 2\n").nodeCount == 2)
  }

  @Test func threadsReadTheSame() throws {
    var random = RandomStream(seed: 4)
    var text = "# head\n"
    for index in 0..<200_000 {
      text += "\(random.below(5000)) \(random.below(5000))"
      if index % 7 == 0 { text += " \(Double(random.below(1000)) / 8)" }
      text += index % 1000 == 0 ? " # note\n\n" : "\n"
    }
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "danlu-reader-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "net.txt").path
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    let serial = try NetworkReader.read(path: path)
    let parallel = try NetworkReader.read(path: path, threads: 3)
    #expect(serial.linkCount == 200_000)
    #expect(links(serial) == links(parallel))
    // An error keeps its line.
    try Data((text + "oops\n").utf8).write(to: URL(fileURLWithPath: path))
    let line = text.split(separator: "\n", omittingEmptySubsequences: false).count
    for threads in [1, 3] {
      let error = #expect(throws: FileError.self) {
        try NetworkReader.read(path: path, threads: threads)
      }
      #expect(error?.description.contains("line \(line):") == true)
    }
  }

  @Test func numbersAreExact() {
    func decimal(_ text: String) -> Double? {
      Array(text.utf8).withUnsafeBufferPointer { bytes in
        var scanner = ByteScanner(bytes)
        let value = scanner.decimal()
        return scanner.position == bytes.count ? value : nil
      }
    }
    var random = RandomStream(seed: 8)
    for _ in 0..<5000 {
      let value = Double(bitPattern: random.next())
      guard value.isFinite else { continue }
      #expect(decimal("\(value)") == value)
      let short = (random.uniform() * 1e6).rounded() / 1e4
      #expect(decimal("\(short)") == short)
    }
    for text in ["", ".", "1.2.3", "--1", "1e", "0x1p3", "1 2"] { #expect(decimal(text) == nil) }
  }

  /// Mutated files are read or refused; nothing crashes or hangs.
  @Test func readerSurvivesFuzz() throws {
    let seeds = [
      KnownNetworks.states, KnownNetworks.bipartite, KnownNetworks.intra + KnownNetworks.inter,
      KnownNetworks.multilayer, ExampleNetworks.nineTriangles, "1 2 0.5\n2 3 1e3\n",
      "source,target,weight\n\"a, b\",c,1\nc,d,2\n", "北京\t上海\n\"a\"\t#b\t2\n",
    ].map { Array($0.utf8) }
    let pieces = [
      "*Vertices", "*States", "*Intra", "*Inter", "*Bipartite 3", "4294967295", "-1", "nan",
      "1e308",
      "\"", "\n", "\0", "#", "\u{FEFF}", "99999999999999999999", " ", "*",
    ].map { Array($0.utf8) }
    var random = RandomStream(seed: 21)
    var accepted = 0
    let rounds = fuzzInputCount(20_000)
    for _ in 0..<rounds {
      var bytes = seeds[random.below(seeds.count)]
      for _ in 0...random.below(4) {
        let place = random.below(bytes.count + 1)
        switch random.below(4) {
        case 0: bytes.insert(contentsOf: pieces[random.below(pieces.count)], at: place)
        case 1 where !bytes.isEmpty:
          bytes[min(place, bytes.count - 1)] = UInt8(random.below(256))
        case 2: bytes.removeSubrange(place..<min(bytes.count, place + random.below(20)))
        default: bytes.removeSubrange(place...)
        }
      }
      guard let network = try? NetworkReader.read(bytes: bytes) else { continue }
      accepted += 1
      if accepted % 50 == 0 { _ = try? Infomap.run(network) }
    }
    #expect(accepted > rounds / 100)
  }
}
