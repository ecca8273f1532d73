import CMPI
import Foundation
import Messages
import Parallel
import Synchronization

/// The ranks that work together: processes on one or several machines, started by `mpirun` or `srun`.
///
/// Every rank calls the same operations in the same order. An operation that does not end within `timeout`
/// throws on the ranks that wait; so does, on rank 0, any operation once another rank has failed: a rank
/// that is lost ends the job instead of letting it hang.
///
/// Operations are called from one thread at a time; sums that were handed to a thread of the communicator's own
/// (`sumAside`) are done before the next operation begins. A process that no launcher has started is rank 0 of 1:
/// then nothing of MPI is opened, and every operation returns at once.
/// MPI: `MPI_COMM_WORLD`; PyTorch: `torch.distributed`.
public final class Communicator: @unchecked Sendable {
  // Sendable: all properties that change do so before other threads know of the object; calls come from
  // one thread at a time.

  /// From 0; rank 0 writes and prints.
  public let rank: Int
  /// How many ranks there are.
  public let size: Int
  /// How long an operation may take.
  public let timeout: Duration
  /// What is done where ranks train together.
  public let training: RankedTrainingOptions
  /// What the MPI library calls itself; `nil` where there is none.
  public let library: String?
  let table: CMPIAPI?
  /// Carries out what is summed beside the caller's own work; made when first needed.
  private(set) lazy var courier = Courier(self)
  /// Whether somebody has needed it.
  var hasCourier = false
  /// Whether an operation has taken too long here: then it has on rank 0, which says so.
  var hasTimedOut = false

  public var isRoot: Bool { rank == 0 }
  /// Whether there are no other ranks.
  public var isAlone: Bool { size == 1 }

  /// The default of `timeout`.
  public static let defaultTimeout = Duration.seconds(300)

  /// Rank 0 of 1.
  public static let alone = Communicator(
    rank: 0, size: 1, timeout: defaultTimeout, training: .init(), library: nil, table: nil)

  init(
    rank: Int, size: Int, timeout: Duration, training: RankedTrainingOptions, library: String?,
    table: CMPIAPI?
  ) {
    self.rank = rank
    self.size = size
    self.timeout = timeout
    self.training = training
    self.library = library
    self.table = table
  }

  // MARK: - The process's communicator

  private static let started = Mutex<Communicator?>(nil)

  /// All ranks of this job: `alone` before `start`, and where no launcher has started this process.
  public static var world: Communicator { started.withLock { $0 } ?? alone }

  /// Opens MPI where a launcher has started this process as one of several, finds the others and makes sure
  /// that they run the same Danlu.
  ///
  /// Throws `InputError` in one line where MPI is missing, is another than the launcher's, or where the ranks
  /// differ; in ten seconds at most for up to 64 ranks.
  @discardableResult
  public static func start(
    _ environment: RankEnvironment? = .current, timeout: Duration = defaultTimeout,
    training: RankedTrainingOptions = .init()
  ) throws -> Communicator {
    if let communicator = started.withLock({ $0 }) { return communicator }
    guard let environment, environment.hasOthers else { return alone }
    let table = try MPILibrary.open(for: environment)
    // Open MPI looks for ranks of the same host through a folder that two users may not share, waits in its
    // start for ranks that never come, and cannot be told how long.
    let patience = 10 + max(0, (environment.size ?? 0) - 64) / 8
    let watch = StartWatch(seconds: patience, rank: environment.rank)
    var rank: Int32 = 0
    var size: Int32 = 1
    let code = table.start(&rank, &size)
    guard code == 0 else {
      throw InputError("MPI cannot be started: \(words(table, code))")
    }
    if let expected = environment.size, expected != Int(size) {
      throw InputError(
        "\(expected) ranks were started, but MPI sees \(size): the launcher belongs to another MPI than "
          + "the one that Danlu was set up for, \(libraryName(table))")
    }
    let communicator = Communicator(
      rank: Int(rank), size: Int(size), timeout: timeout, training: training,
      library: libraryName(table), table: table)
    started.withLock { $0 = communicator }
    try communicator.agree(on: ["Danlu": danluVersion], within: .seconds(patience))
    watch.stop()
    return communicator
  }

  private static func libraryName(_ table: CMPIAPI) -> String {
    var text = [CChar](repeating: 0, count: 512)
    table.library(&text, Int32(text.count))
    let whole = String(
      decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return whole.split(whereSeparator: { ",\n".contains($0) }).first.map(String.init) ?? whole
  }

  static func words(_ table: CMPIAPI, _ code: Int32) -> String {
    var text = [CChar](repeating: 0, count: 512)
    table.error_text(code, &text, Int32(text.count))
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      .onOneLine
  }

  // MARK: - Agreement

  /// Makes sure that all ranks have the same of each of these things, by name. Throws `InputError` on every
  /// rank, naming the first rank that differs from rank 0 and what differs.
  public func agree(on facts: [String: String], within limit: Duration? = nil) throws {
    guard !isAlone else { return }
    let own = facts.merging(["": ProcessInfo.processInfo.hostName]) { fact, _ in fact }
    let text = own.sorted { $0.key < $1.key }.map { "\($0.key)\u{1}\($0.value)" }
      .joined(separator: "\u{2}")
    let all = try gather(Array(text.utf8), within: limit).map { bytes in
      Dictionary(
        String(decoding: bytes, as: UTF8.self).split(separator: "\u{2}").map { fact in
          let parts = fact.split(separator: "\u{1}", maxSplits: 1, omittingEmptySubsequences: false)
          return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
        }, uniquingKeysWith: { first, _ in first })
    }
    for (rank, others) in all.enumerated() {
      for name in Set(all[0].keys).union(others.keys).sorted() where !name.isEmpty {
        guard others[name] != all[0][name] else { continue }
        throw InputError(
          "the ranks differ: \(name) is \(all[0][name] ?? "unknown") on rank 0 "
            + "(\(all[0][""] ?? "")), \(others[name] ?? "unknown") on rank \(rank) (\(others[""] ?? "")); "
            + "the same on all hosts would work")
      }
    }
  }
}

/// Ends the process where MPI's own start, which cannot be interrupted, takes too long.
private final class StartWatch: Sendable {
  private let isOver = Mutex(false)

  init(seconds: Int, rank: Int) {
    let thread = Thread { [self] in
      Thread.sleep(forTimeInterval: Double(seconds) - 0.5)
      guard !isOver.withLock({ $0 }) else { return }
      let text =
        "danlu: the ranks did not find each other within \(seconds) s; is the same MPI on all hosts?\n"
      if rank == 0 { FileHandle.standardError.write(Data(text.utf8)) }
      _exit(1)
    }
    thread.start()
  }

  func stop() { isOver.withLock { $0 = true } }
}
