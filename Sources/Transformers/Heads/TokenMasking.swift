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
      let draw = random.uniform()
      if draw < maskedShare {
        read[place] = maskId
      } else if draw < maskedShare + randomShare {
        read[place] = vocabulary.lowerBound + random.below(vocabulary.count)
      }
    }
    for place in places where random.uniform() < share { predict(place) }
    if !places.isEmpty, !isPredicted.contains(true) { predict(places[random.below(places.count)]) }
    return (read, isPredicted)
  }
}
