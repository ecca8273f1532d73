import Articles
import Formats
import Foundation
import Messages
import Recipes
import ServiceLifecycle
import Synchronization
import Tracking

/// Runs that were asked for: one at a time, each a process of its own, so that none takes the site with it. The
/// queue is a file beside the runs; a site that was stopped, or killed, goes on where it was.
final class RunQueue: Sendable {
  /// A run that waits, runs or has failed.
  struct Entry: Codable, Sendable, Equatable {
    var run: String
    var recipe: String
    /// What follows `danlu run`.
    var arguments: [String]
    /// Its process, once it has one.
    var process: Int32?
    /// Why it ended without a result.
    var failure: String?

    var isResumed: Bool { arguments.first == "--resume" }
  }

  struct State: Codable, Sendable {
    fileprivate(set) var waiting: [Entry] = []
    fileprivate(set) var running: Entry?
    fileprivate(set) var failed: [Entry] = []

    /// Those that wait or run.
    var pending: [Entry] { waiting + [running].compactMap(\.self) }

    /// The place of a run in the queue, from 1; `nil` if it does not wait.
    func position(of run: String) -> Int? {
      waiting.firstIndex { $0.run == run }.map { $0 + 1 }
    }

    fileprivate mutating func fail(_ entry: Entry, _ reason: String) {
      var entry = entry
      entry.failure = reason
      failed.removeAll { $0.run == entry.run }
      failed.append(entry)
      failed.removeFirst(max(0, failed.count - RunQueue.failedLimit))
    }
  }

  static let waitingLimit = 50
  /// Failed runs that are remembered.
  static let failedLimit = 50

  private let library: RunLibrary
  private let program: RunProgram?
  private let log: @Sendable (SiteEvent) -> Void
  private let state: Mutex<State>
  /// Held by the one site that may change the queue.
  private let lock: Mutex<FileLock?>
  /// Why no run can be started; `nil` if one can.
  private let hindrance: String?
  private var folder: String { library.folder + "/.site" }
  private var path: String { folder + "/queue.json" }

  init(
    _ library: RunLibrary, program: String?, log: @escaping @Sendable (SiteEvent) -> Void
  ) {
    self.library = library
    self.program = program.map { RunProgram(path: $0) }
    self.log = log
    let folder = library.folder + "/.site"
    var lock: FileLock?
    var hindrance: String?
    if program == nil {
      hindrance = "the program danlu is not beside danlu-serve; make build makes both"
    } else {
      do {
        try Folder.create(folder)
        lock = try FileLock(folder + "/lock")
        if lock == nil { hindrance = "another site starts the runs of \(library.folder)" }
        if lock != nil { try Self.removeHalves(in: folder) }
      } catch {
        hindrance = "no run can be kept: \(error)"
      }
    }
    self.lock = Mutex(lock)
    self.hindrance = hindrance
    if program != nil, let hindrance {
      log(SiteEvent(.warning, "runs cannot be started", ["reason": .string(hindrance)]))
    }
    var known = State()
    let file = folder + "/queue.json"
    if access(file, F_OK) == 0 {
      do {
        let bytes = try ByteSource(path: file, isText: false).readAll()
        known = try JSONValue(parsing: bytes).decoded(as: State.self)
      } catch {
        log(SiteEvent(.error, "the queue of runs is damaged", ["reason": .string("\(error)")]))
      }
    }
    state = Mutex(known)
  }

  /// What a site that was killed had not yet given its name.
  private static func removeHalves(in folder: String) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: folder)
    where name.hasPrefix(".queue.json.") && name.hasSuffix(".partial") {
      unlink(folder + "/" + name)
    }
  }

  // MARK: - Asked from outside

  /// The queue as it is at this moment.
  var snapshot: State { state.withLock { $0 } }

  /// The last lines of what a run has said.
  func logTail(of run: String, bytes: Int = 16 << 10) -> String {
    guard let file = FileHandle(forReadingAtPath: logPath(run)) else { return "" }
    defer { try? file.close() }
    let end = (try? file.seekToEnd()) ?? 0
    try? file.seek(toOffset: end > bytes ? end - UInt64(bytes) : 0)
    return String(decoding: (try? file.read(upToCount: bytes)) ?? Data(), as: UTF8.self)
  }

  /// Puts a new run at the end. Throws `OptionError` for options and settings that make no sense, `Problem` where none can
  /// be started.
  func start(
    recipe name: String, options: RecipeOptions, settings: [(key: String, text: String)]
  ) throws -> Entry {
    let article = try ArticleBook.article(named: name)
    func check<Chosen: Article>(_ article: Chosen.Type) throws {
      try article.card.check(options)
      _ = try Chosen.Settings(settings, of: article.card.name)
    }
    try check(article)
    var arguments = [name, "--seed", "\(options.seed)"]
    if article.card.needsTorch { arguments += ["--precision", options.precision] }
    if let data = options.data { arguments += ["--data", data] }
    if let model = options.model { arguments += ["--model", model] }
    for (key, text) in settings { arguments += ["--set", "\(key)=\(text)"] }
    return try add { taken in
      let stamp = Date().formatted(
        .verbatim(
          "\(year: .defaultDigits)\(month: .twoDigits)\(day: .twoDigits)-\(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased))\(minute: .twoDigits)\(second: .twoDigits)",
          timeZone: .gmt, calendar: .init(identifier: .gregorian)))
      var run = "\(name)-\(stamp)"
      var number = 1
      while taken.contains(run) || RunFolder(path: self.library.folder + "/" + run).isRun {
        number += 1
        run = "\(name)-\(stamp)-\(number)"
      }
      return Entry(
        run: run, recipe: name, arguments: arguments + ["--out", self.library.folder + "/" + run])
    }
  }

  /// Puts an interrupted run at the end, to go on.
  func resume(_ run: String) throws -> Entry {
    let overview = try library.overview(run)
    guard overview.status == .unfinished, let recipe = overview.configuration?.recipe else {
      throw Problem(.conflict, "only a run that is not finished can be resumed")
    }
    guard !overview.folder.isBeingWritten else {
      throw Problem(.conflict, "this run is under way")
    }
    return try add { taken in
      guard !taken.contains(run) else { throw Problem(.conflict, "this run waits already") }
      return Entry(
        run: run, recipe: recipe, arguments: ["--resume", self.library.folder + "/" + run])
    }
  }

  private func checkMayChange() throws {
    if let hindrance { throw Problem(.serviceUnavailable, hindrance) }
    guard lock.withLock({ $0 != nil }) else {
      throw Problem(.serviceUnavailable, "the site is being stopped")
    }
  }

  private func add(_ make: (_ taken: Set<String>) throws -> Entry) throws -> Entry {
    try checkMayChange()
    return try state.withLock { state in
      guard state.waiting.count < Self.waitingLimit else {
        throw Problem(
          .serviceUnavailable, "\(Self.waitingLimit) runs wait already",
          fields: [.retryAfter: "60"])
      }
      var changed = state
      let entry = try make(Set((state.pending + state.failed).map(\.run)))
      changed.waiting.append(entry)
      changed.failed.removeAll { $0.run == entry.run }
      try save(changed)
      state = changed
      return entry
    }
  }

  /// Takes a waiting run out, or tells a running one to stop: it keeps a checkpoint. Throws `Problem` (409).
  func stop(_ run: String) throws {
    try checkMayChange()
    try state.withLock { state in
      if let place = state.waiting.firstIndex(where: { $0.run == run }) {
        var changed = state
        changed.waiting.remove(at: place)
        try save(changed)
        state = changed
        return
      }
      guard let entry = state.running, entry.run == run, let process = entry.process,
        isAlive(entry)
      else {
        throw Problem(.conflict, "the site has not started this run, or it is over")
      }
      kill(process, SIGINT)
    }
    log(SiteEvent(.info, "run stopped", ["run": .string(run)]))
  }

  // MARK: - The process

  /// Looks whether the running one has ended, and starts the next.
  func advance() {
    guard let program, lock.withLock({ $0 != nil }) else { return }
    state.withLock { state in
      if let running = state.running {
        guard !isAlive(running) else { return }
        finish(running, in: &state)
      }
      guard state.running == nil, !state.waiting.isEmpty else { return }
      let entry = state.waiting.removeFirst()
      // Known before it runs: a site that is killed now finds it again by its lock, or starts it if there is none.
      state.running = entry
      do {
        try save(state)
        state.running?.process = try launch(entry, program)
        log(
          SiteEvent(
            .info, "run started",
            [
              "run": .string(entry.run),
              "process": .integer(Int(state.running?.process ?? 0)),
            ]))
      } catch {
        state.running = nil
        state.fail(entry, "\(error)")
        log(
          SiteEvent(
            .error, "run not started",
            ["run": .string(entry.run), "reason": .string("\(error)")]))
      }
      keep(state)
    }
  }

  private func finish(_ entry: Entry, in state: inout State) {
    state.running = nil
    let overview = try? library.overview(entry.run)
    // A site that was killed between the two has said that it would start this run, and has not.
    if entry.process == nil, overview == nil || entry.isResumed && overview?.status == .unfinished {
      state.waiting.insert(entry, at: 0)
      return keep(state)
    }
    if overview?.status != .finished { state.fail(entry, lastLine(of: entry.run)) }
    unlink(lockPath(entry.run))
    keep(state)
    log(
      SiteEvent(
        .info, "run ended",
        [
          "run": .string(entry.run),
          "status": .string(overview?.status.rawValue ?? "failed"),
        ]))
  }

  private func lastLine(of run: String) -> String {
    let lines = logTail(of: run).split(whereSeparator: \.isNewline)
    return lines.last.map { String($0.suffix(300)) } ?? "it ended without a word"
  }

  private func isAlive(_ entry: Entry) -> Bool {
    if let process = entry.process, program?.isRunning(process) == true { return true }
    // A process of an earlier site is known by its lock.
    return FileLock.isHeld(lockPath(entry.run))
      || RunFolder(path: library.folder + "/" + entry.run).isBeingWritten
  }

  private func logPath(_ run: String) -> String { "\(folder)/\(run).log" }
  private func lockPath(_ run: String) -> String { "\(folder)/\(run).lock" }

  private func launch(_ entry: Entry, _ program: RunProgram) throws -> Int32 {
    guard let lock = try FileLock(lockPath(entry.run)) else {
      throw InputError("\(entry.run) is under way already")
    }
    return try program.start(entry.arguments, log: logPath(entry.run), lock: lock)
  }

  private func save(_ state: State) throws {
    try Folder.create(folder)
    try AtomicFile.write(try JSONValue(encoding: state).text(pretty: true) + "\n", to: path)
  }

  /// What has happened cannot be undone where it cannot be written down, but it is told.
  private func keep(_ state: State) {
    do { try save(state) } catch {
      log(SiteEvent(.error, "the queue of runs is not kept", ["reason": .string("\(error)")]))
    }
  }

  /// Another site may go on from here.
  func letGo() { lock.withLock { $0 = nil } }
}

/// Starts what waits, while the site runs. A run that is under way when the site stops goes on.
struct RunStarter: Service {
  let queue: RunQueue

  func run() async throws {
    let thread = OwnThread("danlu.queue")
    let ticks = AsyncStream<Void> { try? await Task.sleep(for: .milliseconds(250)) }
    try await thread.run { queue.advance() }
    for await _ in ticks.cancelOnGracefulShutdown() { try await thread.run { queue.advance() } }
    queue.letGo()
  }
}
