import Foundation
import Tokenizers
import Torch
import Transformers

/// Answers questions from passages: the article's decoding.
///
/// All passages of a question are read at once, and write one answer together. A passage whose first token
/// would be the end has no answer and takes no further part; where none is left there is no answer. Of the others
/// each gives probabilities p_j of the next token, which are voted to Σ p_j² / (1 + Σ p_j), so that one that is sure
/// outweighs several that are not. Only what follows the answer so far in one of the passages may come next.
struct PassageReader {
  let model: Transformer
  let layout: ReadingLayout
  var beamCount = 1
  /// Whether passages that see no answer are left out: the article's filter, off for its ablation.
  var leavesOutSilentPassages = true

  struct Answer: Sendable, Equatable {
    /// "" if there is none.
    var text: String
    /// The sum of the logarithms of the votes; 0 without an answer.
    var score: Double
    /// For each passage, what it voted for the answer's tokens on the mean; 0 if it was left out.
    var votes: [Double]
    /// For each passage, whether it was left out.
    var isSilent: [Bool]
    /// The passage and the place, in its scalars, where the answer stands; `nil` if there is none.
    var place: Place?
  }

  struct Place: Sendable, Equatable {
    var passage: Int
    var range: Range<Int>
  }

  /// - Parameter tell: Called with the answer so far as it is decoded token by token; false stops. Not called where all
  ///   tokens are decoded at once.
  func answer(
    _ question: String, passages: [String], _ tell: @escaping (String) -> Bool = { _ in true }
  ) throws -> Answer {
    let prepared = passages.map { ReadingLayout.prepared($0) }
    let tokens = prepared.map(layout.passageTokens)
    let asked = layout.questionTokens(question)
    let prefixes = tokens.map { layout.prefix($0.map(\.id), question: asked) }
    var silent = Answer(
      text: "", score: 0, votes: passages.map { _ in 0 }, isSilent: passages.map { _ in true },
      place: nil)
    guard !passages.isEmpty else { return silent }
    if layout.decoding == .mlm {
      let slots = SlotAnswers(model, layout, prefixes: prefixes, passages: tokens)
      silent.isSilent = slots.isSilent
      guard let best = slots.best else { return silent }
      return Answer(
        text: Self.text(at: best.place, of: passages), score: best.score, votes: slots.votes,
        isSilent: slots.isSilent, place: best.place)
    }
    let voting = VotingModel(
      model, prefixes: prefixes, passages: tokens.map { $0.map(\.id) }, end: layout.separator,
      leavesOutSilent: leavesOutSilentPassages)
    let options = GenerationOptions(endIds: [layout.separator], maxLength: layout.maxAnswerLength)
    let search = BeamSearch(options, beamCount: beamCount)
    func reading(_ all: [Int]) -> (text: String, place: Place?) {
      let ids = all.filter { $0 != layout.separator }
      guard !ids.isEmpty, voting.isSilent.contains(false) else { return ("", nil) }
      let places = tokens.enumerated().compactMap { passage, tokens in
        Self.find(ids, in: tokens).map { Place(passage: passage, range: $0) }
      }
      let place = places.first { !voting.isSilent[$0.passage] } ?? places.first
      return (place.map { Self.text(at: $0, of: passages) } ?? layout.tokenizer.decode(ids), place)
    }
    let found = try search.generate(voting) { best in
      let text = reading(best.first ?? []).text
      return text.isEmpty || tell(text)
    }
    guard let best = found.first?.first else { return silent }
    silent.isSilent = voting.isSilent
    let (text, place) = reading(best.tokens)
    guard !text.isEmpty else { return silent }
    return Answer(
      text: text, score: best.score, votes: voting.support(of: best.tokens),
      isSilent: voting.isSilent, place: place)
  }

  /// As it is written there: tokens are lower-case, and unknown ones have no spelling.
  private static func text(at place: Place, of passages: [String]) -> String {
    let scalars = Array(passages[place.passage].unicodeScalars)
    return String(String.UnicodeScalarView(scalars[place.range]))
  }

  static func find(_ ids: [Int], in tokens: [Token]) -> Range<Int>? {
    guard ids.count <= tokens.count else { return nil }
    for start in 0...tokens.count - ids.count
    where tokens[start..<start + ids.count].elementsEqual(ids, by: { $0.id == $1 }) {
      return tokens[start].range.lowerBound..<tokens[start + ids.count - 1].range.upperBound
    }
    return nil
  }
}

/// The passages of one question as one model of the next token.
final class VotingModel: NextTokenModel {
  private let continuation: Continuation
  private let passages: [[Int]]
  private let end: Int
  private let leavesOutSilent: Bool
  /// Passages that take part.
  private var speaking: [Int]
  private(set) var isSilent: [Bool]
  /// The beginnings in rows.
  private var rows: [[Int]] = [[]]
  /// By beginning and passage, probabilities of the next token.
  private var probabilities: [[Int]: [[Float]]] = [:]

  init(
    _ model: Transformer, prefixes: [[Int]], passages: [[Int]], end: Int, leavesOutSilent: Bool
  ) {
    continuation = Continuation(
      model, prefixes: prefixes, device: model.embeddings.tokens.weight.value.device)
    self.passages = passages
    self.end = end
    self.leavesOutSilent = leavesOutSilent
    speaking = Array(passages.indices)
    isSilent = passages.map { _ in false }
  }

  func start() -> TokenScores {
    let scores = continuation.start()
    var distributions = (0..<scores.rowCount).map { Self.softmax(scores, $0) }
    if leavesOutSilent {
      isSilent = distributions.map { Self.likeliest($0) == end }
      speaking = speaking.filter { !isSilent[$0] }
      distributions = speaking.map { distributions[$0] }
    }
    probabilities[[]] = distributions
    // Nobody speaks: the end, and nothing else.
    guard !speaking.isEmpty else {
      var values = [Float](repeating: -.infinity, count: scores.vocabularySize)
      values[end] = 0
      return TokenScores(values, vocabularySize: scores.vocabularySize, kind: .logarithms)
    }
    parents = speaking
    return votes([distributions], scores.vocabularySize)
  }

  /// Rows of the continuation that belong to row 0 of this model, then row 1, …: one for each that speaks.
  private var parents: [Int] = []

  func advance(_ tokens: [Int], from rows: [Int]) -> TokenScores {
    let count = speaking.count
    let scores = continuation.advance(
      tokens.flatMap { Array(repeating: $0, count: count) },
      from: rows.flatMap { row in (0..<count).map { parents[row * count + $0] } })
    self.rows = zip(tokens, rows).map { self.rows[$1] + [$0] }
    parents = Array(0..<tokens.count * count)
    let distributions = tokens.indices.map { row in
      (0..<count).map { Self.softmax(scores, row * count + $0) }
    }
    for (row, beginning) in self.rows.enumerated() { probabilities[beginning] = distributions[row] }
    return votes(distributions, scores.vocabularySize)
  }

  /// For each passage, the mean probability that it gave the tokens of an answer.
  func support(of tokens: [Int]) -> [Double] {
    var sums = passages.map { _ in 0.0 }
    for (index, token) in tokens.enumerated() {
      guard let distributions = probabilities[Array(tokens.prefix(index))] else { continue }
      for (place, passage) in speaking.enumerated() {
        sums[passage] += Double(distributions[place][token])
      }
    }
    return sums.map { $0 / Double(max(1, tokens.count)) }
  }

  private func votes(_ distributions: [[[Float]]], _ vocabularySize: Int) -> TokenScores {
    var values: [Float] = []
    for (row, votes) in zip(rows, distributions) {
      var scores = [Float](repeating: -.infinity, count: vocabularySize)
      for token in followers(of: row).union([end]) {
        scores[token] = Float(log(Self.vote(votes.map { Double($0[token]) }) + 1e-12))
      }
      values += scores
    }
    return TokenScores(values, vocabularySize: vocabularySize, kind: .logarithms)
  }

  /// Σ p² / (1 + Σ p).
  static func vote(_ probabilities: [Double]) -> Double {
    probabilities.reduce(0) { $0 + $1 * $1 } / (1 + probabilities.reduce(0, +))
  }

  /// Tokens that come behind `beginning` in a passage that speaks.
  private func followers(of beginning: [Int]) -> Set<Int> {
    Self.followers(of: beginning, in: speaking.map { passages[$0] })
  }

  static func followers(of beginning: [Int], in passages: [[Int]]) -> Set<Int> {
    var found: Set<Int> = []
    for passage in passages {
      for start in 0..<max(0, passage.count - beginning.count)
      where passage[start..<start + beginning.count].elementsEqual(beginning) {
        found.insert(passage[start + beginning.count])
      }
    }
    return found
  }

  private static func softmax(_ scores: TokenScores, _ row: Int) -> [Float] {
    let range = row * scores.vocabularySize..<(row + 1) * scores.vocabularySize
    let highest = scores.values[range].max() ?? 0
    let powers = scores.values[range].map { exp($0 - highest) }
    let total = powers.reduce(0, +)
    return powers.map { $0 / total }
  }

  private static func likeliest(_ probabilities: [Float]) -> Int {
    probabilities.indices.max { probabilities[$0] < probabilities[$1] } ?? 0
  }
}
