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
  }

  private struct State: Codable {
    var waiting: [Entry] = []
    var running: Entry?
    var failed: [Entry] = []
  }

  static let waitingLimit = 50

  private let library: RunLibrary
  private let program: String?
  private let log: @Sendable (SiteEvent) -> Void
  private let state: Mutex<State>
  private let children = ChildProcesses()
  private var folder: String { library.folder + "/.site" }
  private var path: String { folder + "/queue.json" }

  init(
    _ library: RunLibrary, program: String?, log: @escaping @Sendable (SiteEvent) -> Void
  ) {
    self.library = library
    self.program = program
    self.log = log
    let path = library.folder + "/.site/queue.json"
    let bytes = try? ByteSource(path: path, isText: false).readAll()
    let known = bytes.flatMap { try? JSONValue(parsing: $0).decoded(as: State.self) }
    state = Mutex(known ?? State())
  }

  // MARK: - Asked from outside

  /// The place of a run in the queue, from 1; `nil` if it does not wait.
  func position(of run: String) -> Int? {
    state.withLock { $0.waiting.firstIndex { $0.run == run } }.map { $0 + 1 }
  }

  var waiting: [Entry] { state.withLock { $0.waiting } }
  var running: Entry? { state.withLock { $0.running } }
  var failed: [Entry] { state.withLock { $0.failed } }

  /// The last lines of what a run has said.
  func logTail(of run: String, bytes: Int = 16 << 10) -> String {
    guard let file = FileHandle(forReadingAtPath: logPath(run)) else { return "" }
    defer { try? file.close() }
    let end = (try? file.seekToEnd()) ?? 0
    try? file.seek(toOffset: end > bytes ? end - UInt64(bytes) : 0)
    return String(decoding: (try? file.readToEnd()) ?? Data(), as: UTF8.self)
  }

  /// Puts a new run at the end. Throws `OptionError` for settings that make no sense, `Problem` where none can be
  /// started.
  func start(
    recipe name: String, settings: [(key: String, text: String)], seed: Int, precision: String
  ) throws -> Entry {
    let article = try ArticleBook.article(named: name)
    func check<Chosen: Article>(_ article: Chosen.Type) throws {
      _ = try Chosen.Settings(settings, of: article.card.name)
    }
    try check(article)
    var arguments = [name, "--seed", "\(seed)"]
    if article.card.needsTorch { arguments += ["--precision", precision] }
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

  private func add(_ make: (_ taken: Set<String>) throws -> Entry) throws -> Entry {
    guard program != nil else {
      throw Problem(
        .serviceUnavailable, "the program danlu is not beside danlu-serve; make build makes both")
    }
    return try state.withLock { state in
      guard state.waiting.count < Self.waitingLimit else {
        throw Problem(.serviceUnavailable, "\(Self.waitingLimit) runs wait already")
      }
      var changed = state
      let entry = try make(Set((state.waiting + [state.running].compactMap(\.self)).map(\.run)))
      changed.waiting.append(entry)
      changed.failed.removeAll { $0.run == entry.run }
      try save(changed)
      state = changed
      return entry
    }
  }

  /// Takes a waiting run out, or tells a running one to stop: it keeps a checkpoint. Throws `Problem` (409).
  func stop(_ run: String) throws {
    try state.withLock { state in
      if let place = state.waiting.firstIndex(where: { $0.run == run }) {
        state.waiting.remove(at: place)
        return try save(state)
      }
      guard state.running?.run == run, let process = state.running?.process else {
        throw Problem(.conflict, "the site has not started this run, or it is over")
      }
      kill(process, SIGINT)
    }
    log(SiteEvent(.info, "run stopped", ["run": .string(run)]))
  }

  // MARK: - The process

  /// Looks whether the running one has ended, and starts the next.
  func advance() {
    state.withLock { state in
      if let running = state.running {
        guard !isAlive(running) else { return }
        finish(running, in: &state)
      }
      guard state.running == nil, !state.waiting.isEmpty else { return }
      var entry = state.waiting.removeFirst()
      // Known before it runs: a site that is killed now finds it again by the run's lock.
      state.running = entry
      try? save(state)
      do {
        entry.process = try launch(entry)
        state.running = entry
        log(
          SiteEvent(
            .info, "run started",
            ["run": .string(entry.run), "process": .integer(Int(entry.process ?? 0))]))
      } catch {
        entry.failure = "\(error)"
        state.running = nil
        state.failed.append(entry)
      }
      try? save(state)
    }
  }

  private func finish(_ entry: Entry, in state: inout State) {
    state.running = nil
    let overview = try? library.overview(entry.run)
    if overview?.status != .finished {
      var failed = entry
      failed.failure = lastLine(of: entry.run)
      state.failed.append(failed)
      state.failed.removeFirst(max(0, state.failed.count - 50))
    }
    try? save(state)
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
    if let process = entry.process, children.contains(process) { return true }
    // A process of an earlier site is known by its run's lock.
    return RunFolder(path: library.folder + "/" + entry.run).isBeingWritten
  }

  private func logPath(_ run: String) -> String { "\(folder)/\(run).log" }

  /// Starts `danlu run`, in a session of its own: Ctrl-C for the site is none for the run.
  private func launch(_ entry: Entry) throws -> Int32 {
    guard let program else { throw InputError("the program danlu is missing") }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    #if os(macOS)
      let flags = POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_CLOEXEC_DEFAULT
    #else
      // POSIX_SPAWN_SETSID, which glibc hides from Swift behind _GNU_SOURCE.
      let flags = Int32(0x80) | Int32(POSIX_SPAWN_SETSIGMASK)
    #endif
    posix_spawnattr_setflags(&attributes, Int16(flags))
    var mask = sigset_t()
    sigemptyset(&mask)
    posix_spawnattr_setsigmask(&attributes, &mask)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let log = logPath(entry.run)
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var arguments: [UnsafeMutablePointer<CChar>?] =
      ([program, "run"] + entry.arguments).map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var process: pid_t = 0
    let code = posix_spawn(&process, program, &actions, &attributes, &arguments, environ)
    guard code == 0 else { throw FileError(path: program, action: "start", code: code) }
    children.watch(process)
    // The site stays quick while a run computes.
    #if os(macOS)
      setpriority(PRIO_PROCESS, id_t(process), 5)
    #else
      setpriority(__priority_which_t(PRIO_PROCESS.rawValue), id_t(process), 5)
    #endif
    return process
  }

  private func save(_ state: State) throws {
    try Folder.create(folder)
    try AtomicFile.write(try JSONValue(encoding: state).text(pretty: true) + "\n", to: path)
  }
}

/// Starts what waits, while the site runs. A run that is under way when the site stops goes on.
struct RunStarter: Service {
  let queue: RunQueue

  func run() async throws {
    let ticks = AsyncStream<Void> { try? await Task.sleep(for: .milliseconds(250)) }
    queue.advance()
    for await _ in ticks.cancelOnGracefulShutdown() { queue.advance() }
  }
}
