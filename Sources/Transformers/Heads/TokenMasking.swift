import Messages
import Parallel

/// BERT's masking of tokens that a model is to guess: of those drawn most become the mask, some another token, and
/// some stay (Devlin et al. 2018).
///
///     let (ids, isPredicted) = masking.apply(encoding.ids, isSpecial: encoding.isSpecial, random: &random)
///     SequenceTargets(at: isPredicted, targets: original).loss(model.logits(at: …))
public struct TokenMasking: Sendable {
  /// The share of tokens that are predicted.
  public var share = 0.15
  /// Of these, the share that becomes the mask, and the share that becomes any token.
  public var maskedShare = 0.8
  public var randomShare = 0.1
  public let maskId: Int
  /// Ids that random tokens are drawn from.
  public let vocabulary: Range<Int>

  public init(maskId: Int, vocabulary: Range<Int>) {
    require(!vocabulary.isEmpty, "TokenMasking expected ids to draw from, received none")
    self.maskId = maskId
    self.vocabulary = vocabulary
  }

  /// Whole words: each is predicted with probability `share`, all of its tokens together; what becomes of each of
  /// them is drawn apart. Chinese RoBERTa's way (Cui et al. 2019).
  ///
  /// - Parameter words: For each token the number of its word; negative at special tokens, which are never predicted.
  ///   Tokens of one word stand side by side.
  public func apply(
    _ ids: [Int], words: [Int], random: inout RandomStream
  ) -> (ids: [Int], isPredicted: [Bool]) {
    require(
      ids.count == words.count,
      "TokenMasking expected a word for each of \(ids.count) tokens, received \(words.count)")
    var read = ids
    var isPredicted = [Bool](repeating: false, count: ids.count)
    var isChosen = false
    for place in ids.indices where words[place] >= 0 {
      if place == 0 || words[place] != words[place - 1] { isChosen = random.uniform() < share }
      guard isChosen else { continue }
      isPredicted[place] = true
      read[place] = shown(ids[place], &random)
    }
    return (read, isPredicted)
  }

  /// What is read in place of a predicted token.
  private func shown(_ id: Int, _ random: inout RandomStream) -> Int {
    let draw = random.uniform()
    if draw < maskedShare { return maskId }
    guard draw < maskedShare + randomShare else { return id }
    return vocabulary.lowerBound + random.below(vocabulary.count)
  }

  /// The text as the model reads it, and which of its tokens are predicted; special ones never are. At least one
  /// is, if there is any.
  public func apply(
    _ ids: [Int], isSpecial: [Bool], random: inout RandomStream
  ) -> (ids: [Int], isPredicted: [Bool]) {
    var read = ids
    var isPredicted = [Bool](repeating: false, count: ids.count)
    let places = ids.indices.filter { !isSpecial[$0] }
    func predict(_ place: Int) {
      isPredicted[place] = true
      read[place] = shown(ids[place], &random)
    }
    for place in places where random.uniform() < share { predict(place) }
    if !places.isEmpty, !isPredicted.contains(true) { predict(places[random.below(places.count)]) }
    return (read, isPredicted)
  }
}
