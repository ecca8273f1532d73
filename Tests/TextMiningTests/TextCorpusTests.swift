import Formats
import Foundation
import Memory
import Parallel
import TestSupport
import Testing
import Text

@testable import TextMining

@Suite struct TextCorpusTests {
  private func read(
    _ bytes: [UInt8], field: String? = nil, encoding: TextEncoding = .utf8,
    as reading: CorpusReading = .segments, _ change: (inout CorpusOptions) -> Void = { _ in }
  ) throws -> TextCorpus {
    var options = CorpusOptions()
    change(&options)
    return try withTemporaryFile(bytes) {
      try TextCorpus.read(
        TextSource(paths: [$0], field: field, encoding: encoding), as: reading, options: options)
    }
  }

  private func numbers(_ corpus: TextCorpus) throws -> [UInt16] {
    try corpus.withNumbers(0..<corpus.count) { Array($0) }
  }

  @Test func countsWhatItSkips() throws {
    let corpus = try read(
      Array("中国".utf8) + [0xFF, 0xE4, 0x0A, 0, 0xED, 0xA0, 0x80] + Array("a１9\n".utf8))
    #expect(corpus.statistics.invalidBytes == 5)
    #expect(corpus.statistics.nulBytes == 1)
    #expect(corpus.statistics.characters == 4)
    #expect(corpus.statistics.lines == 2)
    // Boundaries: after 中国, after a (a full-width digit separates), at the end.
    #expect(try numbers(corpus).filter { $0 == 0 }.count == 3)
  }

  @Test func explainsTextWithoutWords() {
    #expect(message(of: { _ = try read([]) }).contains("empty"))
    #expect(message(of: { _ = try read(Array("，。！\n".utf8)) }).contains("no Chinese character"))
    let missing = message { _ = try TextCorpus.read(TextSource(paths: ["/nonexistent/x"])) }
    #expect(missing.contains("/nonexistent/x") && missing.contains("cannot open"))
    #expect(
      message(of: { _ = try read(Array("中".utf8)) { $0.memory = 1 << 20 } }).contains(
        "at least 32M"))
  }

  @Test func unreadableFilesAmongGoodOnesAreListed() throws {
    try withTemporaryFile(Array("中国\n".utf8)) { path in
      let corpus = try TextCorpus.read(TextSource(paths: ["/nonexistent/x", path]))
      #expect(corpus.statistics.skipped.map(\.path) == ["/nonexistent/x"])
      #expect(corpus.statistics.characters == 2)
    }
  }

  @Test func recognizesAndConvertsGB18030() throws {
    // 中国人民 twelve times.
    let text = (0..<12).flatMap { _ in
      [0xD6, 0xD0, 0xB9, 0xFA, 0xC8, 0xCB, 0xC3, 0xF1, 0x0A] as [UInt8]
    }
    #expect(message(of: { _ = try read(text) }).contains("encoding gb18030"))
    #expect(try read(text, encoding: .gb18030).statistics.characters == 48)
    let mixed = text + Array("人民\n".utf8)
    #expect(try read(mixed, encoding: .auto).statistics.characters == 50)
  }

  @Test func readsAFieldOfJSONLines() throws {
    let lines = """
      {"a": {"text": "错"}, "text": "中\\u56fd\\n人\\ud840\\udc00", "b": [1, "]"]}
      {"text": 5}
      not json

      {"other": "x", "text": "民"}
      """
    let corpus = try read(Array(lines.utf8), field: "text")
    #expect(corpus.statistics.characters == 4)
    #expect(corpus.statistics.badRecords == 2)
    #expect(
      message(of: { _ = try read(Array(lines.utf8), field: "none") }).contains("none of 4 lines"))
  }

  @Test func longLinesWithoutSeparatorsStayBounded() throws {
    let line = String(repeating: "中国", count: 1_200_000)
    let corpus = try read(Array(line.utf8)) { $0.blockSize = 100_000 }
    #expect(corpus.statistics.characters == 2_400_000)
    let lengths = try numbers(corpus).split(separator: 0).map(\.count)
    #expect(lengths.allSatisfy { $0 <= TextCorpus.longestSegment })
    let same = try read(Array(line.utf8)) { $0.threads = 3 }
    #expect(try numbers(same) == numbers(corpus))
  }

  @Test func anyBlockSizeGivesTheSameNumbers() throws {
    let text = Array("第一，二十三年 中国 2019 abc！！\n十\n\n人民。。一九\n九八年好".utf8)
    for masks in [false, true] {
      let reading = masks ? CorpusReading.withoutAtoms : .segments
      let expected = try numbers(try read(text, as: reading))
      for size in [16, 17, 19, 23, 64] {
        let found = try numbers(
          try read(text, as: reading) { $0.blockSize = size })
        #expect(found == expected)
      }
    }
  }

  @Test func spillsWithoutDebrisAndExplainsAFolderItCannotWrite() throws {
    let text = Array(String(repeating: "中国人民共和国\n", count: 1_200_000).utf8)
    let folder = NSTemporaryDirectory() + "danlu-spill-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let corpus = try read(text) {
      $0.memory = 32 << 20
      $0.spillFolder = folder
    }
    #expect(corpus.statistics.spilled)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    let counts = try NGramCounts(
      corpus: corpus, order: 4, minCount: 2)
    let gram = PackedGram.pack(try #require(corpus.alphabet.numbers("共和国")))
    #expect(counts.count(gram) == 1_200_000)
    let error = message {
      _ = try read(text) {
        $0.memory = 32 << 20
        $0.spillFolder = "/nonexistent"
      }
    }
    #expect(error.contains("spillFolder"))
  }

  @Test func stopsWhenAsked() {
    let cancellation = Cancellation()
    cancellation.cancel()
    #expect(throws: Cancelled.self) {
      try withTemporaryFile(Array("中国\n".utf8)) {
        try TextCorpus.read(TextSource(paths: [$0]), work: Work(cancellation: cancellation))
      }
    }
  }

  @Test func survivesAnyBytes() throws {
    var random = RandomStream(seed: 11)
    let encoder = TextEncoder(alphabet: Alphabet(.wide))
    let seed = Array("{\"text\":\"中国人\\u56fd民abc\",\"n\":[1,{\"x\":2}]}\n".utf8)
    var output = [UInt16](repeating: 0, count: 256)
    for _ in 0..<40_000 {
      var bytes = seed
      for _ in 0..<(1 + random.below(6)) {
        switch random.below(3) {
        case 0: bytes[random.below(bytes.count)] = UInt8(random.below(256))
        case 1: bytes.remove(at: random.below(bytes.count))
        default: bytes.insert(UInt8(random.below(256)), at: random.below(bytes.count))
        }
      }
      var tally = TextEncoder.Tally()
      let written = bytes.withUnsafeBytes { bytes in
        output.withUnsafeMutableBufferPointer { output in
          output.baseAddress.map { encoder.encode(bytes, into: $0, tally: &tally) } ?? 0
        }
      }
      #expect(written <= bytes.count && tally.bytes == bytes.count)
    }
  }

  @Test func parsesMemorySizes() {
    #expect(MemorySize.parse("2G") == 2 << 30)
    #expect(MemorySize.parse("512MiB") == 512 << 20)
    #expect(MemorySize.parse("1.5k") == 1536)
    for text in ["", "G", "-1G", "two", "1X"] { #expect(MemorySize.parse(text) == nil) }
  }
}
