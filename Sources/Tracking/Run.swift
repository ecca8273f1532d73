import Formats
import Foundation
import Messages
import Reports

/// A run that is being written: metrics, events, samples, claims and the report go into its folder.
///
/// One process at a time writes a run; a second one is refused. Everything is appended or replaced
/// whole, so a kill at any moment leaves a folder that `resume` can continue.
public final class Run {
  public let folder: RunFolder
  public let configuration: RunConfiguration
  /// What was found damaged when the run was resumed, in one line each.
  public let problems: [String]
  /// Opened by the first record, so that a run that is resumed in vain stays as it was.
  private var openWriters: (metrics: JSONLines.Writer, events: EventFile.Writer)?
  private var counts: RecordCounts
  private let lock: RunLock
  private let clock: () -> Double
  /// The clock's reading at which the run would have begun had it never been interrupted.
  private let origin: Double

  /// Seconds since 1970.
  public static func systemClock() -> Double { Date().timeIntervalSince1970 }

  /// Begins a run in `path`, or in a new folder `runs/RECIPE-YYYYMMDD-HHMMSS` (UTC; numbered if
  /// taken) where that is `nil`.
  ///
  /// Throws `FileError` if `path` holds a run or anything else already, or cannot be written.
  public static func create(
    _ configuration: RunConfiguration = RunConfiguration(), at path: String? = nil,
    clock: @escaping () -> Double = systemClock
  ) throws -> Run {
    let folder: RunFolder
    var isNew = true
    if let path {
      folder = RunFolder(path: path)
      isNew = access(path, F_OK) != 0
      try prepare(folder)
    } else {
      folder = RunFolder(path: try claimDefaultPath(recipe: configuration.recipe, clock: clock))
    }
    do {
      try Folder.create(folder.checkpointsPath)
      try Folder.create(folder.samplesPath)
      try configuration.write(to: folder.configurationPath)
      return try Run(folder, configuration, elapsed: 0, isNew: true, clock: clock)
    } catch {
      // A full disk, say: nothing half-made stays.
      if isNew { try? FileManager.default.removeItem(atPath: folder.path) }
      throw error
    }
  }

  /// Continues the run in `path` after the latest intact checkpoint of each of its trainings: with the
  /// first new record, what was recorded after the last of them is dropped, so that the finished files are
  /// those of an uninterrupted run. `problems` then tells which checkpoints were damaged.
  ///
  /// Throws `FileError` if `path` is no run, or if another process is writing it.
  public static func resume(
    at path: String, clock: @escaping () -> Double = systemClock
  ) throws -> Run {
    let folder = RunFolder(path: path)
    guard folder.isRun else {
      throw FileError(
        path: path, reason: "is not a run (no config.json), a folder made by danlu run was expected"
      )
    }
    let configuration = try folder.configuration()
    let lock = try RunLock(folder)
    folder.removeDebris()
    let (counts, problems) = try folder.dropDamagedCheckpoints()
    let elapsed = try folder.metrics(first: counts.metrics).elapsed
    return try Run(
      folder, configuration, lock: lock, counts: counts, elapsed: elapsed, problems: problems,
      isNew: false, clock: clock)
  }

  private init(
    _ folder: RunFolder, _ configuration: RunConfiguration, lock: RunLock? = nil,
    counts: RecordCounts = RecordCounts(), elapsed: Double, problems: [String] = [],
    isNew: Bool, clock: @escaping () -> Double
  ) throws {
    self.problems = problems
    self.folder = folder
    self.configuration = configuration
    self.counts = counts
    self.clock = clock
    self.lock = try lock ?? RunLock(folder)
    origin = clock() - elapsed
    if isNew { _ = try writers() }
  }

  /// The files of records, cut to those that the checkpoints know of before the first one is added.
  private func writers() throws -> (metrics: JSONLines.Writer, events: EventFile.Writer) {
    if let openWriters { return openWriters }
    try folder.truncateMetrics(to: counts.metrics)
    for events in folder.eventPaths {
      try EventFile.truncate(path: events, keepingFirst: counts.events + 1)
    }
    let opened = (
      metrics: try JSONLines.Writer(path: folder.metricsPath),
      events: try EventFile.Writer(
        path: folder.eventPaths.last
          ?? folder.path + "/" + EventFile.name(createdAt: Date(timeIntervalSince1970: clock())),
        wallTime: clock())
    )
    openWriters = opened
    return opened
  }

  /// Seconds of work so far, those before an interruption included.
  public var seconds: Double { clock() - origin }

  /// Appends one record of metrics. Traps on the names `step` and `wall`, which records have anyway.
  public func log(_ values: [String: Double], step: Int) throws {
    require(
      values["step"] == nil && values["wall"] == nil, "a metric cannot be called step or wall")
    let record = RunFolder.Record(step: step, wall: seconds, values: values)
    try writers().metrics.append(record.line)
    counts.metrics += 1
    let scalars = values.sorted { $0.key < $1.key }
      .map { SummaryValue(tag: $0.key, .scalar(Float($0.value))) }
    try append(scalars, step: step)
  }

  /// Keeps a picture: in `samples/TAG-STEP.png` and for TensorBoard.
  public func log(image: Image, tag: String, step: Int) throws {
    try image.writePNG(to: samplePath(tag: tag, step: step, extension: "png"))
    try append([.image(tag: tag, image)], step: step)
  }

  /// Keeps a text: in `samples/TAG-STEP.txt` and for TensorBoard.
  public func log(text: String, tag: String, step: Int) throws {
    try AtomicFile.write(text, to: samplePath(tag: tag, step: step, extension: "txt"))
    try append([SummaryValue(tag: tag, .text([text]))], step: step)
  }

  /// Shows the distribution of `values` (weights, gradients) in TensorBoard.
  public func log(histogramOf values: [Double], tag: String, step: Int) throws {
    try append([SummaryValue(tag: tag, .histogram(Histogram(of: values)))], step: step)
  }

  private func append(_ values: [SummaryValue], step: Int) throws {
    let events = try writers().events
    try events.append(values, step: step, wallTime: clock())
    try events.flush()
    counts.events += 1
  }

  /// `samples/TAG-STEP.EXTENSION`, the step with six digits, separators in the tag made harmless.
  public func samplePath(tag: String, step: Int, extension suffix: String) -> String {
    let safe = String(tag.map { $0 == "/" || $0 == "\\" || $0 == "\0" ? "-" : $0 })
    let name = safe.hasPrefix(".") ? "_" + safe : safe
    return "\(folder.samplesPath)/\(name)-\(CheckpointStore.padded(step)).\(suffix)"
  }

  /// Makes the records durable, so that a checkpoint never knows of a step whose records are lost;
  /// returns how many there are.
  @discardableResult
  func synchronize() throws -> RecordCounts {
    let (metrics, events) = try writers()
    try metrics.synchronize()
    try events.synchronize()
    return counts
  }

  /// Writes `claims.json`, which marks the run as finished, and returns what it holds.
  @discardableResult
  public func finish(steps: Int, metrics: [String: Double], claims: [Claim] = [])
    throws -> RunSummary
  {
    try synchronize()
    let summary = RunSummary(
      recipe: configuration.recipe, run: folder.path, seconds: seconds, steps: steps,
      metrics: metrics, claims: claims)
    let text = try JSONValue(encoding: summary).text(pretty: true) + "\n"
    try AtomicFile.write(text, to: folder.claimsPath)
    return summary
  }

  /// Writes `report.html`.
  public func write(_ report: Report) throws { try report.write(to: folder.reportPath) }

  private static func prepare(_ folder: RunFolder) throws {
    if folder.isRun {
      throw FileError(
        path: folder.path,
        reason:
          "already holds a run, which can be resumed; choose another folder for a new one")
    }
    if access(folder.path, F_OK) == 0 {
      guard try Folder.names(in: folder.path).isEmpty else {
        throw FileError(
          path: folder.path,
          reason: "is not empty and not a run; choose a new or an empty folder")
      }
    }
    try Folder.create(folder.path)
  }

  /// Creates the first free of `runs/NAME`, `runs/NAME-2`, …; two processes never get the same.
  private static func claimDefaultPath(recipe: String, clock: () -> Double) throws -> String {
    try Folder.create("runs")
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(identifier: "UTC")
    formatter.dateFormat = "yyyyMMdd-HHmmss"
    let name = "runs/\(recipe)-\(formatter.string(from: Date(timeIntervalSince1970: clock())))"
    var number = 1
    while true {
      let path = number == 1 ? name : "\(name)-\(number)"
      if mkdir(path, 0o777) == 0 { return path }
      guard errno == EEXIST else { throw FileError(path: path, action: "create", code: errno) }
      number += 1
    }
  }
}

/// Keeps a second process from writing the same run; the system drops it when the process ends,
/// however it ends.
private final class RunLock {
  private let descriptor: Int32

  init(_ folder: RunFolder) throws {
    descriptor = open(folder.configurationPath, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw FileError(path: folder.configurationPath, action: "open", code: errno)
    }
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
      close(descriptor)
      throw FileError(path: folder.path, reason: "another process is writing this run")
    }
  }

  deinit { close(descriptor) }
}

extension RunFolder {
  /// Removes what a kill left of files and checkpoints that were being written.
  fileprivate func removeDebris() {
    let stores = trainings.map { checkpoints(of: $0).path }
    for folder in [path, samplesPath] + stores {
      for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      where name.hasPrefix(".") && name.hasSuffix(".partial") {
        try? FileManager.default.removeItem(atPath: folder + "/" + name)
      }
    }
  }

  /// Removes damaged checkpoints and, as their trainings came later, all those of the trainings after
  /// the first damaged one. Returns how many records there were at the last that stays.
  fileprivate func dropDamagedCheckpoints() throws -> (RecordCounts, problems: [String]) {
    var counts = RecordCounts()
    var problems: [String] = []
    for name in trainings {
      let store = checkpoints(of: name)
      var checkpoint: CheckpointStore.Checkpoint?
      if problems.isEmpty { (checkpoint, problems) = store.latestIntact() }
      try store.removeAll(afterStep: checkpoint?.step ?? -1)
      if let checkpoint { counts = checkpoint.records }
    }
    return (counts, problems)
  }

  /// Keeps the first `count` lines of metrics, less damaged ones, at once.
  fileprivate func truncateMetrics(to count: Int) throws {
    let (kept, length, _) = try metrics(first: count)
    if kept.count != length { try AtomicFile.write(kept, to: metricsPath) }
  }

  /// The first `count` lines of metrics, less damaged ones, the length of the file that holds them, and the
  /// seconds of work that the last of them tells of.
  fileprivate func metrics(
    first count: Int
  ) throws -> (kept: [UInt8], length: Int, elapsed: Double) {
    guard access(metricsPath, F_OK) == 0 else { return ([], 0, 0) }
    let file = try MappedFile(path: metricsPath)
    var kept: [UInt8] = []
    var elapsed = 0.0
    // What follows the last newline is torn, and empty if nothing is.
    for line in file.bytes.split(separator: 0x0a, omittingEmptySubsequences: false).dropLast()
      .prefix(count)
    {
      let value = try? JSONValue(parsing: UnsafeRawBufferPointer(rebasing: line))
      guard let record = value.flatMap(Record.init) else { continue }
      kept.append(contentsOf: line)
      kept.append(0x0a)
      elapsed = max(elapsed, record.wall.isFinite ? record.wall : 0)
    }
    return (kept, file.bytes.count, elapsed)
  }
}
