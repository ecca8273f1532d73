import Parallel

/// What the person at the terminal shares with long work: the bar, and Ctrl-C.
enum Terminal {
  /// Tells standard error how far it is, and stops at Ctrl-C. The first use installs the signal
  /// handlers.
  static let work: Work = {
    Interruption.install()
    return Work(
      progress: Ranks.isSilent ? SilentProgress() : TerminalProgress(),
      cancellation: Interruption.cancellation)
  }()
}
