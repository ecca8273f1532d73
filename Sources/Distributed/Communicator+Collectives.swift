import CMPI
import Messages

/// A number that MPI adds up.
public protocol ReducibleNumber: BitwiseCopyable {
  static var mpiType: Int32 { get }
}

extension Float: ReducibleNumber { public static var mpiType: Int32 { Int32(CMPI_FLOAT32) } }
extension Double: ReducibleNumber { public static var mpiType: Int32 { Int32(CMPI_FLOAT64) } }
extension Int: ReducibleNumber { public static var mpiType: Int32 { Int32(CMPI_INT64) } }

extension Communicator {
  /// What one call of MPI is given at most, in bytes: pieces of this size go through the cache, and take half
  /// the time of one call for everything.
  public static let pieceBytes = 4 << 20
  /// What all ranks' blocks together have in one call of a gathering.
  private static let gatheredBytes = 1 << 30
  /// How many pieces are under way at a time.
  private static let piecesUnderWay = 2

  /// Returns once all ranks have called it.
  public func barrier() throws {
    guard !isAlone else { return }
    try wait(begin("a barrier", { $0.barrier(&$1) }), "a barrier")
  }

  // MARK: - Sums

  /// Replaces each number by its sum over all ranks; the same bits on all of them and from run to run with as
  /// many ranks. Sums are taken in the numbers' own type.
  public func sum<Number: ReducibleNumber>(_ values: UnsafeMutableBufferPointer<Number>) throws {
    try reduce(values, Int32(CMPI_SUM))
  }

  /// Sums of a few numbers.
  public func sum<Number: ReducibleNumber>(_ values: [Number]) throws -> [Number] {
    var result = values
    try result.withUnsafeMutableBufferPointer { try sum($0) }
    return result
  }

  /// The largest of each over all ranks.
  public func maximum<Number: ReducibleNumber>(_ values: [Number]) throws -> [Number] {
    var result = values
    try result.withUnsafeMutableBufferPointer { try reduce($0, Int32(CMPI_MAXIMUM)) }
    return result
  }

  private func reduce<Number: ReducibleNumber>(
    _ values: UnsafeMutableBufferPointer<Number>, _ operation: Int32
  ) throws {
    guard !isAlone, let base = values.baseAddress, !values.isEmpty else { return }
    let length = Self.pieceBytes / MemoryLayout<Number>.stride
    try inPieces(of: values.count, length, "a sum") { table, range, pending in
      table.all_reduce(
        base + range.lowerBound, Int32(range.count), Number.mpiType, operation, &pending)
    }
  }

  /// Begins a sum of at most `pieceBytes`, to go on meanwhile.
  ///
  /// - Parameter values: Stay where they are, untouched, until the operation is done.
  public func beginSum<Number: ReducibleNumber>(
    _ values: UnsafeMutableBufferPointer<Number>
  ) throws -> PendingOperation {
    require(
      values.count * MemoryLayout<Number>.stride <= Self.pieceBytes,
      "a sum that is begun expected at most \(Self.pieceBytes) bytes, received "
        + "\(values.count * MemoryLayout<Number>.stride)")
    guard !isAlone, let base = values.baseAddress, !values.isEmpty else {
      return PendingOperation(self, nil, "a sum")
    }
    let pending = try begin("a sum") {
      $0.all_reduce(base, Int32(values.count), Number.mpiType, Int32(CMPI_SUM), &$1)
    }
    return PendingOperation(self, pending, "a sum")
  }

  /// This rank's part of the sums: of `size` blocks of equal length, the one that has its number.
  public func sumScattered<Number: ReducibleNumber & AdditiveArithmetic>(
    _ values: [Number]
  ) throws -> [Number] {
    require(
      values.count % size == 0,
      "sums to be scattered over \(size) ranks expected as many blocks, received \(values.count) numbers"
    )
    guard !isAlone else { return values }
    let count = values.count / size
    var part = [Number](repeating: .zero, count: count)
    guard count > 0 else { return part }
    try values.withUnsafeBufferPointer { values in
      try part.withUnsafeMutableBufferPointer { part in
        let pending = try begin("a scattered sum") {
          $0.reduce_scatter(
            values.baseAddress, part.baseAddress, Int32(count), Number.mpiType, Int32(CMPI_SUM),
            &$1)
        }
        try wait(pending, "a scattered sum")
      }
    }
    return part
  }

  // MARK: - One to all, all to all

  /// Gives everybody what `root` has.
  public func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int = 0) throws {
    guard !isAlone, let base = bytes.baseAddress, !bytes.isEmpty else { return }
    try inPieces(of: bytes.count, Self.pieceBytes, "a broadcast") { table, range, pending in
      table.broadcast(base + range.lowerBound, Int32(range.count), Int32(root), &pending)
    }
  }

  /// What `root` has; others' bytes are not looked at.
  public func broadcast(_ bytes: [UInt8], from root: Int = 0) throws -> [UInt8] {
    guard !isAlone else { return bytes }
    let count = try sum([rank == root ? bytes.count : 0])[0]
    var result = rank == root ? bytes : [UInt8](repeating: 0, count: count)
    try result.withUnsafeMutableBytes { try broadcast($0, from: root) }
    return result
  }

  /// What each rank has, by rank; of any lengths.
  public func gather(_ bytes: [UInt8], within limit: Duration? = nil) throws -> [[UInt8]] {
    guard !isAlone else { return [bytes] }
    let own = [UInt8](unsafeUninitializedCapacity: 8) { buffer, count in
      UnsafeMutableRawBufferPointer(buffer).storeBytes(of: bytes.count, as: Int.self)
      count = 8
    }
    let lengths = try gatherBlocks(own, Array(repeating: 8, count: size), limit)
      .map { $0.withUnsafeBytes { $0.loadUnaligned(as: Int.self) } }
    // No rank's counts and offsets may pass 2³¹.
    let round = Self.gatheredBytes / size
    guard let longest = lengths.max(), longest > round else {
      return try gatherBlocks(bytes, lengths, limit)
    }
    var all = [[UInt8]](repeating: [], count: size)
    for start in stride(from: 0, to: longest, by: round) {
      let part = Array(bytes[min(start, bytes.count)..<min(start + round, bytes.count)])
      let blocks = try gatherBlocks(part, lengths.map { max(0, min(round, $0 - start)) }, limit)
      for rank in all.indices { all[rank] += blocks[rank] }
    }
    return all
  }

  private func gatherBlocks(
    _ bytes: [UInt8], _ lengths: [Int], _ limit: Duration?
  ) throws -> [[UInt8]] {
    let layout = BlockLayout(lengths)
    var all = [UInt8](repeating: 0, count: layout.total)
    try bytes.withUnsafeBytes { part in
      try all.withUnsafeMutableBytes { all in
        let pending = try begin("a gathering") {
          $0.all_gather(
            part.baseAddress, Int32(part.count), all.baseAddress, layout.counts, layout.offsets,
            &$1)
        }
        try wait(pending, "a gathering", within: limit)
      }
    }
    return withExtendedLifetime(layout) { layout.blocks(of: all) }
  }

  /// Gives each rank its block and returns what the ranks have for this one, by rank. Altogether at most
  /// 2 GiB a rank in each direction: larger exchanges are made in rounds.
  public func exchange<Element: BitwiseCopyable>(_ blocks: [[Element]]) throws -> [[Element]] {
    require(
      blocks.count == size,
      "an exchange expected a block for each of \(size) ranks, received \(blocks.count)")
    guard !isAlone else { return blocks }
    let stride = MemoryLayout<Element>.stride
    let lengths = blocks.map { $0.count * stride }
    // Everybody learns how much comes from whom.
    let ones = BlockLayout(Array(repeating: 8, count: size))
    var coming = [Int](repeating: 0, count: size)
    try lengths.withUnsafeBytes { sent in
      try coming.withUnsafeMutableBytes { received in
        let pending = try begin("an exchange") {
          $0.all_to_all(
            sent.baseAddress, ones.counts, ones.offsets, received.baseAddress, ones.counts,
            ones.offsets, &$1)
        }
        try wait(pending, "an exchange")
      }
    }
    let (outgoing, incoming) = (BlockLayout(lengths), BlockLayout(coming))
    let sent = blocks.flatMap { $0 }
    let result = try [Element](unsafeUninitializedCapacity: incoming.total / stride) {
      buffer, count in
      let received = UnsafeMutableRawBufferPointer(buffer)
      try sent.withUnsafeBytes { sent in
        let pending = try begin("an exchange") {
          $0.all_to_all(
            sent.baseAddress, outgoing.counts, outgoing.offsets, received.baseAddress,
            incoming.counts, incoming.offsets, &$1)
        }
        try wait(pending, "an exchange")
      }
      count = incoming.total / stride
    }
    return withExtendedLifetime((ones, outgoing, incoming)) {
      var start = 0
      return coming.map { length in
        defer { start += length / stride }
        return Array(result[start..<start + length / stride])
      }
    }
  }

  // MARK: - Pieces

  /// Carries an operation out piece by piece, few at a time.
  private func inPieces(
    of count: Int, _ length: Int, _ what: String,
    _ body: (CMPIAPI, Range<Int>, inout Pending?) -> Int32
  ) throws {
    var underWay: [Pending] = []
    var start = 0
    while start < count || !underWay.isEmpty {
      if start < count, underWay.count < Self.piecesUnderWay {
        let range = start..<min(count, start + length)
        underWay.append(try begin(what, { body($0, range, &$1) }))
        start = range.upperBound
        continue
      }
      try wait(underWay.removeFirst(), what)
    }
  }
}

/// An operation that goes on while its rank does other things, as far as `progress` is called.
public final class PendingOperation {
  private let communicator: Communicator
  private var pending: Communicator.Pending?
  private let what: String

  init(_ communicator: Communicator, _ pending: Communicator.Pending?, _ what: String) {
    self.communicator = communicator
    self.pending = pending
    self.what = what
  }

  /// Moves it along; whether it is done.
  @discardableResult
  public func progress() throws -> Bool {
    guard let pending else { return true }
    // A test that fails frees the request, too.
    self.pending = nil
    guard try communicator.isDone(pending, what) else {
      self.pending = pending
      return false
    }
    return true
  }

  /// Waits for its end.
  public func wait() throws {
    guard let pending else { return }
    self.pending = nil
    try communicator.wait(pending, what)
  }
}

/// Where the blocks of all ranks lie, one after the other, in memory that does not move.
private final class BlockLayout {
  let counts: UnsafeMutablePointer<Int32>
  let offsets: UnsafeMutablePointer<Int32>
  let total: Int
  private let size: Int

  init(_ lengths: [Int]) {
    size = lengths.count
    total = lengths.reduce(0, +)
    require(
      total <= Int(Int32.max),
      "ranks exchange at most \(Int32.max) bytes at a time, received \(total)")
    counts = .allocate(capacity: size)
    offsets = .allocate(capacity: size)
    var offset = 0
    for (rank, length) in lengths.enumerated() {
      counts[rank] = Int32(length)
      offsets[rank] = Int32(offset)
      offset += length
    }
  }

  deinit {
    counts.deallocate()
    offsets.deallocate()
  }

  func blocks(of all: [UInt8]) -> [[UInt8]] {
    (0..<size).map { rank in
      Array(all[Int(offsets[rank])..<Int(offsets[rank]) + Int(counts[rank])])
    }
  }
}
