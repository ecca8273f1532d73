import Foundation
import Messages
import Testing

@testable import Communities

/// Network files as other programs write them: read right, or refused by name; never half.
@Suite struct FilesAsPublishedTests {
  private func read(_ bytes: [UInt8]) throws -> Network {
    let path = NSTemporaryDirectory() + "danlu-net-" + UUID().uuidString
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try NetworkReader.read(path: path)
  }
  private func read(_ text: String) throws -> Network { try read(Array(text.utf8)) }

  private func reason(_ bytes: [UInt8]) -> String {
    do {
      _ = try read(bytes)
      return "no error"
    } catch { return (error as? FileError)?.reason ?? "another error: \(error)" }
  }
  private func reason(_ text: String) -> String { reason(Array(text.utf8)) }

  private func weights(_ network: Network) -> [Double] {
    var weights: [Double] = []
    network.links.eachLink { weights.append($2) }
    return weights
  }

  @Test(arguments: [
    "*Network five.net\n*Description \"own\"\n*Vertices 3\n1 \"a\"\n2 \"b\"\n3 \"c\"\n*Edges\n1 2\n2 3\n",
    "*Network\n*Vertices 3\n1 a\n2 b\n3 c\n*Arcs :1 \"knows\"\n1 2\n*Edges :2\n2 3\n",
    "*Title of the map\na line about 12 things\n*Vertices 3\n1 a\n2 b\n3 c\n*Edges\n1 2\n2 3\n",
    // A project file: lists of other things follow, with vertices of their own.
    "*Network n\n*Vertices 3\n1 a\n2 b\n3 c\n*Edges\n1 2\n2 3\n*Partition p\n*Vertices 3\n1\n2\n1\n"
      + "*Vector v\n*Vertices 3\n0.5\n0.5\n1\n",
    "\u{FEFF}*Network n\r\n*Vertices 3\r\n1 \"a\"\r\n2 \"b\"\r\n3 \"c\"\r\n*Edges\r\n1 2\r\n2 3\r\n",
    "*Network n\r*Vertices 3\r1 \"a\"\r2 \"b\"\r3 \"c\"\r*Edges\r1 2\r2 3\r",
  ])
  func headingsWithoutLinksArePassedOver(_ text: String) throws {
    let network = try read(text)
    #expect(network.names == ["a", "b", "c"])
    #expect(network.linkCount == 2)
  }

  @Test(arguments: [
    ("*Matrix\n0 1 1\n1 0 1\n1 1 0\n", "unknown heading"),
    ("*Arcslist\n1 2 3\n", "unknown heading"),
    ("*Edge\n1 2\n", "unknown heading"),
    ("*Vertices 2\n1 a\n2 b\n*Lines\n1 2\n", "unknown heading"),
    ("*Network a\n*Vertices 2\n1 a\n2 b\n*Edges\n1 2\n*Network b\n*Vertices 1\n", "second network"),
  ])
  func headingsWithLinksAreNot(_ text: String, _ part: String) {
    #expect(reason(text).contains(part), "\(reason(text))")
  }

  /// Link lists by names and tables of links, as spreadsheets, R, pandas and Gephi write them.
  @Test(arguments: [
    "a b 1\nb c 2.5\n", "a\tb\t1\nb\tc\t2.5\n", "\u{FEFF}a,b,1\r\nb,c,2.5\r\n",
    "# one\n\na;b;1\nb;c;2.5\n", "source,target,weight\na,b,1\nb,c,2.5\n",
    "\"from\";\"to\";\"value\"\n\"a\";\"b\";1\n\"b\";\"c\";2.5\n",
    "To\tFrom\tn\nb\ta\t1\nc\tb\t2.5\n",
    "Source,Target,Type,Id,Label,Weight\na,b,Undirected,0,,1.0\nb,c,Undirected,1,\"x, y\",2.5\n",
    "a b 1\rb c 2.5\r",
  ])
  func tablesOfLinksAreRead(_ text: String) throws {
    let network = try read(text)
    #expect(network.names == ["a", "b", "c"] || network.names == ["b", "a", "c"])
    #expect(weights(network) == [1, 2.5])
    #expect(network.notes.count == (text.contains("Label") ? 1 : 0))
  }

  @Test func namesOfTablesAreWhole() throws {
    let network = try read(
      "from\tto\nNew York\tLos Angeles\n#tag\t\"Smith, J.\"\nC#\t\"say \"\"hi\"\"\"\n北京\tNew York\n"
    )
    #expect(
      network.names
        == ["New York", "Los Angeles", "#tag", "Smith, J.", "C#", "say \"hi\"", "北京"])
    let ids = try read("node,other,w\n7,12,0.5\n12,9,1\n")
    #expect(ids.names == ["7", "12", "9"] && weights(ids) == [0.5, 1])
    #expect(try read("1;2;0.5\n2;3;1\n").linkCount == 2)
  }

  @Test(arguments: [
    ("source;target;weight\na;b;1,5\n", "a number holds a comma"),
    ("a,b,1\nb,c,x\n", "line 2: the weight is no number"),
    ("a b 1\nNew York b 1\n", "line 2: expected"),
    ("from,to\na,b,3\n", "the heading has 2 columns, this line has 3"), ("a,b,-1\n", "≥ 0"),
    ("a,b,1\n,c,1\n", "a node without a name"), ("a,b,1\n\"b,c,1\n", "does not end"),
    ("a b c\nd e f\n", "expected “source target [weight]”"), ("a\n", "expected “source target"),
    ("a,b,1\nb,c,0x1p3\n", "no number"), ("a,b,1\nb,c,inf\n", "no number"), ("1->2\n", "expected"),
  ])
  func tablesThatAreNoneAreRefused(_ text: String, _ part: String) {
    #expect(reason(text).contains(part), "\(reason(text))")
  }

  @Test func namesAreWhatStandsInTheFile() throws {
    let network = try read(
      """
      *vertices 9
      1 C# 0.0 0.0 ellipse
      2 C 0.0 0.0 ellipse
      3 "say "hi" now" 0.0 0.0 ellipse
      4 Smith,J. 0.0 0.0 ellipse
      5 #tag 0.0 0.0 ellipse
      6 "a # b, c" 0.1
      7 "O"Brien" box ic Blue
      8 # no name
      9 "3" x 5" card" 1 2 lc "navy blue"
      *edges
      1 2 1.0
      """)
    #expect(
      network.names == [
        "C#", "C", "say \"hi\" now", "Smith,J.", "#tag", "a # b, c", "O\"Brien", "8",
        "3\" x 5\" card",
      ])
    #expect(network.nodeWeights?[5] == 0.1)
  }

  @Test(arguments: [
    ("*Vertices 1\n1 New York\n*Edges\n1 1\n", "between double quotes"),
    ("*Vertices 1\n1 \"cut\n*Edges\n1 1\n", "no closing double quote"),
    ("*Vertices 1\n1 \"a\" 0,5\n*Edges\n1 1\n", "holds a comma"),
    ("*States\n1 1 \"a\" b\n*Links\n1 1\n", "state_id node_id"),
  ])
  func namesThatCannotBeToldAreRefused(_ text: String, _ part: String) {
    #expect(reason(text).contains(part), "\(reason(text))")
  }

  @Test func namesInAnotherEncodingAreRefused() {
    let gb18030 = Array("*Vertices 1\n1 \"".utf8) + [0xCD, 0xF5] + Array("\"\n*Edges\n1 1\n".utf8)
    #expect(reason(gb18030).contains("iconv"))
    let latin1 = Array("*Vertices 1\n1 \"caf".utf8) + [0xE9] + Array("\"\n*Edges\n1 1\n".utf8)
    #expect(reason(latin1).contains("line 2"))
    for mark: [UInt8] in [[0xFF, 0xFE], []] {
      let utf16 = mark + "1 2\n".utf8.flatMap { (byte: UInt8) -> [UInt8] in [byte, 0] }
      #expect(reason(utf16).contains("iconv -f utf-16"))
    }
  }

  @Test(arguments: [
    "1\t2\t0,5\n2\t3\t1,5\n", "1 2 0,5\n", "1, 2, 0,5\n", "1,2,0,5\n", "1 2\t1,000\n",
    "*Intra\n1 1 2 0,5\n", "*Multilayer\n1 1 1 2 0,5\n", "*Edges\n1 2,5\n",
  ])
  func decimalCommasAreRefused(_ text: String) {
    #expect(reason(text).contains("holds a comma"), "\(reason(text))")
  }

  @Test(arguments: ["1 2 0.5x\n", "1 2 0.5.1\n", "1;2 0.5\n", "1 2 1e\n", "*Intra\n1 1 2 1 9\n"])
  func malformedNumbersAreRefused(_ text: String) {
    #expect(reason(text).contains("expected “"), "\(reason(text))")
  }

  @Test func columnsBehindTheWeightAreTold() throws {
    let network = try read("1,2,0.5\n2,3,1.5\n")
    #expect(weights(network) == [0.5, 1.5] && network.notes.isEmpty)
    let dated = try read("% sym weighted\n1 2 0.5 1200000000\n2 3 1.5 1200000001\n")
    #expect(weights(dated) == [0.5, 1.5])
    #expect(dated.notes.count == 1 && dated.notes[0].hasPrefix("2 lines have columns"))
    #expect(try read("*Arcs\n1 2 0.5 c Blue\n").notes.isEmpty)
  }

  @Test func sizeLinesAreNoLinks() throws {
    let links = "1 2\n2 3\n3 1\n3 4\n4 5\n5 6\n6 4\n"
    for size in ["6 7\n", "# nodes links\n6 7\n", "6 6 7\n"] {
      #expect(reason(size + links).contains("line 1 seems to say that 6 nodes and 7 links follow"))
    }
    #expect(try read("*Links\n6 7\n" + links).nodeCount == 7)
    #expect(try read("6 3\n" + links).linkCount == 8)
    let matrix = "%%MatrixMarket matrix coordinate pattern symmetric\n% comment\n6 6 7\n"
    #expect(try read(matrix + links).linkCount == 7)
    #expect(reason("%%MatrixMarket matrix array real general\n1 1\n1\n").contains("Matrix Market"))
  }

  @Test func symmetricMatricesRunBothWays() throws {
    let path = NSTemporaryDirectory() + "danlu-net-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    let text = "%%MatrixMarket matrix coordinate real symmetric\n3 3 3\n2 1 1\n3 2 2\n3 3 1\n"
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    var options = NetworkReadingOptions()
    options.isDirected = true
    #expect(try NetworkReader.read(path: path, options: options).linkCount == 5)
  }

  @Test(arguments: [
    ("graph [\n node [ id 1 ]\n]\n", "read_gml"), ("Creator \"igraph\"\ngraph\n[\n]\n", "read_gml"),
    ("<?xml version=\"1.0\"?>\n<graphml></graphml>\n", "read_graphml"),
    ("<gexf version=\"1.2\"></gexf>\n", "read_gexf"), ("{\"nodes\": []}\n", "node_link_graph"),
    ("digraph G {\n a -> b;\n}\n", "read_dot"), ("dl n=3 format=edgelist1\n", "UCINET"),
  ])
  func otherFormatsNameTheCommandThatConvertsThem(_ text: String, _ part: String) {
    #expect(reason(text).contains(part), "\(reason(text))")
  }

  @Test func packedFilesNameTheCommandThatUnpacksThem() {
    #expect(reason([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00, 0x00]).contains("xz -dc"))
    #expect(reason([0x50, 0x4B, 0x03, 0x04, 0x14]).contains("unzip -p"))
  }
}
