import Formats
import Messages

extension ExampleStream {
  /// The lines of text files (UTF-8, plain or gzip), one file after the other, without holding them:
  ///
  ///     ExampleStream(linesOf: ["titles.txt.gz"]) { line in Example(.sequence(tokens(line))) }
  ///
  /// A line for which `example` gives `nil` is passed over; empty lines are, too.
  public init(
    linesOf paths: [String], _ example: @escaping @Sendable (_ line: String) throws -> Example?
  ) {
    self.init { _ in
      var remaining = paths[...]
      var reader: LineReader?
      return {
        while true {
          if reader == nil {
            guard let path = remaining.popFirst() else { return nil }
            reader = try LineReader(path: path)
          }
          guard let line = try reader?.next() else {
            reader = nil
            continue
          }
          if !line.isEmpty, let example = try example(line) { return example }
        }
      }
    }
  }
}

/// Reads a file line by line in blocks.
private struct LineReader {
  private let source: ByteSource
  private var block: [UInt8] = []
  private var position = 0
  private var isAtEnd = false

  init(path: String) throws {
    source = try ByteSource(path: path)
  }

  /// The next line without its end; `nil` at the end of the file.
  mutating func next() throws -> String? {
    var searched = position
    while true {
      if let end = block[searched...].firstIndex(of: 0x0a) {
        defer { position = end + 1 }
        return text(position..<end)
      }
      searched = block.count - position
      guard !isAtEnd else {
        defer { position = block.count }
        return position < block.count ? text(position..<block.count) : nil
      }
      block.removeFirst(position)
      position = 0
      let known = block.count
      block.append(contentsOf: repeatElement(0, count: 1 << 16))
      let count = try block.withUnsafeMutableBytes {
        try source.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[known...]))
      }
      block.removeLast((1 << 16) - count)
      isAtEnd = count == 0
    }
  }

  private func text(_ range: Range<Int>) -> String {
    let end =
      range.isEmpty || block[range.upperBound - 1] != 0x0d ? range.upperBound : range.upperBound - 1
    return String(decoding: block[range.lowerBound..<end], as: UTF8.self)
  }
}
