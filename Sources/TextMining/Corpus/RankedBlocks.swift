import Distributed

/// Where the blocks of a rank's part of a corpus stand in the whole, as numbers of characters and boundaries.
struct RankedBlocks: Sendable {
  /// How many numbers the whole corpus has.
  let wholeCount: Int
  /// Of this rank's blocks, in order: where each begins here, where in the whole, and which one it is.
  private let own: [(local: Int, whole: Int, block: Int)]

  /// - Parameters:
  ///   - starts: Where this rank's blocks begin in what it stores.
  ///   - count: How much it stores.
  init(_ starts: [Int], _ count: Int, _ ranks: Communicator) throws {
    guard !ranks.isAlone else {
      (wholeCount, own) = (count, [])
      return
    }
    let lengths = zip(starts, starts.dropFirst() + [count]).map { $1 - $0 }
    let all = try ranks.gather(lengths.withUnsafeBytes { Array($0) }).map { bytes in
      bytes.withUnsafeBytes { Array($0.bindMemory(to: Int.self)) }
    }
    var own: [(local: Int, whole: Int, block: Int)] = []
    var place = 0
    // Ranks have taken blocks in turn.
    for block in 0..<all.reduce(0, { $0 + $1.count }) {
      let (rank, number) = (block % ranks.size, block / ranks.size)
      guard number < all[rank].count else { continue }
      if rank == ranks.rank { own.append((starts[number], place, block)) }
      place += all[rank][number]
    }
    (wholeCount, self.own) = (place, own)
  }

  /// The block that a number stored here belongs to, and the number's place in the whole.
  func place(of local: Int) -> (block: Int, whole: Int) {
    var (low, high) = (0, own.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if own[middle].local <= local { low = middle } else { high = middle }
    }
    return (own[low].block, own[low].whole + local - own[low].local)
  }

  /// Words of one block, by number.
  struct Words: Sendable {
    let block: Int
    var words: [Int32]
  }

  /// The words of all ranks in the order of the text.
  static func joined(_ pieces: [Words], _ ranks: Communicator) throws -> [Int32] {
    var bytes: [UInt8] = []
    for piece in pieces {
      withUnsafeBytes(of: (piece.block, piece.words.count)) { bytes += $0 }
      piece.words.withUnsafeBytes { bytes += $0 }
    }
    var all: [Words] = []
    for part in try ranks.gather(bytes) {
      part.withUnsafeBytes { part in
        var offset = 0
        while offset < part.count {
          let block = part.loadUnaligned(fromByteOffset: offset, as: Int.self)
          let count = part.loadUnaligned(fromByteOffset: offset + 8, as: Int.self)
          offset += 16
          let words = (0..<count).map {
            part.loadUnaligned(fromByteOffset: offset + 4 * $0, as: Int32.self)
          }
          offset += 4 * count
          all.append(Words(block: block, words: words))
        }
      }
    }
    // Pieces of one block come from one rank, in order; the sort must leave them so.
    let order = all.indices.sorted { (all[$0].block, $0) < (all[$1].block, $1) }
    return order.flatMap { all[$0].words }
  }
}
