import Messages

/// When a generated text ends, and what may stand in it.
public struct GenerationOptions: Sendable {
  /// The most tokens that are generated, the end included.
  public var maxLength = 64
  /// No end before so many tokens, the end included.
  public var minLength = 1
  /// Tokens that end a text.
  public var endIds: Set<Int>
  /// Runs of so many tokens occur once; 0: any number of times. Counts the prompt too.
  public var noRepeatNGramSize = 0
  /// Scores of tokens that occurred are divided by this if positive and multiplied if not (Keskar et al.
  /// 2019); 1 changes nothing.
  public var repetitionPenalty: Float = 1
  /// The tokens that may follow a beginning; `nil` allows all. Ends are always allowed where this gives a set.
  public var allowed: (@Sendable (_ generated: [Int]) -> Set<Int>?)?

  public init(endIds: Set<Int>, maxLength: Int = 64) {
    self.endIds = endIds
    self.maxLength = maxLength
  }

  /// Throws `OptionError` for options that contradict each other.
  func check() throws {
    guard maxLength >= 1 else {
      throw OptionError("maxLength", expected: "at least 1", received: maxLength)
    }
    guard (0...maxLength).contains(minLength) else {
      throw OptionError("minLength", expected: "from 0 to \(maxLength)", received: minLength)
    }
    guard repetitionPenalty > 0 else {
      throw OptionError(
        "repetitionPenalty", expected: "a positive number", received: repetitionPenalty)
    }
    guard noRepeatNGramSize >= 0 else {
      throw OptionError("noRepeatNGramSize", expected: "0 or more", received: noRepeatNGramSize)
    }
  }

  /// Changes the scores of what may follow `generated`, which stands behind `prompt`.
  func apply(to scores: inout [Float], generated: [Int], prompt: [Int]) {
    if repetitionPenalty != 1 {
      for token in Set(prompt + generated) where scores.indices.contains(token) {
        scores[token] *= scores[token] < 0 ? repetitionPenalty : 1 / repetitionPenalty
      }
    }
    if noRepeatNGramSize > 0 {
      for token in repeats(prompt + generated) where scores.indices.contains(token) {
        scores[token] = -.infinity
      }
    }
    if let allowed = allowed?(generated) {
      for token in scores.indices where !allowed.contains(token) && !endIds.contains(token) {
        scores[token] = -.infinity
      }
    }
    if generated.count + 1 < minLength {
      for token in endIds where scores.indices.contains(token) { scores[token] = -.infinity }
    }
  }

  /// Tokens that would end an n-gram that occurred.
  private func repeats(_ tokens: [Int]) -> Set<Int> {
    let size = noRepeatNGramSize
    guard tokens.count + 1 >= size else { return [] }
    let ending = tokens.suffix(size - 1)
    var found: Set<Int> = []
    for start in 0..<max(0, tokens.count - size + 1)
    where tokens[start..<start + size - 1].elementsEqual(ending) {
      found.insert(tokens[start + size - 1])
    }
    return found
  }
}

/// What was generated for one source.
public struct Generated: Sendable, Equatable {
  /// The end included, if it was reached.
  public var tokens: [Int]
  /// The sum of the logarithms, divided by a power of the length if a length penalty was asked for.
  public var score: Double
  public var isFinished: Bool

  public init(tokens: [Int], score: Double, isFinished: Bool) {
    self.tokens = tokens
    self.score = score
    self.isFinished = isFinished
  }
}
