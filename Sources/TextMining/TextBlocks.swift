import Formats
import Foundation
import Messages

/// How the bytes of a file spell characters.
public enum TextEncoding: String, Sendable, CaseIterable {
  case utf8
  case gb18030
  /// Each line is UTF-8 if it can be, GB18030 otherwise.
  case auto
}

/// A file that was left out, and why.
public struct SkippedFile: Sendable, Equatable {
  public let path: String
  public let reason: String
}

/// Reads files one after the other (`-`: standard input; gzip is unpacked) in blocks of whole lines.
///
/// With `field`, each line is a JSON object and its text is the string of that key. Files that cannot
/// be opened are left out and listed; damage in the middle of a file throws.
struct TextBlocks {
  static let defaultBlockSize = 4 << 20

  private let paths: [String]
  private let field: String?
  private let encoding: TextEncoding
  private let blockSize: Int
  /// Records, other encodings and segmentation need whole lines.
  private let wholeLines: Bool
  private var nextPath = 0
  private var source: ByteSource?
  /// The beginning of a line whose end is still to come.
  private var carry: [UInt8] = []
  private var chunk: [UInt8]
  private var isFirstBlock = true
  private(set) var skipped: [SkippedFile] = []
  private(set) var badRecords = 0
  private(set) var goodRecords = 0

  init(
    paths: [String], field: String? = nil, encoding: TextEncoding = .utf8,
    blockSize: Int = defaultBlockSize, wholeLines: Bool = false
  ) {
    self.paths = paths
    self.field = field
    self.encoding = encoding
    self.wholeLines = wholeLines || field != nil || encoding != .utf8
    self.blockSize = max(16, blockSize)
    chunk = [UInt8](repeating: 0, count: max(16, blockSize))
  }

  /// The next block, UTF-8, or `nil` after the last file. A block ends with a line end, or, where a
  /// line is longer than a block and no records have to be parsed, between two scalars.
  mutating func next() throws -> [UInt8]? {
    while true {
      if source == nil, try !openNext() { return nil }
      guard let source else { return nil }
      let count = try chunk.withUnsafeMutableBytes { try source.read(into: $0) }
      if count == 0 {
        self.source = nil
        // A file's last line may lack its line end.
        var block = carry
        carry = []
        if block.isEmpty { continue }
        if block.last != 0x0A { block.append(0x0A) }
        return try finish(block)
      }
      let cut = cutPoint(count)
      guard cut > 0 else {
        carry.append(contentsOf: chunk[..<count])
        continue
      }
      var block: [UInt8] = []
      swap(&block, &carry)
      block.append(contentsOf: chunk[..<cut])
      carry = Array(chunk[cut..<count])
      return try finish(block)
    }
  }

  private mutating func openNext() throws -> Bool {
    while nextPath < paths.count {
      let path = paths[nextPath]
      nextPath += 1
      do {
        source = try ByteSource(path: path)
        isFirstBlock = true
        return true
      } catch let error as FileError {
        skipped.append(SkippedFile(path: error.path, reason: error.reason))
      }
    }
    return false
  }

  private func cutPoint(_ count: Int) -> Int {
    if let newline = chunk[..<count].lastIndex(of: 0x0A) { return newline + 1 }
    if wholeLines { return 0 }
    if carry.count < blockSize { return 0 }
    var cut = count
    while cut > 0, count - cut < 4, chunk[cut - 1] & 0xC0 == 0x80 { cut -= 1 }
    if cut > 0, chunk[cut - 1] >= 0xC0 { cut -= 1 }
    return cut
  }

  private mutating func finish(_ raw: [UInt8]) throws -> [UInt8] {
    var block = raw
    switch encoding {
    case .utf8:
      if isFirstBlock, let path = source?.path ?? paths.dropFirst(nextPath - 1).first {
        try TextConversion.refuseGB18030(block, path: path)
      }
    case .gb18030: block = TextConversion.utf8(fromGB18030: block)
    case .auto: block = TextConversion.utf8(mixed: block)
    }
    if isFirstBlock, block.starts(with: [0xEF, 0xBB, 0xBF]) { block.removeFirst(3) }
    isFirstBlock = false
    if let field {
      let (text, good, bad) = JSONLinesField.extract(field, from: block)
      goodRecords += good
      badRecords += bad
      return text
    }
    return block
  }
}
