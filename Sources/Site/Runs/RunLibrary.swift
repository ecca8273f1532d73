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

  /// The file of one of them. Throws `Problem` (404).
  func samplePath(_ name: String, of run: RunFolder) throws -> String {
    guard samples(run).contains(name) else {
      throw Problem.notFound("the run keeps no such sample")
    }
    return run.samplesPath + "/" + name
  }
}
