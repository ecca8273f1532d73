import Formats
import Foundation
import Messages
import Parallel

/// Turns text into an `EncodedCorpus` and its `VectorVocabulary` in one reading.
///
/// A line is a document, an empty one too, so that document numbers are line numbers counted from 0
/// over all files; words are separated by spaces, tabs and carriage returns. Ids are given out in
/// the order of first sight and renumbered at the end, so that standard input and gzip work.
public struct CorpusEncoder {
  /// The longest word in bytes; a longer one means that the text is not segmented into words.
  public static let longestWord = 1 << 16

  private var table = WordTable()
  private let store: TokenStore
  private var offsets = [0]

  /// - Parameters:
  ///   - tokensInMemory: beyond this many, the stream goes to a temporary file (4 bytes a token).
  ///   - directory: where that file goes; it has no name and disappears with the process.
  public init(
    tokensInMemory: Int = 1 << 28, directory: String = NSTemporaryDirectory()
  ) {
    store = TokenStore(memoryLimit: tokensInMemory, directory: directory)
  }

  public var documentCount: Int { offsets.count - 1 }
  public var tokenCount: Int { store.count }

  /// Adds one document of words.
  public mutating func add(document words: some Sequence<String>) throws {
    for word in words {
      var word = word
      try word.withUTF8 { bytes in
        // A String is valid UTF-8 already.
        if let id = table.count(bytes) { try store.append(id) }
      }
    }
    offsets.append(store.count)
  }

  /// Adds the lines of a file (`-` is standard input; gzip is unpacked).
  ///
  /// Throws `FileError` if it cannot be read, is not UTF-8, or has a word of more than 65,536 bytes.
  public mutating func add(
    file path: String, work: Work = .silent
  ) throws {
    let source = try ByteSource(path: path, isText: true)
    try work.phase("reading \(path)", unit: "bytes") { phase in
      try add(source, path: path, phase)
    }
  }

  private mutating func add(_ source: ByteSource, path: String, _ phase: Work.Phase) throws {
    let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 20)
    defer { buffer.deallocate() }
    var held = 0
    var line = 1
    var lineHasBytes = false
    while true {
      let room = UnsafeMutableRawBufferPointer(
        UnsafeMutableBufferPointer(rebasing: buffer[held...]))
      let count = try source.read(into: room)
      let end = held + count
      var start = 0
      for index in 0..<end {
        let byte = buffer[index]
        guard byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) else { continue }
        if index > start { try add(buffer[start..<index], path: path, line: line) }
        start = index + 1
        if byte == 0x0A {
          offsets.append(store.count)
          line += 1
          lineHasBytes = false
        } else {
          lineHasBytes = true
        }
      }
      if start < end { lineHasBytes = true }
      if count == 0 {
        if start < end { try add(buffer[start..<end], path: path, line: line) }
        // A last line without its newline is a document too.
        if lineHasBytes { offsets.append(store.count) }
        return
      }
      guard end - start <= Self.longestWord else {
        throw FileError(
          path: path,
          reason: "line \(line) has a word of more than \(Self.longestWord) bytes; "
            + "words must be separated by spaces")
      }
      // The word that the end of the buffer cut goes to its start.
      for index in start..<end { buffer[index - start] = buffer[index] }
      held = end - start
      try phase.advance(count)
    }
  }

  private mutating func add(
    _ word: Slice<UnsafeMutableBufferPointer<UInt8>>, path: String, line: Int
  ) throws {
    guard let id = table.count(UnsafeBufferPointer(rebasing: word)) else {
      throw FileError(
        path: path,
        reason: "line \(line) is not valid UTF-8; convert the file first (iconv -t UTF-8)")
    }
    try store.append(id)
  }

  /// The vocabulary of words that occur at least `minimumCount` times, and the corpus in its ids.
  public consuming func finish(
    minimumCount: Int
  ) throws -> (vocabulary: VectorVocabulary, corpus: EncodedCorpus) {
    let table = table
    let (vocabulary, newIds) = rankedVocabulary(
      counts: table.counts, minimumCount: minimumCount, word: { table.string(of: $0) })
    return (vocabulary, try store.finish(offsets: offsets, newIds: newIds))
  }
}
