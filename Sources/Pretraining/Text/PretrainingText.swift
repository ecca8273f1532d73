import Foundation
import Messages
import Parallel
import Text

/// Raw text to pre-train on: files and folders of them, larger than memory.
///
/// Of `.txt` each line is text and an empty line ends a document; of `.jsonl` and `.json` each line is a document,
/// the text under a key of it. All may be gzipped. Text is read as UTF-8.
public struct PretrainingText: Sendable {
  /// The plain files, then the files of records, as far as there are any.
  public let sources: [TextSource]
  private let files: [String]

  /// - Parameter field: The key of records' text.
  ///
  /// Throws `FileError` for what is not there and for a folder without a file of these kinds.
  public init(_ paths: [String], field: String = "text") throws {
    guard !paths.isEmpty else { throw InputError("no files or folders of text were given") }
    files = try paths.flatMap(Self.files)
    let records = files.filter(Self.holdsRecords)
    let plain = files.filter { !Self.holdsRecords($0) }
    var sources: [TextSource] = []
    if !plain.isEmpty { sources.append(TextSource(paths: plain)) }
    if !records.isEmpty {
      var source = TextSource(paths: records, field: field)
      source.keepsRecords = true
      sources.append(source)
    }
    self.sources = sources
  }

  /// A text in memory, one sentence or more a line.
  public init(string: String) {
    sources = [TextSource(string: string)]
    files = []
  }

  /// The bytes of all files as they are stored: tells a text that has changed from the one a run began with.
  var storedBytes: Int {
    files.reduce(0) { sum, path in
      let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
      return sum + (size ?? 0)
    }
  }

  private static func files(_ path: String) throws -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw FileError(path: path, reason: "does not exist")
    }
    guard isFolder.boolValue else { return [path] }
    let inside = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
    // Sorted: what is read must not depend on the order of a file system.
    let texts = inside.filter { isText($0) }.sorted().map { "\(path)/\($0)" }
    guard !texts.isEmpty else {
      throw FileError(
        path: path, reason: "holds no .txt, .jsonl or .json file, plain or with .gz behind it")
    }
    return texts
  }

  private static func plainName(_ path: String) -> String {
    let name = path.lowercased()
    return name.hasSuffix(".gz") ? String(name.dropLast(3)) : name
  }

  private static func isText(_ path: String) -> Bool {
    plainName(path).hasSuffix(".txt") || holdsRecords(path)
  }

  private static func holdsRecords(_ path: String) -> Bool {
    plainName(path).hasSuffix(".jsonl") || plainName(path).hasSuffix(".json")
  }

  /// A piece of the text, in its order.
  public enum Piece: Sendable, Equatable {
    case sentence(String)
    case documentEnd
  }

  /// Reads the text from its beginning: each call gives a piece, and `nil` at the end.
  ///
  /// A sentence ends with a line or behind 。. Throws what `TextBlocks.next` throws, and `FileError` for a file that
  /// cannot be opened: a text that was asked for is not left out in silence. Records without a text are, with a note.
  public func pieces(_ work: Work = .silent) -> () throws -> Piece? {
    var left = sources[...]
    var current: (blocks: TextBlocks, hasRecords: Bool)?
    var pieces: [Piece] = []
    var path = ""
    return {
      while pieces.isEmpty {
        if current == nil {
          guard let source = left.popFirst() else { return nil }
          current = (source.blocks(of: 1 << 18, wholeLines: true, work: work), source.field != nil)
        }
        guard let block = try current?.blocks.next() else {
          if let skipped = current?.blocks.skipped.first {
            throw FileError(path: skipped.path, reason: skipped.reason)
          }
          if let count = current?.blocks.badRecords, count > 0 {
            work.note("\(count) records have no text under their key and were passed over")
          }
          current = nil
          path = ""
          pieces = [.documentEnd]
          break
        }
        if let new = current?.blocks.path, new != path {
          if !path.isEmpty { pieces.append(.documentEnd) }
          path = new
        }
        Self.append(block, endsEachLine: current?.hasRecords ?? false, to: &pieces)
        pieces.reverse()
      }
      return pieces.popLast()
    }
  }

  private static func append(_ block: [UInt8], endsEachLine: Bool, to pieces: inout [Piece]) {
    for line in block.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast() {
      var start = line.startIndex
      var isEmpty = true
      func close(_ end: Int) {
        let sentence = String(decoding: line[start..<end], as: UTF8.self)
          .trimmingCharacters(in: .whitespacesAndNewlines)
        if !sentence.isEmpty {
          pieces.append(.sentence(sentence))
          isEmpty = false
        }
        start = end
      }
      // 。 is E3 80 82.
      var index = line.startIndex
      while index + 2 < line.endIndex {
        if line[index] == 0xE3, line[index + 1] == 0x80, line[index + 2] == 0x82 {
          index += 3
          close(index)
        } else {
          index += 1
        }
      }
      close(line.endIndex)
      if endsEachLine || isEmpty { pieces.append(.documentEnd) }
    }
  }
}
