import Datasets
import Parallel
import Tokenizers

/// How a passage, a question and an answer stand in a row of tokens:
/// `[CLS] passage [SEP] question [SEP] answer [SEP]`, the answer and its end of segment 1.
struct ReadingLayout: Sendable {
  let tokenizer: WordPieceTokenizer
  var maxPassageLength = 256
  var maxQuestionLength = 64
  var maxAnswerLength = 32

  init(_ tokenizer: WordPieceTokenizer) throws {
    self.tokenizer = tokenizer
    let ids = try tokenizer.vocabulary.ids(
      required: [tokenizer.special.start, tokenizer.special.separator])
    start = ids[0]
    separator = ids[1]
  }

  let start: Int
  let separator: Int

  /// Passages as they are read: lists are separated by commas.
  static func prepared(_ passage: String) -> String {
    String(
      String.UnicodeScalarView(
        passage.unicodeScalars.map { " 、；，".unicodeScalars.contains($0) ? "," : $0 }))
  }

  /// Tokens of a prepared passage, without special ones.
  func passageTokens(_ passage: String) -> [Token] {
    Array(tokenizer.tokens(passage).prefix(maxPassageLength - 2))
  }

  /// `[CLS] passage [SEP] question [SEP]`.
  func prefix(_ passage: [Token], question: String) -> [Int] {
    let asked = tokenizer.tokens(question).prefix(maxQuestionLength)
    return [start] + passage.map(\.id) + [separator] + asked.map(\.id) + [separator]
  }

  /// The whole row and its segments.
  func row(passage: String, question: String, answer: String) -> (tokens: [Int], segments: [Int]) {
    let prefix = prefix(passageTokens(passage), question: question)
    let target = tokenizer.tokens(answer).prefix(maxAnswerLength).map(\.id) + [separator]
    return (
      prefix + target,
      Array(repeating: 0, count: prefix.count) + Array(repeating: 1, count: target.count)
    )
  }

  /// The answer that `passage` is trained to give: of all answers the first whose parts it holds; "" if none.
  func answer(of item: ReadingItem, in passage: String) -> String {
    let text = String(passage.prefix(maxPassageLength - 2))
    let fitting = item.answers.first { answer in
      answer.split(separator: " ").allSatisfy { text.contains(Self.prepared(String($0))) }
    }
    return fitting.map { $0.split(separator: " ").map(String.init).joined(separator: ",") } ?? ""
  }

  /// Samples of questions, drawn anew at each visit: one of a question's passages, at random.
  func samples(_ items: [ReadingItem]) -> Examples {
    let lengths = items.map { item in
      (item.passages.map(\.text.count).max() ?? 0) + item.question.count
    }
    return Examples(count: items.count, lengths: lengths) { index, random in
      sample(of: items[index], &random)
    }
  }

  /// Samples of questions that are themselves drawn anew.
  func samples(of corpus: FactCorpus, count: Int) -> Examples {
    Examples(count: count) { _, random in sample(of: corpus.draw(&random), &random) }
  }

  private func sample(of item: ReadingItem, _ random: inout RandomStream) -> Example {
    let passage = Self.prepared(item.passages[random.below(item.passages.count)].text)
    let row = row(passage: passage, question: item.question, answer: answer(of: item, in: passage))
    return Example(["tokens": .sequence(row.tokens), "segments": .sequence(row.segments)])
  }

  /// Characters of questions and passages that occur at least `minimumCount` times, and special tokens.
  static func vocabulary(of items: [ReadingItem], minimumCount: Int) -> Vocabulary {
    let rules = BERTTextRules.huggingFace(lowercases: true)
    var counts: [String: Int] = [:]
    for item in items {
      for text in [item.question] + item.passages.map({ prepared($0.text) }) {
        for scalar in text.lowercased().unicodeScalars where !scalar.properties.isWhitespace {
          counts[String(scalar), default: 0] += 1
        }
      }
    }
    let kept = counts.filter { $0.value >= minimumCount }
      .sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }.map(\.key)
    // What is not cut character by character may stand inside a word, too.
    let special = WordPieceTokenizer.SpecialTokens()
    let plain = [special.padding, special.unknown, special.start, special.separator, special.mask]
    let letters = kept.filter { $0.unicodeScalars.allSatisfy { rules.joins($0) } }
    return Vocabulary(plain + kept + letters.map { "##" + $0 })
  }
}
