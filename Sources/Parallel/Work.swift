/// What long work is given: where to tell how far it is, and when to stop.
///
///     try work.phase("counting", of: lines.count, unit: "lines") { phase in
///       for block in blocks {
///         count(block)
///         try phase.advance(block.count)
///       }
///     }
public struct Work: Sendable {
  /// Reports nowhere and is never interrupted.
  public static let silent = Work()

  private let progress: any ProgressReporter
  private let cancellation: Cancellation

  public init(
    progress: any ProgressReporter = SilentProgress(), cancellation: Cancellation = Cancellation()
  ) {
    self.progress = progress
    self.cancellation = cancellation
  }

  public var isCancelled: Bool { cancellation.isCancelled }

  /// Throws `Cancelled` once the work was asked to stop.
  public func check() throws { try cancellation.check() }

  /// A line worth keeping: a choice that was made, something that was passed over.
  public func note(_ text: String) { progress.note(text) }

  /// Runs `body` as a named phase of `total` units (`nil` where that cannot be known). The phase ends
  /// on every path out of `body`.
  public func phase<Result>(
    _ name: String, of total: Int? = nil, unit: String, _ body: (Phase) throws -> Result
  ) rethrows -> Result {
    progress.begin(name, total: total, unit: unit)
    defer { progress.end() }
    return try body(Phase(progress: progress, cancellation: cancellation))
  }

  /// A phase that is under way. Threads may share it.
  public struct Phase: Sendable {
    private let progress: any ProgressReporter
    private let cancellation: Cancellation

    fileprivate init(progress: any ProgressReporter, cancellation: Cancellation) {
      self.progress = progress
      self.cancellation = cancellation
    }

    public var isCancelled: Bool { cancellation.isCancelled }

    /// Whether anybody looks: a costly note need not be made where nobody does.
    public var isWatched: Bool { !(progress is SilentProgress) }

    /// `amount` more units are done, `note` is shown beside them (a loss, a codelength). Throws
    /// `Cancelled` once the work was asked to stop.
    public func advance(_ amount: Int = 1, note: String? = nil) throws {
      report(amount, note: note)
      try cancellation.check()
    }

    /// As `advance`, for work that ends in its own way when it is asked to stop.
    public func report(_ amount: Int = 1, note: String? = nil) {
      progress.advance(by: amount, note: note)
    }

    /// Throws `Cancelled` once the work was asked to stop.
    public func check() throws { try cancellation.check() }
  }
}
