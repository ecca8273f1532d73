import Synchronization

/// How many streams are open, and no more than so many.
final class StreamGauge: Sendable {
  private let limit: Int
  private let open = Atomic<Int>(0)

  init(limit: Int) { self.limit = limit }

  var count: Int { open.load(ordering: .relaxed) }

  /// A place, kept until it is let go of. Throws `Problem` where all are taken.
  func enter() throws -> Ticket {
    guard open.add(1, ordering: .relaxed).newValue <= limit else {
      open.subtract(1, ordering: .relaxed)
      throw Problem(
        .serviceUnavailable, "\(limit) streams are open already", fields: [.retryAfter: "5"])
    }
    return Ticket(self)
  }

  final class Ticket: Sendable {
    private let gauge: StreamGauge
    fileprivate init(_ gauge: StreamGauge) { self.gauge = gauge }
    deinit { gauge.open.subtract(1, ordering: .relaxed) }
  }
}
