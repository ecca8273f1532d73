import Foundation
import Messages

/// Searches the most probable continuation, keeping the best few beginnings at each step.
///
/// One beam is greedy search. Equal scores go to the beginning that was better, then to the lower id.
public struct BeamSearch: Sendable {
  /// What becomes of a beginning that has ended and is not the best.
  public enum Finished: Sendable {
    /// It is kept: the best of all ended ones is the answer.
    case kept
    /// It is thrown away, and with it a beam, as bert4keras does; the first best one to end is the answer.
    case dropped
  }

  public var beamCount: Int
  public var finished: Finished
  /// α: scores are divided by lengthᵅ. 0: sums of logarithms, which prefer short texts.
  public var lengthPenalty: Double
  public var options: GenerationOptions

  public init(
    _ options: GenerationOptions, beamCount: Int = 1, lengthPenalty: Double = 0,
    finished: Finished = .kept
  ) {
    self.options = options
    self.beamCount = beamCount
    self.lengthPenalty = lengthPenalty
    self.finished = finished
  }

  private struct Hypothesis {
    var tokens: [Int] = []
    var score = 0.0
    /// Its row of the model.
    var row: Int
  }

  private struct Source {
    var alive: [Hypothesis]
    var ended: [Generated] = []
    var beams: Int
    var isDone = false
  }

  /// For each source of the model the best texts, best first, at most `beamCount`.
  ///
  /// - Parameters:
  ///   - prompts: what stands before, for the rules about repetition; one for each source or none.
  ///   - progress: called after each step with the best beginning of each source; false stops.
  ///
  /// Throws `OptionError` for options that cannot be, and what the model throws.
  public func generate(
    _ model: some NextTokenModel, prompts: [[Int]] = [],
    progress: ((_ best: [[Int]]) -> Bool)? = nil
  ) throws -> [[Generated]] {
    try options.check()
    guard beamCount >= 1 else {
      throw OptionError("beamCount", expected: "at least 1", received: beamCount)
    }
    var scores = try model.start()
    var sources = (0..<scores.rowCount).map {
      Source(alive: [Hypothesis(row: $0)], beams: beamCount)
    }
    for step in 1...options.maxLength {
      for index in sources.indices where !sources[index].isDone {
        let prompt = prompts.indices.contains(index) ? prompts[index] : []
        extend(&sources[index], scores, prompt, isLast: step == options.maxLength)
      }
      if let progress, !progress(sources.map { Self.best($0) }) { break }
      let rows = sources.filter { !$0.isDone }.flatMap(\.alive)
      if rows.isEmpty || step == options.maxLength { break }
      scores = try model.advance(rows.map { $0.tokens[$0.tokens.count - 1] }, from: rows.map(\.row))
      var row = 0
      for index in sources.indices where !sources[index].isDone {
        for beam in sources[index].alive.indices {
          sources[index].alive[beam].row = row
          row += 1
        }
      }
    }
    return sources.map(answers)
  }

  private static func best(_ source: Source) -> [Int] {
    source.alive.first?.tokens ?? source.ended.first?.tokens ?? []
  }

  private func normalized(_ score: Double, _ length: Int) -> Double {
    lengthPenalty == 0 ? score : score / pow(Double(max(1, length)), lengthPenalty)
  }

  private func answers(_ source: Source) -> [Generated] {
    var all = source.ended
    if !source.isDone {
      all += source.alive.map {
        Generated(
          tokens: $0.tokens, score: normalized($0.score, $0.tokens.count), isFinished: false)
      }
    }
    return Array(
      all.enumerated().sorted { one, other in
        if one.element.isFinished != other.element.isFinished { return one.element.isFinished }
        return one.element.score != other.element.score
          ? one.element.score > other.element.score : one.offset < other.offset
      }.map(\.element).prefix(beamCount))
  }

  private struct Candidate {
    var score: Double
    var beam: Int
    var token: Int
  }

  private func extend(
    _ source: inout Source, _ scores: TokenScores, _ prompt: [Int], isLast: Bool
  ) {
    var candidates: [Candidate] = []
    for (beam, hypothesis) in source.alive.enumerated() {
      var row = scores.logarithms(hypothesis.row)
      options.apply(to: &row, generated: hypothesis.tokens, prompt: prompt)
      // Of each beam no more than these can be among the best of all: an end takes no beam's place.
      candidates += Self.best(row, source.beams + options.endIds.count).map {
        Candidate(score: hypothesis.score + Double(row[$0]), beam: beam, token: $0)
      }
    }
    candidates = candidates.filter { $0.score > -.infinity }.sorted {
      $0.score != $1.score
        ? $0.score > $1.score : ($0.beam, $0.token) < ($1.beam, $1.token)
    }
    guard !candidates.isEmpty else {
      source.isDone = true
      return
    }
    switch finished {
    case .kept: keepEnded(&source, candidates)
    case .dropped: dropEnded(&source, candidates, isLast: isLast)
    }
  }

  private func hypothesis(_ candidate: Candidate, _ source: Source) -> Hypothesis {
    let parent = source.alive[candidate.beam]
    return Hypothesis(
      tokens: parent.tokens + [candidate.token], score: candidate.score, row: parent.row)
  }

  private func keepEnded(_ source: inout Source, _ candidates: [Candidate]) {
    var alive: [Hypothesis] = []
    for (rank, candidate) in candidates.enumerated() where alive.count < source.beams {
      let next = hypothesis(candidate, source)
      if options.endIds.contains(candidate.token) {
        // An end that is not among the best of this step is none.
        guard rank < source.beams else { continue }
        source.ended.append(
          Generated(
            tokens: next.tokens, score: normalized(next.score, next.tokens.count), isFinished: true)
        )
      } else {
        alive.append(next)
      }
    }
    source.ended.sort { $0.score > $1.score }
    source.ended = Array(source.ended.prefix(beamCount))
    source.alive = alive
    guard source.ended.count == beamCount, let worst = source.ended.last else {
      source.isDone = alive.isEmpty
      return
    }
    // Sums only fall; what they are divided by is greatest at the greatest length.
    let bound = alive.map {
      normalized($0.score, lengthPenalty > 0 ? options.maxLength : $0.tokens.count)
    }
    source.isDone = bound.allSatisfy { $0 <= worst.score }
  }

  private func dropEnded(_ source: inout Source, _ candidates: [Candidate], isLast: Bool) {
    let best = candidates.prefix(source.beams).map { hypothesis($0, source) }
    func hasEnded(_ hypothesis: Hypothesis) -> Bool {
      hypothesis.tokens.last.map(options.endIds.contains) ?? false
    }
    if let first = best.first, hasEnded(first) {
      source.ended = [Generated(tokens: first.tokens, score: first.score, isFinished: true)]
      source.alive = []
      source.isDone = true
      return
    }
    source.alive = isLast ? best : best.filter { !hasEnded($0) }
    source.beams = source.alive.count
  }

  /// Indices of the `count` greatest values, greatest first, lower indices before higher ones.
  static func best(_ values: [Float], _ count: Int) -> [Int] {
    var best: [Int] = []
    for index in values.indices {
      if best.count == count, let last = best.last, values[index] <= values[last] { continue }
      if values[index].isNaN { continue }
      var place = best.count
      while place > 0, values[best[place - 1]] < values[index] { place -= 1 }
      best.insert(index, at: place)
      if best.count > count { best.removeLast() }
    }
    return best
  }
}
