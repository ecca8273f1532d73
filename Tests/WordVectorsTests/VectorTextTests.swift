import Formats
import Foundation
import Messages
import Parallel
import Testing

@testable import WordVectors

@Suite struct VectorTextTests {
  func parse(_ bytes: [UInt8]) throws -> VectorTable {
    try withFile(bytes) { try VectorTable(contentsOf: $0) }
  }
  func parse(_ text: String) throws -> VectorTable { try parse(Array(text.utf8)) }
  func reason(_ text: String) -> String {
    do {
      _ = try parse(text)
      return "no error"
    } catch {
      return (error as? FileError)?.reason ?? "another error: \(error)"
    }
  }

  @Test func readsWithAndWithoutHead() throws {
    let expected: [Float] = [1, -2.5, 0.001, 300, 0, -0.25]
    for text in [
      "2 3\n电 1 -2.5 1e-3 \nb 3E2 0 -.25 \n", "电 1 -2.5 1e-3\r\nb 3E+2 0 -.25",
      "\n2 3\n".dropFirst() + "电\t1\t-2.5\t1e-3\nb 300.000 -0 -0.250000\n",
    ] {
      let vectors = try parse(String(text))
      #expect(vectors.words == ["电", "b"])
      #expect(vectors.matrix == expected)
      #expect(vectors.vector(of: "b") == [300, 0, -0.25])
    }
  }

  @Test func explainsWhatIsWrong() {
    #expect(reason("").contains("is empty"))
    #expect(reason("3 2\na 1 2\nb 1 2\n").contains("ends after 2 vectors, its first line says 3"))
    #expect(reason("1 2\na 1 2\nb 1 2\n").contains("line 3 is one vector more than the 1"))
    #expect(reason("2 3\na 1 2\nb 1 2\n").contains("line 2 has 2 numbers, the first line says 3"))
    #expect(reason("a 1 2\nb 1\n").contains("line 2 has 1 numbers, the first line has 2"))
    #expect(reason("1 2\na 1 nan\n").contains("'nan' where a finite number"))
    #expect(reason("1 2\na 1 1e999\n").contains("finite number"))
    #expect(reason("1 2\na 1 0x10\n").contains("finite number"))
    #expect(reason("1 99999999999\na 1\n").contains("a dimension from 1 to 65536 was expected"))
    #expect(reason("-1 2\n").contains("a dimension from 1"))
    #expect(reason("99999999999999 2\na 1 2\n").contains("truncated"))
    #expect(reason("word\n").contains("has no numbers"))
    #expect(reason("a b\nc d\n").contains("where a finite number was expected"))
  }

  /// The bytes of word2vec's binary format.
  func binary(_ head: String, _ rows: [(String, [Float])], end: String) -> [UInt8] {
    Array(head.utf8)
      + rows.flatMap { name, values in
        Array("\(name) ".utf8)
          + values.flatMap { value in
            (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
          } + Array(end.utf8)
      }
  }

  @Test func readsTheBinaryFormat() throws {
    let rows: [(String, [Float])] = [("电", [1, -2.5, 1e-3]), ("b", [300, 0, -0.25])]
    for end in ["", "\n"] {
      let vectors = try parse(binary("2 3\n", rows, end: end))
      #expect(vectors.words == ["电", "b"])
      #expect(vectors.matrix == [1, -2.5, 1e-3, 300, 0, -0.25])
    }
    let many = (0..<30_000).map { ("w\($0)", [Float($0) + 0.5, -Float($0), 0.1, 7]) }
    #expect(try parse(binary("30000 4\n", many, end: "\n")).matrix == many.flatMap(\.1))
  }

  @Test func explainsWhatIsWrongWithBinaryFiles() {
    func reason(_ bytes: [UInt8]) -> String {
      do {
        _ = try parse(bytes)
        return "no error"
      } catch { return (error as? FileError)?.reason ?? "another error: \(error)" }
    }
    let rows: [(String, [Float])] = [("a", [1, 2, 3]), ("b", [4, 5, 6])]
    let whole = binary("2 3\n", rows, end: "")
    #expect(reason(Array(whole.dropLast())).contains("ends after 1 vectors, its first line says 2"))
    #expect(reason(whole + [0x61]).contains("goes on after the 2 vectors"))
    #expect(reason(binary("3 3\n", rows, end: "")).contains("ends after 2 vectors"))
    #expect(reason(binary("2 99999\n", rows, end: "")).contains("a dimension from 1 to 65536"))
    #expect(reason(binary("2 3\n", [("a", [1, .nan, 3])], end: "")).contains("not finite"))
  }

  @Test(arguments: [
    // GloVe's, with and without a head.
    (
      "the 0.1 0.2 0.3\n. . . 0.4 0.5 0.6\nat name@example.com 0.1 0.1 0.2\n",
      [". . .", "at name@example.com"]
    ),
    ("3 3\nthe 0.1 0.2 0.3\n. . . 0.4 0.5 0.6\nNew York 0.1 0.1 0.2\n", [". . .", "New York"]),
    // fastText's word that is a blank, and blanks at line ends.
    ("3 3\nthe 0.1 0.2 0.3 \n  0.4 0.5 0.6 \ncat 0.3 0.2 0.1 \n", [" ", "cat"]),
    ("the\t1\t2\t3\r\narea 51\t1\t2\t3\r\na  b\t1\t2\t3\r\n", ["area 51", "a  b"]),
    ("2 1 3\n. 1 2 3\n1 1 2 3\n".replacing("2 1 3\n", with: "x 1 2 3\n"), [".", "1"]),
  ])
  func namesMayHoldBlanks(_ text: String, _ names: [String]) throws {
    let vectors = try parse(text)
    #expect(vectors.dimension == 3 && Array(vectors.words.dropFirst()) == names)
  }

  @Test func oneBadNameCostsAName() throws {
    let vectors = try parse(
      Array("3 2\na 1 2\n".utf8) + [0xB5, 0xE7] + Array(" 1 2\nc 3 4\n".utf8))
    #expect(vectors.words == ["a", "c"] && vectors.matrix == [1, 2, 3, 4])
    #expect(vectors.notes.count == 1 && vectors.notes[0].contains("line 3"))
  }

  @Test(arguments: ["\u{FEFF}2 2\na 1 0\nb 0 1\n", "\u{FEFF}a 1 0\nb 0 1\n", "a 1 0\rb 0 1\r"])
  func marksAndOldLineEndsAreNoText(_ text: String) throws {
    #expect(try parse(text).words == ["a", "b"])
  }

  @Test func blanksInBinaryNamesAreToldByLineEnds() throws {
    let rows: [(String, [Float])] = [
      ("a", [1, 0, 0]), ("New York", [0.9, 0.1, 0]), ("c d e", [1, 0, 0.3]),
    ]
    #expect(try parse(binary("3 3\n", rows, end: "\n")).words == rows.map(\.0))
    let first: [(String, [Float])] = [("New York", [0.9, 0.1, 0]), ("c", [1, 0, 0.3])]
    #expect(try parse(binary("2 3\n", first, end: "\n")).words == first.map(\.0))
    // Without line ends nothing tells them: the reading gets out of step, and says so.
    let error = #expect(throws: FileError.self) { try parse(binary("3 3\n", rows, end: "")) }
    #expect(error?.reason.contains("a name before it holds a space") == true)
  }

  @Test func namesMustBeUTF8() {
    #expect(throws: FileError.self) { try parse([0xB5, 0xE7, 0x20, 0x31, 0x0A]) }
  }

  @Test func numbersComeBackToTheLastBit() throws {
    var random = RandomStream(seed: 8)
    let matrix = (0..<3000).map { _ in
      Float(random.normal()) * Float(pow(10, Double(random.below(60) - 30)))
    }
    let vectors = VectorTable(words: (0..<100).map { "w\($0)" }, dimension: 30, matrix: matrix)
    let path = NSTemporaryDirectory() + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    try vectors.writeText(to: path)
    #expect(try VectorTable(contentsOf: path).matrix == matrix)
  }

  @Test func nothingIsLeftOfAFileThatCannotBeWritten() {
    let vectors = VectorTable(words: ["a"], dimension: 1, matrix: [1])
    #expect(throws: FileError.self) { try vectors.writeText(to: "/nonexistent/folder/file") }
  }

  /// Damaged files must be read or refused, never crash, and never take memory that they only
  /// promise.
  @Test func survivesDamage() throws {
    let whole = Array("12 4\n".utf8) + (0..<12).flatMap { Array("词\($0) 0.5 -1e-3 2 .25\n".utf8) }
    let alphabet = Array("0123456789 .-+eE\n\r\t词a\0".utf8) + [0xFF, 0xC3]
    var random = RandomStream(seed: 11)
    var read = 0
    for _ in 0..<3000 {
      var bytes = whole
      for _ in 0...random.below(4) {
        switch random.below(4) {
        case 0: bytes.removeLast(random.below(bytes.count))
        case 1 where !bytes.isEmpty:
          bytes[random.below(bytes.count)] = alphabet[random.below(alphabet.count)]
        case 2:
          bytes.insert(alphabet[random.below(alphabet.count)], at: random.below(bytes.count + 1))
        default: if !bytes.isEmpty { bytes.remove(at: random.below(bytes.count)) }
        }
        if bytes.isEmpty { break }
      }
      do {
        let vectors = try parse(bytes)
        #expect(vectors.matrix.count == vectors.count * vectors.dimension)
        read += 1
      } catch is FileError {}
    }
    #expect(read > 0 && read < 3000)
  }

  /// The same for models: bytes changed in the head and the tensors.
  @Test func survivesDamagedModels() throws {
    var encoder = CorpusEncoder()
    try encoder.add(document: ["a", "b", "c", "a"])
    let (vocabulary, corpus) = try encoder.finish(minimumCount: 1)
    var options = VectorOptions(.spherical)
    options.dimension = 3
    options.epochs = 1
    let trainer = try VectorTrainer(corpus: corpus, vocabulary: vocabulary, options: options)
    try trainer.train()
    let path = NSTemporaryDirectory() + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    try trainer.write(to: path)
    let whole = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    var random = RandomStream(seed: 12)
    for _ in 0..<1500 {
      var bytes = whole
      if random.below(3) == 0 { bytes.removeLast(random.below(bytes.count)) }
      for _ in 0..<random.below(4) where !bytes.isEmpty {
        bytes[random.below(bytes.count)] = UInt8(random.below(256))
      }
      try withFile(bytes) { path in
        do {
          let embedding = try VectorModel(contentsOf: path)
          #expect(embedding.words.count == embedding.vocabulary.count)
        } catch is FileError {} catch is OptionError {}
      }
    }
  }
}
