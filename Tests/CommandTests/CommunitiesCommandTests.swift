import Communities
import Formats
import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: hasBinary, binaryReason), .serialized) struct CommunitiesCommandTests {
  /// Runs `body` with a folder that holds `network.txt`.
  func withNetwork<Result>(
    _ links: String = ExampleNetworks.karate, _ body: (String) throws -> Result
  ) throws -> Result {
    try withTemporaryFolder { folder in
      try AtomicFile.write(links, to: folder + "/network.txt")
      return try body(folder)
    }
  }

  @Test func theSummaryTellsTheCodelengthAndTheModules() throws {
    try withNetwork(ExampleNetworks.twoTriangles) { folder in
      let outcome = try succeed("communities", folder + "/network.txt")
      #expect(
        outcome.output == """
          6 nodes, 7 links, undirected flow
          codelength 2.320730357 bits; one level 2.556656707, saved 9.23 %
          2 top modules, 2 levels (modules per level: 2)
            1  50.00 % of the flow, 3 nodes: 3, 1, 2
            2  50.00 % of the flow, 3 nodes: 4, 5, 6

          """)
    }
  }

  @Test func modulesOfModulesAreFoundUnlessTwoLevelsAreAsked() throws {
    try withNetwork(ExampleNetworks.nineTriangles) { folder in
      let path = folder + "/network.txt"
      let deep = try succeed("communities", path, "--trials", "5", "--json").json()
      #expect(deep["levels"]?.integerValue == 3 && deep["trials"]?.integerValue == 5)
      #expect(
        abs(try #require(deep["codelength"]?.doubleValue) - 3.371_875_026) < 1e-8)
      let flat = try succeed(
        "communities", path, "--trials", "5", "--two-level", "--threads", "1", "--json"
      ).json()
      #expect(flat["levels"]?.integerValue == 2)
      #expect(
        try #require(flat["codelength"]?.doubleValue) > #require(deep["codelength"]?.doubleValue))
    }
  }

  @Test func directedFlowGivesAnotherCodelength() throws {
    try withNetwork(ExampleNetworks.modular) { folder in
      let path = folder + "/network.txt"
      let one = try succeed("communities", path, "--directed", "--json").json()
      let other = try succeed("communities", path, "--flow-model", "rawdir", "--json").json()
      let none = try succeed("communities", path, "--json").json()
      #expect(one["directed"]?.boolValue == true && one["flowModel"]?.stringValue == "directed")
      #expect(none["directed"]?.boolValue == false && other["flowModel"]?.stringValue == "rawdir")
      let lengths = try [one, other, none].map { try #require($0["codelength"]?.doubleValue) }
      #expect(Set(lengths).count == 3)
    }
  }

  @Test func everyFormatIsWritten() throws {
    try withNetwork { folder in
      let base = folder + "/out"
      let outcome = try succeed(
        "communities", folder + "/network.txt", "--trials", "5", "--out", base, "--formats",
        "tree,clu,ftree,json,csv", "--map", folder + "/map.html", "--json")
      let answer = try outcome.json()
      #expect(answer["files"]?.arrayValue?.count == 6)
      #expect(answer["nodes"]?.integerValue == 34 && answer["links"]?.integerValue == 78)
      let codelength = try #require(answer["codelength"]?.doubleValue)
      #expect(abs(codelength - 4.087_423_158_8) < 1e-9)

      let tree = try text(base + ".tree").split(separator: "\n").filter { !$0.hasPrefix("#") }
      #expect(tree.count == 34 && tree[0].hasPrefix("1:1 0.103896 \"34\" 34"))
      let clu = try text(base + ".clu").split(separator: "\n").filter { !$0.hasPrefix("#") }
      #expect(clu.count == 34)
      let modules = Set(clu.map { $0.split(separator: " ")[1] })
      #expect(modules.count == answer["topModules"]?.integerValue)
      #expect(try text(base + ".ftree").contains("*Links"))
      let csv = try text(base + ".csv").split(separator: "\n")
      #expect(csv.count == 35 && csv[0] == "path,flow,name,node_id")
      let json = try JSONValue(parsing: try text(base + ".json"))
      #expect(json["codelength"]?.doubleValue == codelength)
      #expect(json["nodes"]?.arrayValue?.count == 34)
      let map = try text(folder + "/map.html")
      #expect(map.contains("<canvas") || map.contains("<svg"))
      #expect(!map.contains("src=\"http"), "the map needs nothing else")

      let again = try succeed(
        "communities", folder + "/network.txt", "--initial", base + ".tree", "--no-infomap",
        "--json"
      ).json()
      #expect(abs(try #require(again["codelength"]?.doubleValue) - codelength) < 1e-9)
    }
  }

  @Test func wrongUsageNamesTheFlag() throws {
    try withNetwork { folder in
      let path = folder + "/network.txt"
      try expectUsage("communities", path, "--flow-model", "up", says: "--flow-model")
      try expectUsage(
        "communities", path, "--directed", "--flow-model", "rawdir",
        says: "--directed contradicts --flow-model rawdir")
      try expectUsage("communities", path, "--trials", "0", says: "--trials")
      try expectUsage("communities", path, "--threads", "0", says: "--threads")
      try expectUsage("communities", path, "--markov-time", "0", says: "arkov")
      try expectUsage("communities", path, "--formats", "xml", says: "--formats")
      try expectUsage("communities", path, "--clu-level", "2", says: "--clu-level")
      try expectUsage("communities", path, "--no-infomap", says: "--initial")
      try expectUsage(
        "communities", path, "--teleportation-probability", "2",
        says: "teleportation")
    }
  }

  @Test func badFilesAreExplainedInOneLine() throws {
    try withNetwork("1 2\none two three four\n") { folder in
      let path = folder + "/network.txt"
      expectFailure(try Command("communities", path).run(), "network.txt: line 2: expected")
      expectFailure(try Command("communities", folder + "/nowhere").run(), "nowhere: cannot open")
      try AtomicFile.write(ExampleNetworks.karate, to: path)
      expectFailure(
        try Command("communities", path, "--initial", folder + "/nowhere").run(), "nowhere")
      #expect(
        try Command("communities", path, "--out", folder + "/no/where").run().status == 1)
    }
  }

  @Test func anInterruptKeepsTheBestTrial() throws {
    try withNetwork { folder in
      var command = Command(
        "communities", folder + "/network.txt", "--trials", "10000000", "--out", folder + "/out")
      command.hasTerminal = true
      let outcome = try command.run { $0.contains("searching") }
      #expect(outcome.status == 130)
      #expect(outcome.errors.contains("\r\ninterrupted; this is the best of the "))
      #expect(outcome.errors.hasSuffix("trials that had ended\r\n"), "\(outcome.errors)")
      #expect(outcome.output.contains("3 top modules"))
      #expect(try text(folder + "/out.tree").contains("1:1 0.103896 \"34\" 34"))
    }
  }
}
