import Foundation
import Synchronization
import Testing

@testable import Site

@Suite struct WaitingTests {
  private final class Order: Sendable {
    let list = Mutex<[Int]>([])
  }

  /// Waits until `load` says that so many wait.
  private func wait(_ line: WaitingLine, for count: Int) async throws {
    for _ in 0..<200 where line.load.waiting != count {
      try await Task.sleep(for: .milliseconds(5))
    }
    #expect(line.load.waiting == count)
  }

  @Test func placesAreGivenInOrderAndTheLineIsLimited() async throws {
    let line = WaitingLine(places: 1, limit: 2)
    let order = Order()
    let (gate, open) = AsyncStream<Void>.makeStream()
    let first = Task {
      try await line.run(for: nil, waitingAtMost: .seconds(5)) { for await _ in gate {} }
    }
    for _ in 0..<200 where line.load.taken == 0 { try await Task.sleep(for: .milliseconds(5)) }
    var others: [Task<Void, any Error>] = []
    for number in 1...2 {
      others.append(
        Task {
          try await line.run(for: nil, waitingAtMost: .seconds(5)) {
            order.list.withLock { $0.append(number) }
          }
        })
      try await wait(line, for: number)
    }
    let full = await #expect(throws: Problem.self) {
      try await line.run(for: nil, waitingAtMost: .seconds(5)) {}
    }
    #expect(full?.status == .serviceUnavailable)
    open.finish()
    try await first.value
    for other in others { try await other.value }
    #expect(order.list.withLock { $0 } == [1, 2])
    #expect(line.load == (0, 0))
  }

  @Test func nobodyWaitsLongerThanItsTimeOrAfterItHasLeft() async throws {
    let line = WaitingLine(places: 1, limit: 9)
    let (gate, open) = AsyncStream<Void>.makeStream()
    let first = Task {
      try await line.run(for: nil, waitingAtMost: .seconds(5)) { for await _ in gate {} }
    }
    for _ in 0..<200 where line.load.taken == 0 { try await Task.sleep(for: .milliseconds(5)) }
    await #expect(throws: Problem.self) {
      try await line.run(for: nil, waitingAtMost: .milliseconds(20)) {}
    }
    let leaving = Task { try await line.run(for: nil, waitingAtMost: .seconds(5)) {} }
    try await wait(line, for: 1)
    leaving.cancel()
    await #expect(throws: CancellationError.self) { try await leaving.value }
    #expect(line.load == (1, 0))
    open.finish()
    try await first.value
    try await line.run(for: nil, waitingAtMost: .seconds(1)) {}
  }

  @Test func largeBodiesShareARoomAndSmallOnesNeedNone() throws {
    let budget = ByteBudget(limit: 1 << 20)
    do {
      let one = budget.reservation()
      let other = budget.reservation()
      try one.grow(to: 600_000)
      try one.grow(to: 700_000)
      #expect(budget.count == 700_000)
      #expect(throws: Problem.self) { try other.grow(to: 400_000) }
      try other.grow(to: ByteBudget.free)
      #expect(budget.count == 700_000)
      withExtendedLifetime((one, other)) {}
    }
    #expect(budget.count == 0)
    try budget.reservation().grow(to: 1 << 20)
  }
}
