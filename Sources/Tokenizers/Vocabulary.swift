import Formats
import Memory
import Messages

/// The tokens of a model in the order of their ids, and the id of each.
///
/// Tokens are told apart scalar by scalar: Swift's strings take 豈 (U+F900) for 豈 (U+8C48), a vocabulary
/// does not. Where a token stands twice the later line has its id, as in a dictionary built line by line.
public struct Vocabulary: Sendable {
  public let tokens: [String]
  /// Scalars of all tokens, one token after the other, and where each begins.
  private let scalars: Block<UInt32>
  private let starts: Block<Int>
  /// Open addressing: 32 bits of hash, then id + 1; 0 is empty.
  private let slots: Block<UInt64>
  /// Scalars of the longest token.
  let longest: Int

  public init(_ tokens: [String]) {
    self.tokens = tokens
    let starts = Block<Int>(zeros: tokens.count + 1)
    for (id, token) in tokens.enumerated() {
      starts[id + 1] = starts[id] + token.unicodeScalars.count
    }
    let scalars = Block<UInt32>(uninitializedCount: starts[tokens.count])
    var longest = 0
    var capacity = 16
    while capacity < tokens.count * 2 { capacity *= 2 }
    let slots = Block<UInt64>(zeros: capacity)
    self.scalars = scalars
    self.starts = starts
    self.slots = slots
    for (id, token) in tokens.enumerated() {
      var end = starts[id]
      var hash = Self.emptyHash
      for scalar in token.unicodeScalars {
        scalars[end] = scalar.value
        hash = Self.hash(hash, scalar.value)
        end += 1
      }
      longest = max(longest, end - starts[id])
      let slot = Self.slot(
        hash, scalars.pointer + starts[id], end - starts[id], scalars, starts, slots)
      slots[slot] = Self.tag(hash) | UInt64(id + 1)
    }
    self.longest = longest
  }

  /// A `vocab.txt`: one token a line, UTF-8.
  ///
  /// Lines end with a line feed and nothing else: two tokens of the Chinese vocabulary are U+2028. A
  /// byte-order mark and carriage returns before line feeds are dropped.
  public init(contentsOf path: String) throws {
    let bytes = try ByteSource(path: path).readAll()
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    if let first = lines.first, first.starts(with: [0xEF, 0xBB, 0xBF]) {
      lines[0] = first.dropFirst(3)
    }
    guard !lines.isEmpty else {
      throw FileError(path: path, reason: "has no tokens; a vocabulary has one on each line")
    }
    self.init(
      lines.map { line in
        String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
      })
  }

  public var count: Int { tokens.count }

  /// The id of `token`, or `nil`.
  public func id(_ token: String) -> Int? {
    let scalars = token.unicodeScalars.map(\.value)
    return scalars.withUnsafeBufferPointer { scalars in
      guard let start = scalars.baseAddress else {
        return id(Self.emptyHash, UnsafePointer(self.scalars.pointer), 0)
      }
      return id(scalars.reduce(Self.emptyHash, Self.hash), start, scalars.count)
    }
  }

  public func contains(_ token: String) -> Bool { id(token) != nil }

  /// The ids of tokens that a model cannot do without; throws if any is missing, with what is nearest.
  public func ids(required names: [String]) throws -> [Int] {
    try names.map { name in
      guard let id = id(name) else {
        let near =
          nearestName(to: name, among: tokens).map { "; nearest is " + $0.plainOrQuoted } ?? ""
        throw InputError("the vocabulary of \(count) tokens lacks \(name.plainOrQuoted)\(near)")
      }
      return id
    }
  }

  /// Writes one token a line.
  public func write(to path: String) throws {
    try AtomicFile.write(to: path) { file in
      for token in tokens { try file.write(token + "\n") }
    }
  }

  // MARK: Look-up by scalars

  static let emptyHash: UInt64 = 0xCBF2_9CE4_8422_2325

  /// The hash of some scalars with one more behind them.
  @inline(__always)
  static func hash(_ hash: UInt64, _ scalar: UInt32) -> UInt64 {
    let mixed = (hash ^ UInt64(scalar)) &* 0x9E37_79B9_7F4A_7C15
    return mixed ^ mixed >> 29
  }

  @inline(__always)
  private static func tag(_ hash: UInt64) -> UInt64 { hash & 0xFFFF_FFFF_0000_0000 }

  /// Where the token stands, or would stand, that is the `count` scalars from `start`, behind `prefix` times
  /// `#`.
  @inline(__always)
  private static func slot(
    _ hash: UInt64, _ start: UnsafePointer<UInt32>, _ count: Int, prefix: Int = 0,
    _ scalars: Block<UInt32>, _ starts: Block<Int>, _ slots: Block<UInt64>
  ) -> Int {
    let mask = slots.count &- 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while true {
      let entry = slots.pointer[slot]
      if entry == 0 { return slot }
      if entry >> 32 == hash >> 32 {
        let id = Int(truncatingIfNeeded: entry & 0xFFFF_FFFF) &- 1
        let known = starts.pointer[id] &+ prefix
        if starts.pointer[id &+ 1] &- known == count {
          var index = 0
          while index < prefix, scalars.pointer[known &- prefix &+ index] == 0x23 { index &+= 1 }
          index &-= prefix
          while index >= 0, index < count, scalars.pointer[known &+ index] == start[index] {
            index &+= 1
          }
          if index == count { return slot }
        }
      }
      slot = (slot &+ 1) & mask
    }
  }

  /// The id of the token whose scalars are `count` from `start`, behind `##` if it is inside a word; `hash`
  /// is that of them all.
  @inline(__always)
  func id(
    _ hash: UInt64, _ start: UnsafePointer<UInt32>, _ count: Int, isInside: Bool = false
  ) -> Int? {
    let slot = Self.slot(
      hash, start, count, prefix: isInside ? 2 : 0, scalars, starts, slots)
    let entry = slots.pointer[slot]
    return entry == 0 ? nil : Int(truncatingIfNeeded: entry & 0xFFFF_FFFF) &- 1
  }
}

extension String {
  /// The text as it is if it is plain, else in quotes and escaped: names in files that are damaged.
  fileprivate var plainOrQuoted: String {
    let isPlain = unicodeScalars.allSatisfy { $0.isASCII && $0.value >= 0x20 && $0.value != 0x7f }
    return isPlain ? self : quotedForMessage
  }
}
