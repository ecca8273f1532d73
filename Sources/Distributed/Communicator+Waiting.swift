import CMPI
import Foundation
import Messages

/// An operation of the communicator that could not be finished; the job ends with it.
public struct RankFailure: Error, Sendable, CustomStringConvertible {
  public let description: String
  /// The status that the job ends with.
  public let status: Int32

  init(_ description: String, status: Int32 = 1) {
    self.description = description.onOneLine
    self.status = status
  }
}

/// The tag of messages from ranks that fail.
let failureTag: Int32 = 4711

extension Communicator {
  /// An operation under way.
  typealias Pending = CMPIRequestRef

  /// Begins an operation; `body` is given where to put it.
  func begin(_ what: String, _ body: (CMPIAPI, inout Pending?) -> Int32) throws -> Pending {
    guard let table else { fatalError("a communicator of one rank begins nothing") }
    // One thread calls MPI at a time, and all ranks in one order.
    if hasCourier, !courier.isCurrentThread { try courier.wait() }
    var pending: Pending?
    let code = body(table, &pending)
    guard code == 0, let pending else {
      throw RankFailure("\(what) failed: \(Self.words(table, code))")
    }
    return pending
  }

  /// Moves an operation along; whether it is done.
  func isDone(_ pending: Pending, _ what: String) throws -> Bool {
    guard let table else { return true }
    var done: Int32 = 0
    let code = table.test(pending, &done)
    guard code == 0 else { throw RankFailure("\(what) failed: \(Self.words(table, code))") }
    return done != 0
  }

  /// Waits for an operation, at most `limit`, without keeping a core busy that another rank may need.
  func wait(_ pending: Pending, _ what: String, within limit: Duration? = nil) throws {
    var waiting = Waiting(limit ?? timeout)
    while try !isDone(pending, what) {
      try pause(&waiting, what)
    }
  }

  /// One turn of waiting. Throws where it has lasted too long, and on rank 0 where another rank has failed.
  func pause(_ waiting: inout Waiting, _ what: String) throws {
    waiting.turns += 1
    if hasCourier, courier.isCurrentThread { try courier.checkIsNotStopped() }
    if waiting.turns % 64 == 0 || waiting.isPatient {
      if isRoot { try hearFailure() }
      if waiting.elapsed > waiting.limit {
        hasTimedOut = true
        throw RankFailure(
          "rank \(rank) of \(size) has waited \(seconds(waiting.limit)) s for the others (\(what)): a rank or "
            + "the network is gone, or `collectiveTimeout` is too short")
      }
    }
    waiting.rest()
  }

  /// Throws what another rank has said before it failed.
  private func hearFailure() throws {
    guard let table else { return }
    var (waits, source, bytes): (Int32, Int32, Int32) = (0, 0, 0)
    guard table.probe(failureTag, &waits, &source, &bytes) == 0, waits != 0 else { return }
    var message = [UInt8](repeating: 0, count: max(4, Int(bytes)))
    guard table.receive(&message, bytes, source, failureTag) == 0 else { return }
    let status = message.withUnsafeBytes { $0.loadUnaligned(as: Int32.self) }
    let text = String(decoding: message.dropFirst(4), as: UTF8.self)
    throw RankFailure("rank \(source): \(text)", status: status)
  }

  // MARK: - Ends

  /// Ends the job after success, or after an interruption that all ranks have agreed on: waits for the others
  /// and closes MPI.
  ///
  /// - Parameters:
  ///   - limit: How long the others are waited for; `timeout` unless given.
  ///   - status: What the job ends with where they do not come.
  public func finish(within limit: Duration? = nil, status: Int32 = 1) {
    guard let table else { return }
    do {
      let pending = try begin("the end", { $0.barrier(&$1) })
      try wait(pending, "the end", within: limit)
    } catch {
      let failure = error as? RankFailure
      fail(status == 1 ? "\(error)" : "", status: failure.map { max($0.status, status) } ?? status)
    }
    _ = table.finish()
  }

  /// Ends the job with a failure: rank 0 says why, all ranks stop with `status`. Does not return.
  ///
  /// - Parameter message: One line; empty where everything has been said.
  public func fail(_ message: String, status: Int32) -> Never {
    guard let table else { exit(status) }
    if hasCourier, !courier.isCurrentThread { courier.stop() }
    if isRoot {
      Self.say(message)
    } else if hasTimedOut {
      Thread.sleep(forTimeInterval: 5)
    } else if !deliver(message, status) {
      Self.say("rank \(rank) on \(ProcessInfo.processInfo.hostName): \(message)")
    }
    // With the network gone, MPI's own end may not come, and mpirun waits for hosts that it cannot reach.
    if hasTimedOut { Self.watchLauncher() }
    let end = Thread {
      Thread.sleep(forTimeInterval: 5)
      _exit(status)
    }
    end.start()
    table.abort(status)
    _exit(status)
  }

  /// Ends the mpirun that has started this process, if it is its parent, where it has not ended by itself ten seconds
  /// later: by a process that outlives this one, which mpirun ends first.
  private static func watchLauncher() {
    let parent = getppid()
    guard
      let text = try? String(contentsOfFile: "/proc/\(parent)/comm", encoding: .utf8)
    else { return }
    let name = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard ["mpirun", "mpiexec", "orterun", "prterun"].contains(name) else { return }
    let watcher = Process()
    watcher.executableURL = URL(fileURLWithPath: "/bin/sh")
    watcher.arguments = [
      "-c", "sleep 10; [ \"$(cat /proc/\(parent)/comm)\" = \(name) ] && kill -9 \(parent)",
    ]
    watcher.standardInput = FileHandle.nullDevice
    watcher.standardOutput = FileHandle.nullDevice
    watcher.standardError = FileHandle.nullDevice
    try? watcher.run()
  }

  /// Tells rank 0, which says it and ends the job; returns only where rank 0 does not listen.
  private func deliver(_ message: String, _ status: Int32) -> Bool {
    let bytes = withUnsafeBytes(of: status) { Array($0) } + Array(message.utf8.prefix(4000))
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 8)
    buffer.copyBytes(from: bytes)
    guard
      let pending = try? begin(
        "a message to rank 0",
        { $0.send(buffer.baseAddress, Int32(buffer.count), 0, failureTag, &$1) })
    else { return false }
    var waiting = Waiting(.seconds(10))
    while waiting.elapsed < waiting.limit {
      guard let done = try? isDone(pending, "a message to rank 0") else { return false }
      if done {
        // Rank 0 ends the job.
        Thread.sleep(forTimeInterval: 10)
        return true
      }
      waiting.rest()
    }
    return false
  }

  private static func say(_ message: String) {
    guard !message.isEmpty else { return }
    FileHandle.standardError.write(Data((message + "\n").utf8))
  }

  private func seconds(_ duration: Duration) -> String {
    NumberText.short(duration / .seconds(1))
  }
}

/// How long somebody has waited, and how to go on: at once while the answer may come soon, then in naps.
struct Waiting {
  let limit: Duration
  var turns = 0
  private let began = ContinuousClock.now

  init(_ limit: Duration) { self.limit = limit }

  var elapsed: Duration { ContinuousClock.now - began }
  /// Whether the answer was not among the first to come.
  private(set) var isPatient = false

  mutating func rest() {
    if !isPatient {
      sched_yield()
      if turns % 16 == 0 { isPatient = elapsed > .milliseconds(2) }
      return
    }
    usleep(elapsed > .seconds(1) ? 1000 : 50)
  }
}
