import Foundation
import Synchronization

/// Progress on standard error: a bar with rate and time left on a terminal, plain lines elsewhere. Nothing
/// of this package uses it unless it is given; a program that wants it passes `Work.terminal`.
public struct TerminalProgress: ProgressReporter {
  private struct Phase {
    var name = ""
    var unit = ""
    var total: Int?
    var done = 0
    var note: String?
    var started = ContinuousClock.now
    var lastShown = ContinuousClock.now
    var isOpen = false
  }

  // The process has one standard error, hence one bar.
  private static let phase = Mutex(Phase())
  private static let isTerminal = isatty(STDERR_FILENO) == 1
  private static let interval: Duration = isTerminal ? .milliseconds(100) : .seconds(10)

  public init() {}

  public func begin(_ name: String, total: Int?, unit: String) {
    Self.phase.withLock { $0 = Phase(name: name, unit: unit, total: total, isOpen: true) }
  }

  public func advance(by amount: Int, note: String?) {
    Self.phase.withLock { phase in
      phase.done += amount
      if let note { phase.note = note }
      let now = ContinuousClock.now
      guard now - phase.lastShown >= Self.interval else { return }
      phase.lastShown = now
      Self.show(phase, at: now, final: false)
    }
  }

  public func end() { Self.close() }

  /// Ends the line of a phase that is under way.
  public static func close() {
    phase.withLock { phase in
      guard phase.isOpen else { return }
      phase.isOpen = false
      show(phase, at: .now, final: true)
    }
  }

  public func note(_ text: String) {
    // Under the lock, and over a bar that is being shown: the bar comes back with the next step.
    Self.phase.withLock { phase in
      let clearing = Self.isTerminal && phase.isOpen ? "\r\u{1B}[K" : ""
      Self.write(clearing + text + "\n")
    }
  }

  private static func show(_ phase: Phase, at now: ContinuousClock.Instant, final: Bool) {
    let seconds = (now - phase.started) / .seconds(1)
    let rate = seconds > 0 ? Double(phase.done) / seconds : 0
    var parts = [phase.name]
    if let total = phase.total, total > 0 {
      let share = min(1, Double(phase.done) / Double(total))
      if isTerminal {
        let filled = Int(share * 24)
        parts.append(
          String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled))
      }
      parts.append("\(Int(share * 100))%")
      parts.append("\(short(Double(phase.done)))/\(short(Double(total))) \(phase.unit)")
    } else {
      parts.append("\(short(Double(phase.done))) \(phase.unit)")
    }
    parts.append("\(short(rate))/s")
    if let note = phase.note { parts.append(note) }
    if final {
      parts.append("in \(clock(seconds))")
    } else if let total = phase.total, rate > 0 {
      parts.append("\(clock(Double(max(0, total - phase.done)) / rate)) left")
    }
    let line = parts.joined(separator: "  ")
    // On a terminal each line replaces the one before: carriage return, then clear to the end.
    write((isTerminal ? "\r\u{1B}[K" : "") + line + (isTerminal && !final ? "" : "\n"))
  }

  /// Where standard error is gone there is nobody to tell.
  private static func write(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  private static func short(_ value: Double) -> String {
    switch value {
    case 1e9...: String(format: "%.2fG", value / 1e9)
    case 1e6...: String(format: "%.2fM", value / 1e6)
    case 1e4...: String(format: "%.1fk", value / 1e3)
    case 100...: String(format: "%.0f", value)
    default: value == value.rounded() ? "\(Int(value))" : String(format: "%.1f", value)
    }
  }

  private static func clock(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    switch whole {
    case 3600...: return String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
    case 60...: return String(format: "%d:%02d", whole / 60, whole % 60)
    default: return String(format: "%.1f s", seconds)
    }
  }
}

extension Work {
  /// Reports on standard error and is never interrupted:
  ///
  ///     try Trainer(.init(.epochs(3)), work: .terminal).fit(task)
  public static var terminal: Work { Work(progress: TerminalProgress()) }
}
