import Formats
import Messages
import Parallel

/// Cuts whole files, line by line, on several threads; lines come out in the order they went in.
public struct SegmentationStream {
  let segmenter: Segmenter
  let threads: Int

  public init(_ segmenter: Segmenter, threads: Int = defaultThreadCount) {
    self.segmenter = segmenter
    self.threads = max(1, threads)
  }

  /// What was cut.
  public struct Totals: Sendable, Equatable {
    public var lines = 0
    public var words = 0
    public var bytes = 0
    public var skipped: [SkippedFile] = []

    public init() {}
  }

  /// How lines are written.
  public enum Format: Sendable {
    /// Words separated by one space.
    case text
    /// One JSON object a line: `{"words":[{"word":…,"start":…,"end":…}]}`, offsets in scalars.
    case json
  }

  /// Reads `paths` and hands finished bytes, whole lines, to `write`.
  public func run(
    _ paths: [String], field: String? = nil, encoding: TextEncoding = .utf8, format: Format,
    progress: any ProgressReporter = SilentProgress(), cancellation: Cancellation = Cancellation(),
    write: ([UInt8]) throws -> Void
  ) throws -> Totals {
    var blocks = TextBlocks(paths: paths, field: field, encoding: encoding, wholeLines: true)
    var totals = Totals()
    progress.begin("segmenting", total: nil, unit: "bytes")
    while let block = try blocks.next() {
      try cancellation.check()
      let parts = Self.split(block, into: threads)
      let segmenter = segmenter
      let results = try parallelMap(count: parts.count, threads: threads) { part in
        Self.cut(block[parts[part]], segmenter, format)
      }
      for result in results {
        try write(result.bytes)
        totals.lines += result.lines
        totals.words += result.words
      }
      totals.bytes += block.count
      progress.advance(by: block.count)
    }
    progress.end()
    totals.skipped = blocks.skipped
    if blocks.skipped.count == paths.count, let first = blocks.skipped.first {
      throw FileError(path: first.path, reason: first.reason)
    }
    return totals
  }

  /// Ranges of about equal size that end with line ends.
  static func split(_ block: [UInt8], into count: Int) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var start = 0
    for part in 1...count {
      var end = part == count ? block.count : max(start, block.count * part / count)
      while end < block.count, end > start, block[end - 1] != 0x0A { end += 1 }
      if end > start {
        ranges.append(start..<end)
        start = end
      }
    }
    return ranges
  }

  private static func cut(
    _ block: ArraySlice<UInt8>, _ segmenter: Segmenter, _ format: Format
  ) -> (bytes: [UInt8], lines: Int, words: Int) {
    format == .text ? cutText(block, segmenter) : cutJSON(block, segmenter)
  }

  private static func cutText(
    _ block: ArraySlice<UInt8>, _ segmenter: Segmenter
  ) -> (bytes: [UInt8], lines: Int, words: Int) {
    var lines = 0
    var words = 0
    // Each byte gives at most itself and a space; a last line may lack its line end.
    let bytes = [UInt8](unsafeUninitializedCapacity: block.count * 2 + 1) { output, count in
      guard let target = output.baseAddress else { return }
      var written = 0
      forEachLine(block) { line, workspace in
        let first = written
        segmenter.cut(line, workspace) { from, to, _, _ in
          words &+= 1
          if written > first {
            target[written] = 0x20
            written &+= 1
          }
          for index in from..<to {
            target[written] = line[index]
            written &+= 1
          }
        }
        target[written] = 0x0A
        written &+= 1
        lines &+= 1
      }
      count = written
    }
    return (bytes, lines, words)
  }

  private static func cutJSON(
    _ block: ArraySlice<UInt8>, _ segmenter: Segmenter
  ) -> (bytes: [UInt8], lines: Int, words: Int) {
    var output: [UInt8] = []
    var lines = 0
    var words = 0
    forEachLine(block) { line, workspace in
      output.append(contentsOf: Array("{\"words\":[".utf8))
      var isFirst = true
      segmenter.cut(line, workspace) { from, to, firstScalar, endScalar in
        words += 1
        if !isFirst { output.append(0x2C) }
        isFirst = false
        appendJSON(line[from..<to], firstScalar, endScalar, to: &output)
      }
      output.append(contentsOf: Array("]}\n".utf8))
      lines += 1
    }
    return (output, lines, words)
  }

  private static func forEachLine(
    _ block: ArraySlice<UInt8>, _ body: (UnsafeBufferPointer<UInt8>, Segmenter.Workspace) -> Void
  ) {
    let workspace = Segmenter.Workspace()
    block.withUnsafeBufferPointer { block in
      var start = 0
      while start < block.count {
        var end = start
        while end < block.count, block[end] != 0x0A { end &+= 1 }
        body(UnsafeBufferPointer(rebasing: block[start..<end]), workspace)
        start = end + 1
      }
    }
  }

  private static func appendJSON(
    _ word: Slice<UnsafeBufferPointer<UInt8>>, _ start: Int, _ end: Int, to output: inout [UInt8]
  ) {
    output.append(contentsOf: Array("{\"end\":\(end),\"start\":\(start),\"word\":\"".utf8))
    for byte in String(decoding: word, as: UTF8.self).utf8 {
      switch byte {
      case 0x22, 0x5C:
        output.append(0x5C)
        output.append(byte)
      case ..<0x20:
        output.append(
          contentsOf: Array("\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8))
      default: output.append(byte)
      }
    }
    output.append(contentsOf: Array("\"}".utf8))
  }
}
