import Messages

/// A small, fast, seeded random number generator: xoshiro256++ (Blackman and Vigna, 2019).
///
/// A stream is a value: copying it copies its position. Work that is divided among threads gives
/// each part its own stream by `RandomStream(seed:stream:)`, so that results depend on the seed and
/// on the part, never on the thread that ran it.
public struct RandomStream: RandomNumberGenerator, Sendable {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  /// The stream number `stream` of `seed`. Different numbers give independent sequences.
  public init(seed: UInt64, stream: UInt64 = 0) {
    // SplitMix64 spreads the two words over the state, as the authors of xoshiro advise.
    var word = seed &+ stream &* 0xD1B5_4A32_D192_ED03
    func next() -> UInt64 {
      word &+= 0x9E37_79B9_7F4A_7C15
      var mixed = word
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
    state = (next(), next(), next(), next())
  }

  /// The four state words, enough to continue the stream exactly where it stands.
  public var words: [UInt64] { [state.0, state.1, state.2, state.3] }

  /// Continues a stream from the four words that `words` gave.
  public init?(words: [UInt64]) {
    guard words.count == 4, words.contains(where: { $0 != 0 }) else { return nil }
    state = (words[0], words[1], words[2], words[3])
  }

  @inlinable
  static func rotateLeft(_ value: UInt64, _ count: UInt64) -> UInt64 {
    (value << count) | (value >> (64 &- count))
  }

  public mutating func next() -> UInt64 {
    let result = Self.rotateLeft(state.0 &+ state.3, 23) &+ state.0
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = Self.rotateLeft(state.3, 45)
    return result
  }

  /// A uniform number in `[0, 1)` with 53 random bits.
  public mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// A uniform integer in `0..<bound`, without modulo bias.
  public mutating func below(_ bound: Int) -> Int {
    require(bound > 0, "RandomStream.below expected a positive bound, received \(bound)")
    return Int(next(upperBound: UInt64(bound)))
  }

  /// A number from the standard normal distribution (Box and Muller's polar method).
  public mutating func normal() -> Double {
    while true {
      let x = 2 * uniform() - 1
      let y = 2 * uniform() - 1
      let square = x * x + y * y
      guard square > 0, square < 1 else { continue }
      return x * (-2 * Self.logarithm(square) / square).squareRoot()
    }
  }
}
