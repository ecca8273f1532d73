import Foundation
import Messages
import Synchronization

/// How many threads a piece of work gets when its caller does not say: one per processor that this process may use.
/// Under mpirun, which binds ranks to cores, or taskset, these are fewer than the machine has.
public var defaultThreadCount: Int {
  min(boundProcessorCount ?? .max, ProcessInfo.processInfo.activeProcessorCount)
}

/// How many processors the process was bound to when it began; `nil` where the system does not tell.
private let boundProcessorCount: Int? = {
  let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
  let mask = status?.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed:") }
  let count = mask?.dropFirst("Cpus_allowed:".count).compactMap(\.hexDigitValue)
    .reduce(0) { $0 + $1.nonzeroBitCount }
  return count.flatMap { $0 > 0 ? $0 : nil }
}()

/// Runs `body` for each index of `0..<count` on up to `threads` threads and waits for all of them.
///
/// Indices are handed out in order, one at a time, so parts of unequal size balance. The calling
/// thread works too. After the first error no new index starts; that error (the one with the lowest
/// index) is thrown once every running part has returned.
public func parallelFor(
  count: Int, threads: Int = defaultThreadCount,
  _ body: @escaping @Sendable (_ index: Int) throws -> Void
) throws {
  require(count >= 0, "parallelFor expected count ≥ 0, received \(count)")
  let workers = max(1, min(threads, count))
  if workers == 1 {
    for index in 0..<count { try body(index) }
    return
  }
  let shared = SharedProgress()
  let group = DispatchGroup()
  let work: @Sendable () -> Void = {
    while let index = shared.take(below: count) {
      do {
        try body(index)
      } catch {
        shared.fail(index: index, error: error)
      }
    }
  }
  for _ in 1..<workers {
    group.enter()
    // A large stack: recursive searches run inside.
    let thread = Thread {
      work()
      group.leave()
    }
    thread.stackSize = 8 << 20
    thread.start()
  }
  work()
  group.wait()
  if let error = shared.error { throw error }
}

/// Maps `0..<count` to results, in index order, on up to `threads` threads.
public func parallelMap<Result: Sendable>(
  count: Int, threads: Int = defaultThreadCount,
  _ body: @escaping @Sendable (_ index: Int) throws -> Result
) throws -> [Result] {
  let results = Mutex([Result?](repeating: nil, count: count))
  try parallelFor(count: count, threads: threads) { index in
    let result = try body(index)
    results.withLock { $0[index] = result }
  }
  return results.withLock { $0.compactMap { $0 } }
}

/// The next index to hand out, and the failure with the lowest index so far.
private final class SharedProgress: Sendable {
  private let nextIndex = Atomic<Int>(0)
  private let failure = Mutex<(index: Int, error: any Error)?>(nil)

  func take(below count: Int) -> Int? {
    let index = nextIndex.add(1, ordering: .relaxed).oldValue
    return index < count ? index : nil
  }

  func fail(index: Int, error: any Error) {
    // Far past every count, so that no thread takes another index.
    nextIndex.store(Int.max / 2, ordering: .relaxed)
    failure.withLock { first in
      if first.map({ index < $0.index }) ?? true { first = (index, error) }
    }
  }

  var error: (any Error)? { failure.withLock { $0?.error } }
}
