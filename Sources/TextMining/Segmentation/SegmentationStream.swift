import Formats
import Parallel
import Text

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

  /// Cuts a text and hands finished bytes, whole lines, to `write`.
  public func run(
    _ source: TextSource, format: Format, work: Work = .silent, write: ([UInt8]) throws -> Void
  ) throws -> Totals {
    var totals = Totals()
    totals.skipped = try source.forEachBlock("segmenting", work: work) { block in
      let parts = TextBlocks.parts(of: block, count: threads)
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
    }
    return totals
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
      output.append(contentsOf: "{\"words\":[".utf8)
      var isFirst = true
      segmenter.cut(line, workspace) { from, to, firstScalar, endScalar in
        words += 1
        if !isFirst { output.append(0x2C) }
        isFirst = false
        appendJSON(line[from..<to], firstScalar, endScalar, to: &output)
      }
      output.append(contentsOf: "]}\n".utf8)
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
    output.append(contentsOf: "{\"end\":\(end),\"start\":\(start),\"word\":".utf8)
    // Bytes that are no UTF-8 become U+FFFD.
    JSONText.append(String(decoding: word, as: UTF8.self).utf8, to: &output)
    output.append(UInt8(ascii: "}"))
  }
}
