import Formats
import Foundation
import Messages
import Reports
import Synchronization
import Tracking

/// The run folders under one folder, as the site tells of them. Reading never changes a run; what was read is
/// kept as long as the run's files stay as they are.
final class RunLibrary: Sendable {
  let folder: String
  private struct Kept {
    let stamp: [Int]
    let overview: RunOverview
    let made: ContinuousClock.Instant
    let cost: Duration
  }

  private let kept = Mutex<[String: Kept]>([:])

  init(folder: String) { self.folder = folder }

  /// The names of the runs, the newest first.
  var names: [String] {
    let runs = (try? RunFolder.runs(in: folder)) ?? []
    let dated = runs.map { (name: Folder.split($0.path).name, date: stamp($0.configurationPath)) }
    return dated.sorted { $0.date != $1.date ? $0.date[0] > $1.date[0] : $0.name < $1.name }
      .map(\.name)
  }

  /// The run of that name, of those there are. Throws `Problem` (404).
  func run(_ name: String) throws -> RunFolder {
    let run = RunFolder(path: folder + "/" + name)
    // A name is one part of a path: no separator, no dots alone (`RequestTarget`).
    guard !name.isEmpty, !name.hasPrefix("."), !name.contains("/"), run.isRun else {
      throw Problem.notFound("there is no run of this name")
    }
    return run
  }

  func overview(_ name: String) throws -> RunOverview {
    let run = try run(name)
    let stamp = [run.configurationPath, run.metricsPath, run.claimsPath].flatMap { self.stamp($0) }
    let began = ContinuousClock.now
    if let known = kept.withLock({ $0[name] }) {
      if known.stamp == stamp { return known.overview }
      // A long run that grows is not read anew at every record: no more than a twentieth of the time.
      let isGrowing = known.stamp[..<2] == stamp[..<2] && known.stamp[4...] == stamp[4...]
      if isGrowing, began - known.made < known.cost * 20 { return known.overview }
    }
    let overview = run.overview()
    let made = ContinuousClock.now
    kept.withLock { kept in
      if kept.count > 1000 { kept.removeAll() }
      kept[name] = Kept(stamp: stamp, overview: overview, made: made, cost: made - began)
    }
    return overview
  }

  /// When a file was changed, in nanoseconds, and its length.
  private func stamp(_ path: String) -> [Int] {
    var status = stat()
    guard stat(path, &status) == 0 else { return [0, -1] }
    #if os(macOS)
      let time = status.st_mtimespec
    #else
      let time = status.st_mtim
    #endif
    return [time.tv_sec * 1_000_000_000 + time.tv_nsec, Int(status.st_size)]
  }

  /// The pictures and texts that the run keeps, the latest of each kind last.
  func samples(_ run: RunFolder) -> [String] {
    ((try? Folder.names(in: run.samplesPath)) ?? []).filter {
      $0.hasSuffix(".png") || $0.hasSuffix(".txt")
    }
  }

  /// One of them. Throws `Problem` (404).
  func sample(_ name: String, of run: RunFolder) throws -> (bytes: [UInt8], type: String) {
    guard samples(run).contains(name) else {
      throw Problem.notFound("the run keeps no such sample")
    }
    let bytes = try ByteSource(path: run.samplesPath + "/" + name, isText: false).readAll()
    return (bytes, name.hasSuffix(".png") ? "image/png" : "text/plain; charset=utf-8")
  }
}

/// What is appended to a run's `metrics.jsonl`, read from a place on: each reader has its own place, a byte.
struct MetricsTail: Sendable {
  let path: String
  /// Where the next record begins.
  private(set) var offset: Int

  /// From the beginning, or after the record that ends at `offset`, if one does.
  init(_ run: RunFolder, after offset: Int = 0) {
    path = run.metricsPath
    self.offset = 0
    guard offset > 0, let file = FileHandle(forReadingAtPath: path) else { return }
    defer { try? file.close() }
    try? file.seek(toOffset: UInt64(offset - 1))
    if (try? file.read(upToCount: 1)) == Data([0x0A]) { self.offset = offset }
  }

  /// The same file from its beginning.
  init(_ other: MetricsTail) {
    path = other.path
    offset = 0
  }

  /// The whole records that have come since, up to some hundred, each with the place where it ends.
  mutating func next() -> [(end: Int, line: String)] {
    guard let file = FileHandle(forReadingAtPath: path) else { return [] }
    defer { try? file.close() }
    guard (try? file.seek(toOffset: UInt64(offset))) != nil,
      let data = try? file.read(upToCount: 64 << 10)
    else { return [] }
    var records: [(end: Int, line: String)] = []
    var begin = data.startIndex
    while let end = data[begin...].firstIndex(of: 0x0A) {
      offset += end - begin + 1
      records.append((offset, String(decoding: data[begin..<end], as: UTF8.self)))
      begin = end + 1
    }
    return records
  }
}
