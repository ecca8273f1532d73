import Foundation
import Synchronization

/// So many calls a second of each client.
final class RateLimit: Sendable {
  private let limit: Int
  private let counts = Mutex<(second: Int, counts: [String: Int])>((0, [:]))

  init(perSecond limit: Int) { self.limit = limit }

  func admits(_ client: String) -> Bool {
    let second = Int(Date().timeIntervalSince1970)
    return counts.withLock { state in
      if state.second != second { state = (second, [:]) }
      state.counts[client, default: 0] += 1
      return state.counts[client, default: 0] <= limit
    }
  }
}
