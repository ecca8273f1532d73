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
    let bytes = try ByteSource(path: path, isText: true).readAll()
    var block: [UInt8] = []
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast(
      bytes.last == 0x0A ? 1 : 0)
    {
      let scalars = String(decoding: line, as: UTF8.self).unicodeScalars.filter {
        !$0.properties.isWhitespace
      }
      let tags = model.tags(scalars.map { Int32($0.value) })
      for (index, (scalar, tag)) in zip(scalars, tags).enumerated() {
        block += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
        if WordTags.ends(tag), index + 1 < tags.count { block.append(0x20) }
      }
      block.append(0x0A)
      if block.count > 1 << 20 {
        try write(block)
        block.removeAll(keepingCapacity: true)
      }
    }
    try write(block)
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
