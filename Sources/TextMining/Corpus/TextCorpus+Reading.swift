import Formats
import Foundation
import Memory
import Messages
import Parallel
import Synchronization

extension TextCorpus {
  /// Reads and encodes `paths` (`-`: standard input).
  ///
  /// Throws if nothing could be read, if there is not one character of the alphabet, if gzip data is
  /// damaged, or if the spill folder is full.
  public static func read(
    _ paths: [String], options: CorpusOptions, progress: any ProgressReporter = SilentProgress(),
    cancellation: Cancellation = Cancellation()
  ) throws -> TextCorpus {
    guard options.memory >= CorpusOptions.smallestMemory else {
      throw TextMiningError(
        .memory,
        "--memory \(MemorySize.describe(options.memory)) is too small: at least "
          + "\(MemorySize.describe(CorpusOptions.smallestMemory)) are needed")
    }
    var blocks = TextBlocks(
      paths: paths, field: options.field, encoding: options.encoding, blockSize: blockSize(options))
    var builder = Builder(options: options)
    progress.begin("reading", total: totalBytes(paths), unit: "bytes")
    while true {
      try cancellation.check()
      var batch: [[UInt8]] = []
      while batch.count < max(1, options.threads), let block = try blocks.next() {
        batch.append(block)
      }
      if batch.isEmpty { break }
      try builder.append(batch)
      progress.advance(by: batch.reduce(0) { $0 + $1.count })
    }
    progress.end()
    builder.statistics.skipped = blocks.skipped
    builder.statistics.badRecords = blocks.badRecords
    if blocks.skipped.count == paths.count, let first = blocks.skipped.first {
      throw FileError(path: first.path, reason: first.reason)
    }
    if let field = options.field, blocks.goodRecords == 0 {
      throw TextMiningError(
        .input,
        "--field \(field): none of \(blocks.badRecords) lines is a JSON object with a string "
          + "under \"\(field)\"")
    }
    return try builder.finish(named: paths.joined(separator: ", "))
  }

  /// Encodes text that is already in memory, for instance the lines of an example.
  public static func encode(_ text: String, options: CorpusOptions = CorpusOptions()) throws
    -> TextCorpus
  {
    var builder = Builder(options: options)
    let bytes = Array(text.utf8)
    var start = 0
    var batch: [[UInt8]] = []
    while start < bytes.count {
      var end = min(bytes.count, start + max(16, options.blockSize))
      while end < bytes.count, bytes[end] & 0xC0 == 0x80 { end -= 1 }
      batch.append(Array(bytes[start..<end]))
      start = end
    }
    try builder.append(batch)
    return try builder.finish(named: "the text")
  }

  /// Small where memory is short: each thread holds a block of bytes and its numbers.
  private static func blockSize(_ options: CorpusOptions) -> Int {
    max(1 << 12, min(options.blockSize, options.memory / max(1, options.threads) / 24))
  }

  private static func totalBytes(_ paths: [String]) -> Int? {
    var total = 0
    for path in paths {
      guard path != "-", !path.hasSuffix(".gz"),
        let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
      else { return nil }
      total += size
    }
    return total
  }

  private struct Builder {
    let options: CorpusOptions
    let encoder: TextEncoder
    let storage: CorpusStorage
    let mask: AtomMask?
    /// Numbers whose atom may go on in the next block.
    var held: [UInt16] = []
    var statistics = CorpusStatistics()
    var counts = [Int](repeating: 0, count: Alphabet.limit)
    /// Characters since the last boundary.
    var open = 0

    init(options: CorpusOptions) {
      self.options = options
      encoder = TextEncoder(
        alphabet: options.alphabet, keepsSpaces: options.keepsSpaces,
        joinsSegments: options.joinsSegments)
      storage = CorpusStorage(
        memoryLimit: options.memory * 2 / 5, spillFolder: options.spillFolder)
      mask = options.masksAtoms ? AtomMask(alphabet: options.alphabet) : nil
    }

    private struct Encoded: Sendable {
      let numbers: Block<UInt16>
      let count: Int
      let tally: TextEncoder.Tally
      let histogram: Block<UInt32>
    }

    mutating func append(_ batch: [[UInt8]]) throws {
      let encoder = encoder
      let encoded = try parallelMap(count: batch.count, threads: options.threads) { index in
        let numbers = Block<UInt16>(uninitializedCount: batch[index].count)
        let histogram = Block<UInt32>(repeating: 0, count: Alphabet.limit)
        var tally = TextEncoder.Tally()
        let count = batch[index].withUnsafeBytes {
          encoder.encode($0, into: numbers.pointer, tally: &tally)
        }
        for position in 0..<count { histogram.pointer[Int(numbers.pointer[position])] &+= 1 }
        return Encoded(numbers: numbers, count: count, tally: tally, histogram: histogram)
      }
      for block in encoded {
        statistics.bytes += block.tally.bytes
        statistics.lines += block.tally.lines
        statistics.invalidBytes += block.tally.invalidBytes
        statistics.nulBytes += block.tally.nulBytes
        for id in 0..<Alphabet.limit { counts[id] += Int(block.histogram[id]) }
        if let mask {
          var numbers = held
          numbers += UnsafeBufferPointer(start: block.numbers.pointer, count: block.count)
          held = numbers.withUnsafeBufferPointer { Array($0.suffix(mask.openSuffix($0))) }
          numbers.removeLast(held.count)
          try appendMasked(numbers, mask)
          continue
        }
        var numbers = UnsafeBufferPointer(start: block.numbers.pointer, count: block.count)
        // A separator run that goes on across a block border is still one boundary.
        if numbers.first == Alphabet.boundary,
          storage.last ?? Alphabet.boundary == Alphabet.boundary
        {
          numbers = UnsafeBufferPointer(rebasing: numbers.dropFirst())
        }
        try appendCutting(numbers)
      }
    }

    private mutating func appendMasked(_ numbers: [UInt16], _ mask: AtomMask) throws {
      var numbers = numbers
      var masked = [Int](repeating: 0, count: Alphabet.limit)
      numbers.withUnsafeMutableBufferPointer { mask.apply($0) { masked[Int($0)] += 1 } }
      for id in masked.indices { counts[id] -= masked[id] }
      // Atoms leave several boundaries in a row: one is enough.
      var last = storage.last ?? Alphabet.boundary
      numbers.removeAll { id in
        defer { last = id }
        return id == Alphabet.boundary && last == Alphabet.boundary
      }
      try numbers.withUnsafeBufferPointer { try appendCutting($0) }
    }

    /// Appends, with a boundary wherever a segment grows beyond `longestSegment`.
    private mutating func appendCutting(_ numbers: UnsafeBufferPointer<UInt16>) throws {
      if options.joinsSegments { return try storage.append(numbers) }
      var rest = numbers
      while open + rest.count > longestSegment {
        let window = rest.prefix(longestSegment - open)
        if let border = window.lastIndex(of: Alphabet.boundary) {
          try storage.append(UnsafeBufferPointer(rebasing: rest[...border]))
          rest = UnsafeBufferPointer(rebasing: rest[(border + 1)...])
        } else {
          try storage.append(UnsafeBufferPointer(rebasing: window))
          try withUnsafePointer(to: Alphabet.boundary) {
            try storage.append(UnsafeBufferPointer(start: $0, count: 1))
          }
          rest = UnsafeBufferPointer(rebasing: rest[window.endIndex...])
        }
        open = 0
      }
      try storage.append(rest)
      if let border = rest.lastIndex(of: Alphabet.boundary) {
        open = rest.count - border - 1
      } else {
        open += rest.count
      }
    }

    mutating func finish(named name: String) throws -> TextCorpus {
      if let mask { try appendMasked(held, mask) }
      if !options.joinsSegments, storage.count > 0, storage.last != Alphabet.boundary {
        try withUnsafePointer(to: Alphabet.boundary) {
          try storage.append(UnsafeBufferPointer(start: $0, count: 1))
        }
      }
      counts[Int(Alphabet.boundary)] = 0
      statistics.characters = counts[Int(Alphabet.firstCharacter)...].reduce(0, +)
      statistics.spilled = storage.isSpilled
      guard statistics.characters > 0 else {
        if mask != nil, statistics.bytes > 0, statistics.invalidBytes == 0 {
          throw TextMiningError(
            .input, "\(name): no Chinese text apart from numbers, so there are no words to find")
        }
        let what = statistics.bytes == 0 ? "empty" : "no Chinese character, Latin letter or digit"
        let invalid =
          statistics.invalidBytes > 0 ? " (\(statistics.invalidBytes) bytes are not UTF-8)" : ""
        throw TextMiningError(.input, "\(name): \(what)\(invalid), so there are no words to find")
      }
      return TextCorpus(
        alphabet: options.alphabet, statistics: statistics, characterCounts: counts,
        storage: storage, options: options)
    }
  }
}
