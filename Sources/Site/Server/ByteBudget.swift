import Synchronization

/// How many bytes of large bodies and answers are held at once, of all clients together: a body that comes in, an answer
/// whose reader is slow. Small ones need no place, so that a few large ones cannot shut them out.
final class ByteBudget: Sendable {
  /// Up to here a body or an answer is small.
  static let free = 64 << 10

  private let limit: Int
  private let held = Atomic<Int>(0)

  init(limit: Int) { self.limit = limit }

  var count: Int { held.load(ordering: .relaxed) }

  /// A place for nothing yet.
  func reservation() -> Reservation { Reservation(self) }

  /// What one request holds, until it is let go of.
  final class Reservation: Sendable {
    private let budget: ByteBudget
    private let bytes = Atomic<Int>(0)

    fileprivate init(_ budget: ByteBudget) { self.budget = budget }

    /// Holds `total` bytes from now on, if they are more than before. Throws `Problem` (503) where there is no room.
    func grow(to total: Int) throws(Problem) {
      let more = total - bytes.load(ordering: .relaxed)
      guard total > ByteBudget.free, more > 0 else { return }
      guard budget.held.add(more, ordering: .relaxed).newValue <= budget.limit else {
        budget.held.subtract(more, ordering: .relaxed)
        throw Problem(
          .serviceUnavailable, "too many large requests are under way; later this would work",
          fields: [.retryAfter: "2"])
      }
      bytes.add(more, ordering: .relaxed)
    }

    deinit { budget.held.subtract(bytes.load(ordering: .relaxed), ordering: .relaxed) }
  }
}
