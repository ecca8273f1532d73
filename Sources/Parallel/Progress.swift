import Synchronization

/// Where long work tells how far it is. Libraries never print; whoever calls them decides.
public protocol ProgressReporter: Sendable {
  /// A phase begins: its name, how many units it has (`nil` if that cannot be known), their name.
  func begin(_ phase: String, total: Int?, unit: String)
  /// `amount` more units are done; `note` is shown beside them (a loss, a codelength).
  func advance(by amount: Int, note: String?)
  /// The phase is over.
  func end()
  /// A line worth keeping: a choice that was made, something that was passed over.
  func note(_ text: String)
}

extension ProgressReporter {
  public func advance(by amount: Int) { advance(by: amount, note: nil) }
  public func note(_ text: String) {}
}

/// Reports nowhere.
public struct SilentProgress: ProgressReporter {
  public init() {}
  public func begin(_ phase: String, total: Int?, unit: String) {}
  public func advance(by amount: Int, note: String?) {}
  public func end() {}
}

/// A flag that asks long work to stop at its next safe point (Ctrl-C sets the command's).
public final class Cancellation: Sendable {
  private let flag = Atomic<Bool>(false)

  public init() {}

  public var isCancelled: Bool { flag.load(ordering: .relaxed) }

  public func cancel() { flag.store(true, ordering: .relaxed) }

  /// Throws `Cancelled` once `cancel()` was called.
  public func check() throws {
    if isCancelled { throw Cancelled() }
  }
}

/// The work stopped because it was asked to.
public struct Cancelled: Error, CustomStringConvertible {
  public init() {}
  public var description: String { "interrupted" }
}
