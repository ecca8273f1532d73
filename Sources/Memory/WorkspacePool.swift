import Synchronization

/// Hands a workspace to whoever scans a chunk, and takes it back; as many exist as threads ran.
public final class WorkspacePool<Workspace: AnyObject>: Sendable {
  private let make: @Sendable () -> Workspace
  private let waiting = Mutex(Waiting())

  private struct Waiting: @unchecked Sendable {
    // A workspace is used by one thread at a time: it is taken out of the list while in use.
    var list: [Workspace] = []
  }

  public init(_ make: @escaping @Sendable () -> Workspace) { self.make = make }

  public func use(_ body: (Workspace) throws -> Void) rethrows {
    let workspace = take()
    defer { give(workspace) }
    try body(workspace)
  }

  /// All that were made. Call when all threads are done.
  public func idle() -> [Workspace] { waiting.withLock { $0 }.list }

  private func take() -> Workspace {
    let found = waiting.withLock { Transfer(workspace: $0.list.popLast()) }
    return found.workspace ?? make()
  }

  private func give(_ workspace: Workspace) {
    let transfer = Transfer(workspace: workspace)
    waiting.withLock { waiting in
      if let workspace = transfer.workspace { waiting.list.append(workspace) }
    }
  }

  private struct Transfer: @unchecked Sendable {
    // Moves a workspace into or out of the lock; see `Waiting`.
    let workspace: Workspace?
  }
}
