import Formats
import Foundation
import Messages
import Parallel

extension VectorTable {
  /// Reads vectors from a file: a model that `danlu vectors train` wrote (safetensors), of which
  /// `table` is taken, or word2vec's text or binary format (gzip is unpacked, `-` is standard input).
  ///
  /// Throws `FileError`: unreadable, truncated, a first line that lies, a line of another dimension,
  /// numbers that are not finite.
  public init(
    contentsOf path: String, table: VectorModel.Table = .words, work: Work = .silent
  ) throws {
    self =
      try path != "-" && VectorFile.isSafetensors(path)
      ? VectorFile.vectors(path: path, table: table)
      : VectorTextParser.read(path: path, work: work)
  }

  /// Writes text in word2vec's format: `rows dimension`, then a name and its numbers on each line,
  /// in as many digits as give the same Float32 back. The file appears whole or not at all.
  public func writeText(to path: String) throws {
    try AtomicFile.write(to: path) { file in
      try file.write("\(count) \(dimension)\n")
      for row in 0..<count {
        try VectorText.write(name: words[row], values: self[row], to: file)
      }
    }
  }
}

/// Lines of word2vec's text format.
enum VectorText {
  static func write(name: String, values: some Sequence<Float>, to file: AtomicFile) throws {
    var line = Array(name.utf8)
    for value in values {
      line.append(0x20)
      line.append(contentsOf: value.description.utf8)
    }
    line.append(0x0A)
    try file.write(line)
  }
}
