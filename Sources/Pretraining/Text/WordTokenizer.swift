import Messages
import Parallel
import Text
import TextMining
import Tokenizers

/// Cuts sentences into tokens and says which of them are one word: what whole-word masking needs.
///
/// Tokens are those of the whole sentence, exactly as the model will read it later; words come from a segmenter, or
/// from the tokenizer itself, for which each ideograph is a word.
public struct WordTokenizer: Sendable {
  public let tokenizer: WordPieceTokenizer
  public let segmenter: Segmenter?
  private let continues: [Bool]

  public init(_ tokenizer: WordPieceTokenizer, segmenter: Segmenter? = nil) {
    self.tokenizer = tokenizer
    self.segmenter = segmenter
    continues = tokenizer.vocabulary.tokens.map { $0.hasPrefix("##") }
  }

  /// - Parameter workspace: What the caller's thread cuts with.
  public func callAsFunction(
    _ sentence: String, _ workspace: Segmenter.Workspace
  ) -> WordTokens {
    let tokens = tokenizer.tokens(sentence)
    let numbers = segmenter.map { Self.wordNumbers(sentence, $0, workspace) } ?? []
    var result = WordTokens()
    result.ids.reserveCapacity(tokens.count)
    result.words.reserveCapacity(tokens.count)
    var word = -1
    var last: Int?
    for token in tokens {
      let place = token.range.lowerBound
      let number = numbers.indices.contains(place) ? numbers[place] : nil
      let isPart = continues[token.id] || number != nil && number == last
      if !isPart || word < 0 { word += 1 }
      last = number
      result.ids.append(token.id)
      result.words.append(word)
    }
    return result
  }

  /// For each scalar of a sentence the number of its word; `nil` between words.
  private static func wordNumbers(
    _ sentence: String, _ segmenter: Segmenter, _ workspace: Segmenter.Workspace
  ) -> [Int?] {
    let bytes = Array(sentence.utf8)
    var numbers: [Int?] = []
    numbers.reserveCapacity(bytes.count)
    var done = 0
    var word = 0
    func take(_ end: Int, _ number: Int?) {
      while done < end {
        if bytes[done] & 0xC0 != 0x80 { numbers.append(number) }
        done += 1
      }
    }
    bytes.withUnsafeBufferPointer { bytes in
      segmenter.cut(bytes, workspace) { start, end, _, _ in
        take(start, nil)
        take(end, word)
        word += 1
      }
    }
    take(bytes.count, nil)
    return numbers
  }
}

extension PretrainingText {
  /// The words that the text itself shows, without labels or a dictionary. Throws what reading the text throws.
  public func discoveredWords(
    by method: some DiscoveryMethod = Autonomy(), work: Work = .silent
  ) throws -> WordList {
    var list = WordList()
    for source in sources {
      let found = try method.words(of: source, work: work)
      for word in found.words { list.add(word.word, count: Double(word.count)) }
    }
    return list
  }

  /// A vocabulary of the text's own tokens, learnt in one pass. Throws what reading the text throws, and `OptionError`
  /// if `size` has no room for its characters.
  public func learntVocabulary(
    size: Int, rules: BERTTextRules, work: Work = .silent
  ) throws -> Vocabulary {
    var training = WordPieceTraining()
    training.size = size
    training.alphabetLimit = max(1, size * 3 / 4)
    let next = pieces(work)
    var failure: (any Error)?
    let sentences = AnySequence<String> {
      AnyIterator<String> {
        do {
          while let piece = try next() {
            if case .sentence(let sentence) = piece { return sentence }
          }
        } catch {
          failure = error
        }
        return nil
      }
    }
    let words = try WordPieceTraining.words(of: sentences, rules: rules)
    if let failure { throw failure }
    return try training.train(words, work: work)
  }
}
