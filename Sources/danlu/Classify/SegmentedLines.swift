import ClassicalML
import Formats
import Foundation
import Messages

/// Lines whose words are separated by spaces.
enum SegmentedLines {
  /// Throws `FileError` for a file that holds no words.
  static func read(_ path: String) throws -> TaggedSequences {
    let bytes = try ByteSource(path: path, isText: true).readAll()
    var sequences = TaggedSequences()
    for line in bytes.split(separator: 0x0A) {
      let (scalars, tags) = WordTags.read(String(decoding: line, as: UTF8.self))
      if !scalars.isEmpty { sequences.append(scalars.map { Int32($0) }, tags: tags) }
    }
    guard sequences.count > 0 else { throw FileError(path: path, reason: "holds no words") }
    return sequences
  }

  /// Cuts every line of a file; `write` gets blocks of the result.
  static func cut(
    _ path: String, by model: HiddenMarkov, write: ([UInt8]) throws -> Void
  ) throws {
    guard model.tagNames == WordTags.names else {
      throw FileError(path: path, reason: "is to be cut by a model of other tags than B, M, E, S")
    }
    // Repaired at once, so that every byte below is part of a scalar.
    var text = String(
      decoding: try ByteSource(path: path, isText: true).readAll(), as: UTF8.self)
    try text.withUTF8 { bytes in
      var block: [UInt8] = []
      var symbols: [Int32] = []
      var places: [Range<Int>] = []
      var position = 0
      func finish() throws {
        let tags = model.tags(symbols)
        for (index, tag) in tags.enumerated() {
          block.append(contentsOf: bytes[places[index]])
          if WordTags.ends(tag), index + 1 < tags.count { block.append(0x20) }
        }
        block.append(0x0A)
        symbols.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
        if block.count > 1 << 20 {
          try write(block)
          block.removeAll(keepingCapacity: true)
        }
      }
      while position < bytes.count {
        if bytes[position] == 0x0A {
          position += 1
          try finish()
          continue
        }
        let start = position
        let scalar = Self.scalar(bytes, &position)
        guard !Self.isSpace(scalar) else { continue }
        symbols.append(Int32(bitPattern: scalar))
        places.append(start..<position)
      }
      if bytes.last != 0x0A, !bytes.isEmpty { try finish() }
      try write(block)
    }
  }

  /// The scalar at `position`, of bytes that are UTF-8.
  @inline(__always)
  private static func scalar(
    _ bytes: UnsafeBufferPointer<UInt8>, _ position: inout Int
  ) -> UInt32 {
    let first = UInt32(bytes[position])
    func follower(_ offset: Int) -> UInt32 { UInt32(bytes[position &+ offset] & 0x3F) }
    if first < 0x80 {
      position &+= 1
      return first
    }
    if first < 0xE0 {
      defer { position &+= 2 }
      return (first & 0x1F) << 6 | follower(1)
    }
    if first < 0xF0 {
      defer { position &+= 3 }
      return (first & 0x0F) << 12 | follower(1) << 6 | follower(2)
    }
    defer { position &+= 4 }
    return (first & 0x07) << 18 | follower(1) << 12 | follower(2) << 6 | follower(3)
  }

  @inline(__always)
  private static func isSpace(_ scalar: UInt32) -> Bool {
    if scalar < 0x80 { return scalar == 0x20 || scalar &- 9 < 5 }
    guard scalar < 0x3001, scalar >= 0x2000 || scalar < 0x1681 else { return false }
    return Unicode.Scalar(scalar)?.properties.isWhitespace ?? false
  }

  /// How many words there are, are found, and are both, over all lines.
  static func compare(
    _ sequences: TaggedSequences, _ model: HiddenMarkov
  ) -> (right: Int, truth: Int, found: Int) {
    var (right, truth, found) = (0, 0, 0)
    for index in 0..<sequences.count {
      let range = sequences.starts[index]..<sequences.starts[index + 1]
      let (mine, theirs) = (model.tags(sequences.symbols[range]), sequences.tags[range])
      func words(_ tags: some Collection<Int32>) -> Set<Int> {
        var start = 0
        var words: Set<Int> = []
        for (place, tag) in tags.enumerated()
        where WordTags.ends(tag) || place + 1 == tags.count {
          words.insert(start << 32 | place)
          start = place + 1
        }
        return words
      }
      let (a, b) = (words(theirs), words(mine))
      right += a.intersection(b).count
      truth += a.count
      found += b.count
    }
    return (right, truth, found)
  }
}
