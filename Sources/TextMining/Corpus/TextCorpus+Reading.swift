import Distributed
import Memory
import Messages
import Parallel
import Text

extension CorpusStatistics {
  /// Of all parts together. Lines without a usable value, and files that were left out, everybody has met.
  fileprivate mutating func sum(over ranks: Communicator) throws {
    let sums = try ranks.sum([bytes, lines, invalidBytes, nulBytes, badRecords])
    (bytes, lines, invalidBytes, nulBytes, badRecords) = (
      sums[0], sums[1], sums[2], sums[3], sums[4]
    )
  }
}

extension TextCorpus {
  /// Reads and encodes a text; of a source that ranks share, this rank's part of it.
  ///
  /// Throws if nothing could be read, if there is not one character of the alphabet, if gzip data is
  /// damaged, or if the spill folder is full.
  public static func read(
    _ source: TextSource, as reading: CorpusReading = .segments,
    options: CorpusOptions = CorpusOptions(), work: Work = .silent
  ) throws -> TextCorpus {
    try options.check()
    if reading == .joined, !source.ranks.isAlone {
      throw InputError(
        "this method counts across line ends, which ranks would cut: it runs as one process")
    }
    // Small where memory is short: each thread holds a block of bytes and its numbers.
    let threads = max(1, options.threads)
    // Ranks must cut alike, however many threads each has.
    let size =
      source.ranks.isAlone
      ? min(options.blockSize, max(1 << 12, options.memory / threads / 24))
      : min(options.blockSize, 1 << 20)
    var blocks = source.blocks(of: size, work: work)
    var builder = Builder(reading, options)
    try work.phase("reading", of: source.byteCount, unit: "bytes") { phase in
      while true {
        try phase.check()
        var batch: [[UInt8]] = []
        while batch.count < threads, let block = try blocks.next() { batch.append(block) }
        if batch.isEmpty { break }
        try builder.append(batch)
        phase.report(batch.reduce(0) { $0 + $1.count })
      }
    }
    builder.statistics.skipped = blocks.skipped
    builder.statistics.badRecords = blocks.badRecords
    return try builder.finish(named: source.name, source.ranks)
  }

  private struct Builder {
    let reading: CorpusReading
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
    /// Where each block begins in what is stored.
    var blockStarts: [Int] = []

    init(_ reading: CorpusReading, _ options: CorpusOptions) {
      self.reading = reading
      self.options = options
      encoder = TextEncoder(
        alphabet: options.alphabet, keepsSpaces: reading == .segmentsWithSpaces,
        joinsSegments: reading == .joined)
      storage = CorpusStorage(memoryLimit: options.memory * 2 / 5, spillFolder: options.spillFolder)
      mask = reading == .withoutAtoms ? AtomMask(alphabet: options.alphabet) : nil
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
        blockStarts.append(storage.count)
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
      if reading == .joined { return try storage.append(numbers) }
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

    mutating func finish(named name: String, _ ranks: Communicator) throws -> TextCorpus {
      if let mask { try appendMasked(held, mask) }
      if reading != .joined, storage.count > 0, storage.last != Alphabet.boundary {
        try withUnsafePointer(to: Alphabet.boundary) {
          try storage.append(UnsafeBufferPointer(start: $0, count: 1))
        }
      }
      counts[Int(Alphabet.boundary)] = 0
      let segments = try ranks.sum([storage.count - counts.reduce(0, +)])[0]
      counts = try ranks.sum(counts)
      try statistics.sum(over: ranks)
      statistics.characters = counts[Int(Alphabet.firstCharacter)...].reduce(0, +)
      statistics.spilled = storage.isSpilled
      guard statistics.characters > 0 else {
        if mask != nil, statistics.bytes > 0, statistics.invalidBytes == 0 {
          throw InputError(
            "\(name): no Chinese text apart from numbers, so there are no words to find")
        }
        let what = statistics.bytes == 0 ? "empty" : "no Chinese character, Latin letter or digit"
        let invalid =
          statistics.invalidBytes > 0 ? " (\(statistics.invalidBytes) bytes are not UTF-8)" : ""
        throw InputError("\(name): \(what)\(invalid), so there are no words to find")
      }
      return TextCorpus(
        reading, statistics: statistics, characterCounts: counts, segmentCount: segments,
        storage: storage, ranks: ranks, blocks: try RankedBlocks(blockStarts, storage.count, ranks),
        options: options)
    }
  }
}
