import Formats
import Messages
import Parallel

/// The blocks of a `TextSource`, UTF-8, each ending with a line end.
///
/// Files that cannot be opened are left out and listed; where that leaves none, and for damage in the
/// middle of a file, `next` throws.
public struct TextBlocks {
  public static let defaultSize = 4 << 20

  private typealias Reader = (UnsafeMutableRawBufferPointer) throws -> Int

  private let source: TextSource
  private let size: Int
  private let wholeLines: Bool
  private let work: Work
  /// Files, and strings in memory, that were opened or left out so far.
  private var seen = 0
  private var reader: Reader?
  /// The beginning of a line whose end is still to come.
  private var carry: [UInt8] = []
  private var chunk: [UInt8]
  private var isFirstBlock = true
  /// Blocks so far, those of other ranks included.
  private var turn = 0
  /// The file that the last block came from.
  public private(set) var path = ""
  public private(set) var skipped: [SkippedFile] = []
  /// With `field`: lines with and without a usable value.
  public private(set) var goodRecords = 0
  public private(set) var badRecords = 0

  init(_ source: TextSource, size: Int, wholeLines: Bool, work: Work) {
    self.source = source
    self.work = work
    self.size = max(16, size)
    self.wholeLines =
      wholeLines || !source.ranks.isAlone || source.field != nil
      || ![.utf8, .utf16].contains(source.encoding)
    chunk = [UInt8](repeating: 0, count: self.size)
  }

  /// The next block of this rank's part, or `nil` after the last.
  ///
  /// Ranks take blocks in turn: what is in a block depends on the text alone, and every one ends with a line.
  public mutating func next() throws -> [UInt8]? {
    while let block = try nextOfAll() {
      if let own = block { return own }
    }
    return nil
  }

  /// Whether the block that comes next is this rank's.
  private mutating func isOwnTurn() -> Bool {
    defer { turn += 1 }
    return turn % source.ranks.size == source.ranks.rank
  }

  /// The next block, without its bytes if another rank has it; `nil` after the last. A block ends with a line end, or,
  /// where a line is longer than a block and may be cut, between two scalars.
  ///
  /// Throws `FileError` for a damaged file and where no file could be opened, `InputError` for another
  /// encoding than the one expected, `Cancelled` where the work was asked to stop.
  private mutating func nextOfAll() throws -> [UInt8]?? {
    while true {
      if reader == nil, try !openNext() {
        try requireRecords()
        return nil
      }
      guard let reader else { return nil }
      try work.check()
      let count = try chunk.withUnsafeMutableBytes { try reader($0) }
      if count == 0 {
        self.reader = nil
        // A file's last line may lack its line end.
        var block = carry
        carry = []
        if block.isEmpty { continue }
        if block.last != 0x0A { block.append(0x0A) }
        return try finish(block, isOwnTurn())
      }
      let cut = cutPoint(count)
      guard cut > 0 else {
        carry.append(contentsOf: chunk[..<count])
        continue
      }
      var block: [UInt8] = []
      swap(&block, &carry)
      carry = Array(chunk[cut..<count])
      let isOwn = isOwnTurn()
      if isOwn { block.append(contentsOf: chunk[..<cut]) }
      return try finish(block, isOwn)
    }
  }

  /// A field that no line has is a mistake in its name, not an empty text.
  private func requireRecords() throws {
    guard let field = source.field else { return }
    // Of another rank's lines nothing is known here.
    let records = try source.ranks.sum([goodRecords, badRecords])
    guard records[0] == 0, records[1] > 0 else { return }
    throw InputError(
      "`field` \(field): none of \(records[1]) lines is a JSON object with a string under "
        + "\"\(field)\"")
  }

  private mutating func openNext() throws -> Bool {
    isFirstBlock = true
    switch source.origin {
    case .memory(let bytes):
      guard seen == 0 else { return false }
      seen = 1
      path = source.name
      var position = 0
      reader = { target in
        let end = min(bytes.count, position + target.count)
        target.copyBytes(from: bytes[position..<end])
        defer { position = end }
        return end - position
      }
      return true
    case .files(let paths):
      while seen < paths.count {
        path = paths[seen]
        seen += 1
        do {
          let file = try ByteSource(path: path, isText: true)
          reader =
            source.encoding == .utf16 ? Self.converting(file) : { try file.read(into: $0) }
          return true
        } catch let error as FileError {
          skipped.append(SkippedFile(path: error.path, reason: error.reason))
        }
      }
      if skipped.count == paths.count, let first = skipped.first {
        throw FileError(path: first.path, reason: first.reason)
      }
      return false
    }
  }

  /// Reads UTF-16 as UTF-8.
  private static func converting(_ file: ByteSource) -> Reader {
    var converter: UTF16Bytes?
    var pending: ArraySlice<UInt8> = []
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    return { target in
      while pending.isEmpty {
        let count = try chunk.withUnsafeMutableBytes { try file.read(into: $0) }
        if count == 0 { return 0 }
        let bytes = Array(chunk[..<count])
        if converter == nil {
          converter = UTF16Bytes(isBigEndian: UTF16Bytes.isBigEndian(bytes))
        }
        pending = converter?.utf8(from: bytes)[...] ?? []
      }
      let taken = pending.prefix(target.count)
      target.copyBytes(from: taken)
      pending = pending.dropFirst(taken.count)
      return taken.count
    }
  }

  private func cutPoint(_ count: Int) -> Int {
    if let newline = chunk[..<count].lastIndex(of: 0x0A) { return newline + 1 }
    if wholeLines { return 0 }
    if carry.count < size { return 0 }
    var cut = count
    while cut > 0, count - cut < 4, chunk[cut - 1] & 0xC0 == 0x80 { cut -= 1 }
    if cut > 0, chunk[cut - 1] >= 0xC0 { cut -= 1 }
    return cut
  }

  private mutating func finish(_ raw: [UInt8], _ isOwn: Bool) throws -> [UInt8]? {
    defer { isFirstBlock = false }
    guard isOwn else { return .none }
    var block = raw
    switch source.encoding {
    case .utf8: if isFirstBlock { try TextConversion.refuseOthers(block, path: path) }
    case .utf16: break
    case .gb18030, .big5, .shiftJIS: block = TextConversion.utf8(block, from: source.encoding)
    case .auto: block = TextConversion.utf8(mixed: block)
    }
    if isFirstBlock, block.starts(with: TextConversion.byteOrderMark) { block.removeFirst(3) }
    if let field = source.field {
      let (text, good, bad) = JSONLinesField.extract(
        field, from: block, keepsRecords: source.keepsRecords)
      goodRecords += good
      badRecords += bad
      return text
    }
    return block
  }
}

extension TextBlocks {
  /// Ranges of a block, at most `count` of about equal size, that end with line ends: work for threads.
  public static func parts(of block: [UInt8], count: Int) -> [Range<Int>] {
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
}
