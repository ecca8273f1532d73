import Distributed
import Formats
import Foundation
import Messages
import Parallel

/// How the bytes of a text spell characters.
public enum TextEncoding: String, Sendable, CaseIterable {
  case utf8
  /// Either order of bytes, with a byte order mark or without.
  case utf16
  case gb18030
  case big5
  case shiftJIS = "shift-jis"
  /// Each line is UTF-8 if it can be, GB18030 otherwise.
  case auto

  /// The encoding's name in a sentence.
  var title: String {
    switch self {
    case .utf8: "UTF-8"
    case .utf16: "UTF-16"
    case .gb18030: "GB18030"
    case .big5: "Big5"
    case .shiftJIS: "Shift-JIS"
    case .auto: "UTF-8 or GB18030"
    }
  }
}

/// A file that was left out, and why.
public struct SkippedFile: Sendable, Equatable {
  public let path: String
  public let reason: String
}

/// Text to be read: files one after the other (`-` is standard input; gzip is unpacked), or a string.
///
/// Whoever reads gets UTF-8, in blocks or line by line, whatever the files hold.
public struct TextSource: Sendable {
  enum Origin: Sendable {
    case files([String])
    case memory([UInt8])
  }

  let origin: Origin
  /// The text's key where each line is a JSON object; `nil`: the lines are the text.
  public var field: String?
  /// With a field: every line of the file gives one line, an empty one where it has no text under the
  /// field, line ends inside a text as spaces, so that lines can be put back beside the records.
  public var keepsRecords = false
  public var encoding = TextEncoding.utf8
  /// Ranks that read the text together: each gets every so many-th block of whole lines.
  public var ranks = Communicator.alone

  public init(paths: [String], field: String? = nil, encoding: TextEncoding = .utf8) {
    origin = .files(paths)
    self.field = field
    self.encoding = encoding
  }

  public init(string: String) { origin = .memory(Array(string.utf8)) }

  /// A file, or the `.txt` and `.txt.gz` files of a folder in the order of their names.
  ///
  /// Throws `FileError` if a folder cannot be read or holds no such file.
  public init(contentsOf path: String) throws {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue {
      self.init(paths: [path])
      return
    }
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      throw FileError(path: path, reason: "is neither a file nor a folder that can be read")
    }
    let texts = names.filter { $0.hasSuffix(".txt") || $0.hasSuffix(".txt.gz") }.sorted()
    guard !texts.isEmpty else {
      throw FileError(path: path, reason: "holds no .txt or .txt.gz file")
    }
    self.init(paths: texts.map { (path as NSString).appendingPathComponent($0) })
  }

  /// Standard input gives its text once.
  public var isReadableTwice: Bool {
    if case .files(let paths) = origin { return !paths.contains("-") }
    return true
  }

  /// What messages call the text.
  public var name: String {
    switch origin {
    case .files(let paths): paths.joined(separator: ", ")
    case .memory: "the text"
    }
  }

  /// Bytes of all files; `nil` where that is not known before they are read.
  public var byteCount: Int? {
    switch origin {
    case .memory(let bytes): return bytes.count
    case .files(let paths):
      var total = 0
      for path in paths {
        guard path != "-", !path.hasSuffix(".gz"),
          let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        else { return nil }
        total += size
      }
      return total
    }
  }

  /// The text in blocks, read as they are asked for.
  ///
  /// - Parameters:
  ///   - size: about how many bytes a block has.
  ///   - wholeLines: a line longer than a block is not cut. Records and encodings other than UTF-8
  ///     are never cut inside a line.
  ///   - work: asked, while a long line is read, whether to stop.
  public func blocks(
    of size: Int = TextBlocks.defaultSize, wholeLines: Bool = false, work: Work = .silent
  ) -> TextBlocks {
    TextBlocks(self, size: size, wholeLines: wholeLines, work: work)
  }

  /// Calls `body` with blocks of whole lines, as a phase of `work` with that name. Returns the files
  /// that were left out.
  public func forEachBlock(
    _ phase: String, work: Work = .silent, _ body: (_ block: [UInt8]) throws -> Void
  ) throws -> [SkippedFile] {
    try forEachBlockAndRecord(phase, work: work, body).skipped
  }

  /// The same; also returns how many lines have no text under the field.
  public func forEachBlockAndRecord(
    _ phase: String, work: Work = .silent, _ body: (_ block: [UInt8]) throws -> Void
  ) throws -> (skipped: [SkippedFile], badRecords: Int) {
    try work.phase(phase, unit: "bytes") { phase in
      var blocks = blocks(wholeLines: true, work: work)
      while let block = try blocks.next() {
        try phase.check()
        try body(block)
        phase.report(block.count)
      }
      return (blocks.skipped, blocks.badRecords)
    }
  }

  /// Where a line stands, for messages.
  public struct Place: Sendable, CustomStringConvertible {
    public let path: String
    /// Counted from 1 in each file; with `field`, among the lines that have it.
    public let line: Int

    public var description: String { "\(path): line \(line)" }
  }

  /// Calls `body` with each line without its line end, empty ones too: a line is a document to whoever
  /// counts documents. A last line needs no line end. Returns the files that were left out.
  public func forEachLine(
    _ phase: String, work: Work = .silent,
    _ body: (_ line: UnsafeBufferPointer<UInt8>, _ place: Place) throws -> Void
  ) throws -> [SkippedFile] {
    try work.phase(phase, unit: "bytes") { phase in
      var blocks = blocks(wholeLines: true, work: work)
      var number = 0
      var path = ""
      while let block = try blocks.next() {
        try phase.check()
        if path != blocks.path { (path, number) = (blocks.path, 0) }
        try block.withUnsafeBufferPointer { block in
          var start = 0
          while start < block.count {
            let end = block[start...].firstIndex(of: 0x0A) ?? block.count
            number += 1
            try body(
              UnsafeBufferPointer(rebasing: block[start..<end]), Place(path: path, line: number))
            start = end + 1
          }
        }
        phase.report(block.count)
      }
      return blocks.skipped
    }
  }
}
