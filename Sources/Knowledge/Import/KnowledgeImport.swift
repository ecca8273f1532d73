import Formats
import Foundation
import Memory
import Messages
import Parallel

/// Makes a knowledge base of files of triples, or a new generation of one that exists.
///
/// The new file is written beside the old one and takes its name at the end, in one step: whoever reads the
/// base goes on reading what was opened, and an import that is killed leaves it as it was.
public struct KnowledgeImport: Sendable {
  /// `nil`: by each file's name, see `TripleRules.rules(forPath:)`.
  public var rules: TripleRules?
  /// Forget what is in the base.
  public var replaces = false
  public var threads = defaultThreadCount
  /// Wait for another import into the same base instead of throwing `InputError`.
  public var waits = true

  public init() {}

  public struct Summary: Sendable {
    /// Rows that were read, those of the old base not counted.
    public var rows = 0
    /// Rows that were there already.
    public var duplicates = 0
    public var malformedCount = 0
    /// The first few of each file.
    public var malformed: [MalformedRow] = []
    public var triples = 0
    public var generation = 0
  }

  /// Imports `paths` (`-` is standard input; gzip is unpacked) into the base at `path`. Throws `FileError`
  /// for a file that cannot be read and where nothing was imported.
  public func run(_ paths: [String], to path: String, work: Work = .silent) throws -> Summary {
    let lock = try ImportLock(path: path, waits: waits, work: work)
    defer { lock.release() }
    let old =
      FileManager.default.fileExists(atPath: path) && !replaces
      ? try KnowledgeBase(path: path) : nil
    var summary = Summary()
    let collector = TripleCollector()
    var chunks: [TripleCollector.Chunk] = []
    if let old {
      chunks.append(
        work.phase("reading the base", of: old.tripleCount, unit: "rows") { _ in
          collector.collect(old)
        })
    }
    for file in paths {
      let reader = try TripleReader(
        path: file, rules: rules ?? .rules(forPath: file), threads: threads)
      try work.phase("reading \(file)", unit: "rows") { phase in
        while let stretch = try reader.next() {
          let (chunk, damaged) = try collector.collect(stretch, threads: threads)
          for line in damaged { reader.report(line, "not UTF-8") }
          summary.rows += chunk.count - damaged.count
          chunks.append(chunk)
          try phase.advance(chunk.count)
        }
      }
      summary.malformedCount += reader.malformedCount
      summary.malformed += reader.malformed
    }
    guard summary.rows > 0 else {
      let reason = summary.malformed.first.map { "; the first line that is none: \($0)" } ?? ""
      throw FileError(
        path: paths.joined(separator: ", "),
        reason: "no triples: lines of entity, attribute, value were expected" + reason)
    }
    summary.generation = (old?.generation ?? 0) + 1
    let writer = TripleWriter(collector: collector, chunks: chunks, threads: threads)
    let result = try work.phase("writing \(path)", unit: "rows") { _ in
      try writer.write(to: path, generation: UInt64(summary.generation))
    }
    summary.triples = result.triples
    summary.duplicates = result.duplicates
    return summary
  }
}
