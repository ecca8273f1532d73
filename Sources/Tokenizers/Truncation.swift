import Messages

/// Which tokens go where a text, or two, is too long for a model.
public struct Truncation: Sendable, Equatable {
  public enum Strategy: Sendable, Equatable {
    /// One token after the other from the longer text. Where both come out half as long as there is room
    /// and the room is odd, `extra` has one more.
    case longest(extra: Half)
    case first
    case second
  }

  public enum Half: Sendable {
    /// The first text: Hugging Face's slow tokenizers.
    case first
    /// The second text: bert4keras.
    case second
    /// The text that was longer, the second of equal ones: Hugging Face's fast tokenizers.
    case longer
  }

  public enum Side: Sendable { case left, right }

  /// The greatest number of tokens, special ones included.
  public var maxLength: Int
  public var strategy: Strategy
  /// The side that tokens are taken from.
  public var side: Side

  public init(
    maxLength: Int, strategy: Strategy = .longest(extra: .longer), side: Side = .right
  ) {
    self.maxLength = maxLength
    self.strategy = strategy
    self.side = side
  }

  /// Shortens both texts so that they and `special` tokens fit.
  ///
  /// Throws `OptionError` where the strategy leaves no way to.
  public func shorten(
    _ first: inout [Token], _ second: inout [Token]?, special: Int
  ) throws {
    let room = maxLength - special
    guard room >= 0 else {
      throw OptionError(
        "maxLength", expected: "at least the \(special) special tokens", received: maxLength)
    }
    let lengths = (first.count, second?.count ?? 0)
    let excess = lengths.0 + lengths.1 - room
    guard excess > 0 else { return }
    var kept = lengths
    switch strategy {
    case .first: kept.0 -= excess
    case .second: kept.1 -= excess
    case .longest(let extra): kept = Self.halves(lengths, room: room, extra: extra)
    }
    guard kept.0 >= 0, kept.1 >= 0 else {
      throw OptionError(
        "strategy",
        "taking \(excess) tokens from the \(strategy == .first ? "first" : "second") text is asked, "
          + "which has \(strategy == .first ? lengths.0 : lengths.1); truncate the longest instead")
    }
    cut(&first, to: kept.0)
    if var shortened = second {
      cut(&shortened, to: kept.1)
      second = shortened
    }
  }

  private static func halves(_ lengths: (Int, Int), room: Int, extra: Half) -> (Int, Int) {
    let shorter = min(lengths.0, lengths.1)
    if shorter <= room / 2 {
      return lengths.0 <= lengths.1 ? (shorter, room - shorter) : (room - shorter, shorter)
    }
    let isFirst =
      switch extra {
      case .first: true
      case .second: false
      case .longer: lengths.0 > lengths.1
      }
    let more = room - room / 2
    return isFirst ? (more, room / 2) : (room / 2, more)
  }

  private func cut(_ tokens: inout [Token], to count: Int) {
    switch side {
    case .right: tokens.removeLast(tokens.count - count)
    case .left: tokens.removeFirst(tokens.count - count)
    }
  }
}
