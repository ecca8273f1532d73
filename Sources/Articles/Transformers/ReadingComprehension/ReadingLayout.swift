import Datasets
import Parallel
import Recipes
import Tokenizers
import Torch
import Transformers

/// How an answer is written.
enum AnswerDecoding: String, CaseIterable, Sendable, KnobValue {
  /// From left to right, behind passage and question.
  case seq2seq
  /// All tokens at once, in masked places before question and passage: “非自回归”也不差：基于MLM的阅读理解问答.
  case mlm
}

/// How a passage, a question and an answer stand in a row of tokens.
///
/// seq2seq: `[CLS] passage [SEP] question [SEP] answer [SEP]`, the answer and its end of segment 1.
/// mlm: `[CLS] [MASK] × 32 [SEP] question [SEP] passage [SEP]`, the answer and its end right at the first masks.
struct ReadingLayout: Sendable {
  let tokenizer: WordPieceTokenizer
  var decoding = AnswerDecoding.seq2seq
  var maxPassageLength = 256
  var maxQuestionLength = 64
  var maxAnswerLength = 32

  init(_ tokenizer: WordPieceTokenizer) throws {
    self.tokenizer = tokenizer
    let ids = try tokenizer.vocabulary.ids(
      required: [
        tokenizer.special.start, tokenizer.special.separator, tokenizer.special.mask,
      ])
    start = ids[0]
    separator = ids[1]
    mask = ids[2]
  }

  let start: Int
  let separator: Int
  private let mask: Int

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

  /// The row before an answer: `[CLS] passage [SEP] question [SEP]`, or all of it with masks.
  func prefix(_ passage: [Int], question: [Int]) -> [Int] {
    switch decoding {
    case .seq2seq: [start] + passage + [separator] + question + [separator]
    case .mlm:
      [start] + Array(repeating: mask, count: maxAnswerLength) + [separator] + question
        + [separator] + passage + [separator]
    }
  }

  func questionTokens(_ question: String) -> [Int] {
    tokenizer.tokens(question).prefix(maxQuestionLength).map(\.id)
  }

  /// A row to train on; `answer` without its end.
  func example(passage: [Int], question: [Int], answer: [Int]) -> Example {
    let prefix = prefix(passage, question: question)
    switch decoding {
    case .seq2seq:
      let target = answer.prefix(maxAnswerLength) + [separator]
      return Example([
        "tokens": .sequence(prefix + target),
        "segments": .sequence(
          Array(repeating: 0, count: prefix.count) + Array(repeating: 1, count: target.count)),
      ])
    case .mlm:
      // 0 is padding, which nothing predicts.
      var targets = Array(repeating: 0, count: prefix.count)
      let written = (answer + [separator]).prefix(maxAnswerLength)
      targets.replaceSubrange(1..<1 + written.count, with: written)
      return Example(["tokens": .sequence(prefix), "targets": .sequence(targets)])
    }
  }

  /// The loss of a batch of such rows.
  func loss(_ model: Transformer, _ inputs: NamedTensors) -> Tensor {
    let tokens = inputs["tokens"]
    let targets = targets(inputs)
    switch decoding {
    case .seq2seq:
      return targets.loss(model.logits(at: targets, tokens, segments: inputs["segments"]))
    case .mlm: return targets.loss(model.logits(at: targets, tokens))
    }
  }

  /// What is predicted: the loss is a mean over it.
  func targets(_ inputs: NamedTensors) -> SequenceTargets {
    switch decoding {
    case .seq2seq: .sequenceToSequence(tokens: inputs["tokens"], segments: inputs["segments"])
    case .mlm: SequenceTargets(at: inputs["targets"] .!= 0, targets: inputs["targets"])
    }
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
  func samples(count: Int, _ draw: @escaping @Sendable (inout RandomStream) -> ReadingItem)
    -> Examples
  {
    Examples(count: count) { _, random in sample(of: draw(&random), &random) }
  }

  private func sample(of item: ReadingItem, _ random: inout RandomStream) -> Example {
    let passage = Self.prepared(item.passages[random.below(item.passages.count)].text)
    return example(
      passage: passageTokens(passage).map(\.id), question: questionTokens(item.question),
      answer: tokenizer.tokens(answer(of: item, in: passage)).map(\.id))
  }

  /// Samples to practise on before the questions: `share` of them are of `question`, the others of finding and
  /// copying.
  func practiceSamples(
    count: Int, share: Double, question: @escaping @Sendable (inout RandomStream) -> ReadingItem,
    reading: @escaping @Sendable (inout RandomStream) -> ReadingItem
  ) -> Examples {
    Examples(count: count) { _, random in
      random.uniform() < share
        ? sample(of: question(&random), &random) : copyingSample(&random, reading)
    }
  }

  /// A sample of finding and copying, for which nobody has to ask: two to four tokens of a passage in place of the
  /// question, up to six that follow them for an answer; of one in four the tokens are of another passage, and mostly
  /// there is no answer.
  private func copyingSample(
    _ random: inout RandomStream, _ item: (inout RandomStream) -> ReadingItem
  ) -> Example {
    func passage(_ random: inout RandomStream) -> [Int] {
      let passages = item(&random).passages
      return passageTokens(Self.prepared(passages[random.below(passages.count)].text)).map(\.id)
    }
    let read = passage(&random)
    let source = random.below(4) == 0 ? passage(&random) : read
    let length = min(2 + random.below(3), source.count)
    let start = random.below(source.count - length + 1)
    let cue = Array(source[start..<start + length])
    let place = (0...max(0, read.count - length)).first { read[$0...].starts(with: cue) }
    let answer = place.map { read[($0 + length)...].prefix(1 + random.below(6)) } ?? []
    return example(passage: read, question: cue, answer: Array(answer))
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
