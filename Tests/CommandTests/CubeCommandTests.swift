import Formats
import TestSupport
import Testing

@Suite(.enabled(if: hasBinary, binaryReason)) struct CubeCommandTests {
  @Test func thePrintedCubeIsChecked() throws {
    let rows = try succeed("cube", "check").rows
    #expect(rows[0] == ["planes", "126 (15 times)"])
    #expect(rows[2] == ["repeated", "8, 22"] && rows[3] == ["missing", "10, 20"])
    #expect(rows[4] == ["verdict", "planes alone are magic, not of the numbers 1 to 27"])
  }

  @Test func cubesAreCounted() throws {
    let json = try succeed("cube", "enumerate", "--json").json()
    #expect(json["cubes"]?.integerValue == 192 && json["classes"]?.integerValue == 4)
    #expect(try succeed("cube", "enumerate", "--all").rows.count == 193)
  }

  @Test func cubesAreSolvedAndDrawn() throws {
    try withTemporaryFolder { folder in
      for rule in ["lines", "planes"] {
        try succeed(
          "cube", "solve", "--rule", rule, "--seed", "3", "--out", folder + "/cube.txt")
        let checked = try succeed("cube", "check", folder + "/cube.txt", "--json").json()
        #expect(checked["missing"]?.arrayValue?.isEmpty == true)
        #expect(checked["planesAreMagic"]?.boolValue == true)
        #expect(rule == "planes" || checked["linesAreMagic"]?.boolValue == true)
      }
      let fixed = try succeed(
        "cube", "solve", "--rule", "planes", "--fix", "1,1,1=4", "--fix", "2,1,2=3", "--json"
      ).json()
      let cells = (fixed["cells"]?.arrayValue ?? []).compactMap(\.integerValue)
      #expect(cells.count == 27 && cells[0] == 4 && cells[10] == 3)
      let svg = try succeed("cube", "solve", "--format", "svg").output
      #expect(
        svg.split(separator: "<text").count == 28 && svg.split(separator: "<line").count == 55)
      let tikz = try succeed("cube", "check", "--format", "tikz").output
      #expect(
        tikz.split(separator: "\\node").count == 28 && tikz.split(separator: "\\draw").count == 55)
      #expect(try succeed("cube", "check", "--format", "latex").output.contains("4 & 25 & 11"))
    }
  }

  @Test func wrongCubesAreExplained() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write("1 2 3", to: folder + "/three.txt")
      expectFailure(
        try Command("cube", "check", folder + "/three.txt").run(), "27 whole numbers")
    }
    // The middle of every cube with magic lines is 14.
    expectFailure(
      try Command("cube", "solve", "--rule", "lines", "--fix", "2,2,2=13").run(),
      "no cube with magic lines")
    #expect(try Command("cube", "solve", "--fix", "4,1,1=2").run().status == 2)
  }
}
