import Formats
import Parallel
import Text

/// Cuts whole files, line by line, on several threads; lines come out in the order they went in.
///
/// A line of any length is cut in bounded memory: it is read and written in pieces.
public struct SegmentationStream {
  let segmenter: Segmenter
  let threads: Int
  /// About how much of a text is held at once.
  var blockSize = TextBlocks.defaultSize

  public init(_ segmenter: Segmenter, threads: Int = defaultThreadCount) {
    self.segmenter = segmenter
    self.threads = max(1, threads)
  }

  /// What was cut.
  public struct Totals: Sendable, Equatable {
    public var lines = 0
    public var words = 0
    public var bytes = 0
    /// With a field: lines that have no text under it.
    public var badRecords = 0
    public var skipped: [SkippedFile] = []
    /// Some word of the dictionary was cut out.
    public var meetsDictionary = false
    /// The user's words that stand nowhere in the text.
    public var unmetUserWords: [String] = []

    public init() {}
  }

  /// How lines are written.
  public enum Format: Sendable {
    /// Words separated by one space.
    case text
    /// One JSON object a line: `{"words":[{"word":…,"start":…,"end":…}]}`, offsets in scalars.
    case json
  }

  /// Cuts a text and hands finished bytes, whole lines unless one is longer than a block, to `write`. A
  /// record of JSON lines gives one line, an empty one where it has no text.
  public func run(
    _ source: TextSource, format: Format, work: Work = .silent, write: ([UInt8]) throws -> Void
  ) throws -> Totals {
    var totals = Totals()
    var source = source
    source.keepsRecords = source.field != nil
    // JSON is ten times the text: blocks are smaller, so that none takes long.
    let size = format == .json ? blockSize / 4 : blockSize
    try work.phase("segmenting", of: source.byteCount, unit: "bytes") { phase in
      var blocks = source.blocks(of: size, work: work)
      // The line that the last block did not end.
      var open = OpenLine()
      var met = Set<Int32>()
      // Nothing is written before a record has a text: a field that none has is an error.
      var pending: [UInt8] = []
      while let read = try blocks.next() {
        try phase.check()
        let block = open.held + read
        open.held = []
        let parts =
          block.last == 0x0A ? TextBlocks.parts(of: block, count: threads) : [0..<block.count]
        let segmenter = segmenter
        let begun = open
        let results = try parallelMap(count: parts.count, threads: threads) { part in
          var line = part == 0 ? begun : OpenLine()
          let piece = try Self.cut(block[parts[part]], segmenter, format, &line, work)
          return (piece, line)
        }
        for (piece, line) in results {
          if source.field != nil, blocks.goodRecords == 0 {
            pending += piece.bytes
          } else {
            try write(pending.isEmpty ? piece.bytes : pending + piece.bytes)
            pending = []
          }
          totals.add(piece)
          met.formUnion(piece.metUserWords)
          open = line
        }
        totals.bytes += read.count
        phase.report(read.count)
      }
      if !open.held.isEmpty || open.isBegun {
        let piece = try Self.cut((open.held + [0x0A])[...], segmenter, format, &open, work)
        try write(piece.bytes)
        totals.add(piece)
        met.formUnion(piece.metUserWords)
      }
      totals.unmetUserWords = segmenter.givenUserWords.enumerated().filter {
        !met.contains(Int32($0.offset))
      }.map(\.element)
      totals.skipped = blocks.skipped
      totals.badRecords = blocks.badRecords
    }
    return totals
  }

  /// What was made of a part of a block.
  fileprivate struct Piece: Sendable {
    var bytes: [UInt8] = []
    var lines = 0
    var words = 0
    var meetsDictionary = false
    var metUserWords = Set<Int32>()
  }

  /// A line whose end is still to come.
  private struct OpenLine: Sendable {
    /// Something of it was written.
    var isBegun = false
    var hasWords = false
    /// Its scalars that were cut.
    var scalars = 0
    /// Its last bytes, which may begin a word.
    var held: [UInt8] = []
  }

  /// Cuts lines. `line` is what is open before them, and after.
  private static func cut(
    _ block: ArraySlice<UInt8>, _ segmenter: Segmenter, _ format: Format, _ line: inout OpenLine,
    _ work: Work
  ) throws -> Piece {
    var piece = Piece()
    let workspace = Segmenter.Workspace()
    workspace.work = work
    block.withUnsafeBufferPointer { block in
      switch format {
      case .text: cutText(block, segmenter, workspace, &line, into: &piece)
      case .json:
        piece.bytes.reserveCapacity(block.count * 12)
        forEachLine(of: block, workspace, &line) { text, line, isWhole in
          let words = appendJSON(text, segmenter, workspace, line, to: &piece)
          if isWhole {
            piece.bytes.append(contentsOf: "]}\n".utf8)
            piece.lines += 1
          }
          piece.words += words
          return words
        }
      }
    }
    // Half a block is no piece.
    try work.check()
    piece.metUserWords = workspace.metUserWords
    return piece
  }

  /// Calls `body` with each line, the last one perhaps without its end, until the work is asked to stop;
  /// it returns the line's words.
  @inline(__always)
  private static func forEachLine(
    of block: UnsafeBufferPointer<UInt8>, _ workspace: Segmenter.Workspace,
    _ line: inout OpenLine,
    _ body: (_ text: UnsafeBufferPointer<UInt8>, _ line: OpenLine, _ isWhole: Bool) -> Int
  ) {
    var start = 0
    while start < block.count, !workspace.work.isCancelled {
      var end = start
      while end < block.count, block[end] != 0x0A { end &+= 1 }
      let isWhole = end < block.count
      if !isWhole { end = safeEnd(block, start) }
      let words = body(UnsafeBufferPointer(rebasing: block[start..<end]), line, isWhole)
      if isWhole {
        line = OpenLine()
      } else {
        line.isBegun = true
        line.hasWords = line.hasWords || words > 0
        line.scalars += workspace.scalarsBefore
        line.held = Array(block[end...])
        return
      }
      start = end + 1
    }
  }

  /// Where a piece of a long line can be cut: behind its last space or sentence sign, or, where there is
  /// none for long, between two scalars.
  private static func safeEnd(_ block: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
    var end = block.count
    while end > start + 3, block.count - end < 1 << 16 {
      switch (block[end - 3], block[end - 2], block[end - 1]) {
      case (_, _, 0x20), (0xE3, 0x80, 0x82), (0xEF, 0xBC, 0x8C): return end
      default: end -= 1
      }
    }
    end = block.count
    while end > start, block.count - end < 4, block[end - 1] & 0xC0 == 0x80 { end -= 1 }
    return end > start && block[end - 1] >= 0xC0 ? end - 1 : block.count
  }

  private static func cutText(
    _ block: UnsafeBufferPointer<UInt8>, _ segmenter: Segmenter,
    _ workspace: Segmenter.Workspace, _ line: inout OpenLine, into piece: inout Piece
  ) {
    var lines = 0
    var words = 0
    var meets = false
    let end = block.baseAddress.map { $0 + block.count }
    // Each byte gives at most itself and a space; words are copied by eight bytes.
    piece.bytes = [UInt8](unsafeUninitializedCapacity: block.count * 2 + 9) { output, count in
      guard let target = output.baseAddress, let end else { return }
      var written = 0
      forEachLine(of: block, workspace, &line) { text, line, isWhole in
        guard let base = text.baseAddress else { return 0 }
        let before = words
        var isFirst = !line.hasWords
        segmenter.cut(text, workspace) { from, to, first, last in
          if !isFirst {
            target[written] = 0x20
            written &+= 1
          }
          isFirst = false
          words &+= 1
          if !meets { meets = segmenter.place(workspace, first, last) >= 0 }
          if workspace.line.hasIgnorableBytes {
            for byte in ScalarLine.visible(UnsafeBufferPointer(rebasing: text[from..<to])) {
              target[written] = byte
              written &+= 1
            }
          } else {
            copy(base + from, to &- from, before: end, to: target + written)
            written &+= to &- from
          }
        }
        if isWhole {
          target[written] = 0x0A
          written &+= 1
          lines &+= 1
        }
        return words - before
      }
      count = written
    }
    piece.lines = lines
    piece.words = words
    piece.meetsDictionary = meets
  }

  /// Copies a word by eight bytes, of which those behind it will be overwritten; `end` is where its block ends.
  @inline(__always)
  private static func copy(
    _ word: UnsafePointer<UInt8>, _ count: Int, before end: UnsafePointer<UInt8>,
    to target: UnsafeMutablePointer<UInt8>
  ) {
    guard end - word >= (count &+ 7) & ~7 else {
      return target.update(from: word, count: count)
    }
    let source = UnsafeRawPointer(word)
    let target = UnsafeMutableRawPointer(target)
    var done = 0
    while done < count {
      target.storeBytes(
        of: source.loadUnaligned(fromByteOffset: done, as: UInt64.self), toByteOffset: done,
        as: UInt64.self)
      done &+= 8
    }
  }

  private static func appendJSON(
    _ text: UnsafeBufferPointer<UInt8>, _ segmenter: Segmenter,
    _ workspace: Segmenter.Workspace, _ line: OpenLine, to piece: inout Piece
  ) -> Int {
    var words = 0
    if !line.isBegun { piece.bytes.append(contentsOf: "{\"words\":[".utf8) }
    segmenter.cut(text, workspace) { from, to, first, end in
      if words > 0 || line.hasWords { piece.bytes.append(0x2C) }
      words &+= 1
      if !piece.meetsDictionary {
        piece.meetsDictionary = segmenter.place(workspace, first, end) >= 0
      }
      let word = UnsafeBufferPointer(rebasing: text[from..<to])
      let start = line.scalars + workspace.scalarPlace(first)
      let stop = line.scalars + workspace.scalarPlace(end)
      if workspace.line.hasIgnorableBytes {
        ScalarLine.visible(word).withUnsafeBufferPointer {
          appendJSON($0, start, stop, to: &piece.bytes)
        }
      } else {
        appendJSON(word, start, stop, to: &piece.bytes)
      }
    }
    return words
  }

  private static func appendJSON(
    _ word: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int, to output: inout [UInt8]
  ) {
    output.append(contentsOf: "{\"end\":\(end),\"start\":\(start),\"word\":".utf8)
    // Bytes that are no UTF-8 become U+FFFD.
    JSONText.append(String(decoding: word, as: UTF8.self).utf8, to: &output)
    output.append(UInt8(ascii: "}"))
  }
}

extension SegmentationStream.Totals {
  fileprivate mutating func add(_ piece: SegmentationStream.Piece) {
    lines += piece.lines
    words += piece.words
    meetsDictionary = meetsDictionary || piece.meetsDictionary
  }
}
