import Foundation
import Text

/// How terms of a target corpus are ranked against a background.
public enum DomainRanking: String, Sendable, CaseIterable {
  /// The article's Bayesian average of the share of occurrences that fall in the target.
  case share
  /// Log-odds with an informative Dirichlet prior, in standard deviations (Monroe et al. 2008).
  case logOdds = "log-odds"
  /// Dunning's log-likelihood ratio G², for words more frequent in the target.
  case likelihoodRatio = "likelihood-ratio"
  /// Ratio of relative frequencies, plus one half each ("weirdness", Ahmad et al. 1999).
  case weirdness
  /// Contribution to the Kullback-Leibler divergence: p ln(p/q).
  case divergence
  /// Occurrences in the target.
  case frequency
}

/// Two vocabularies side by side.
public struct DomainCounts: Sendable {
  /// A word, how often it occurs in the target, and how often in the background.
  public struct Entry: Sendable, Equatable {
    public let word: String
    public let target: Double
    public let background: Double
  }

  public let entries: [Entry]
  public let targetTotal: Double
  public let backgroundTotal: Double

  public init(target: WordList, background: WordList) {
    var entries: [Entry] = []
    for (word, count) in zip(target.words, target.counts) {
      entries.append(Entry(word: word, target: count, background: background.count(of: word) ?? 0))
    }
    for (word, count) in zip(background.words, background.counts) where !target.contains(word) {
      entries.append(Entry(word: word, target: 0, background: count))
    }
    self.entries = entries
    targetTotal = target.total
    backgroundTotal = background.total
  }

  /// How often `word` stands in the background.
  func background(of word: String) -> Double { entries.first { $0.word == word }?.background ?? 0 }

  /// The article's score, (f + m·α) / (t + m): f occurrences in the target, t = f + f′ with the
  /// background f′ rescaled to the target's total, m the mean of t, α = Σf/Σt.
  ///
  /// A word missing on one side counts as 0. With `missingIsUndefined`, as in the published code, it
  /// gets no score and no part in m and α, but its f still counts in Σf.
  public func shares(missingIsUndefined: Bool = false) -> (
    scores: [Double?], mean: Double, prior: Double
  ) {
    let scale = backgroundTotal > 0 ? targetTotal / backgroundTotal : 1
    var sum = 0.0
    var count = 0.0
    for entry in entries where !missingIsUndefined || (entry.target > 0 && entry.background > 0) {
      sum += entry.target + entry.background * scale
      count += 1
    }
    let mean = count > 0 ? sum / count : 0
    let prior = sum > 0 ? targetTotal / sum : 0
    let scores: [Double?] = entries.map { entry in
      if missingIsUndefined, entry.target == 0 || entry.background == 0 { return nil }
      return (entry.target + mean * prior) / (entry.target + entry.background * scale + mean)
    }
    return (scores, mean, prior)
  }

  /// The score of each entry; `nil` where the ranking leaves a word out.
  public func scores(_ ranking: DomainRanking, missingIsUndefined: Bool = false) -> [Double?] {
    let target = max(1, targetTotal)
    let background = max(1, backgroundTotal)
    switch ranking {
    case .share: return shares(missingIsUndefined: missingIsUndefined).scores
    case .frequency: return entries.map { $0.target > 0 ? $0.target : nil }
    case .weirdness:
      return entries.map { entry in
        entry.target > 0
          ? ((entry.target + 0.5) / target) / ((entry.background + 0.5) / background) : nil
      }
    case .divergence:
      return entries.map { entry in
        guard entry.target > 0 else { return nil }
        let p = entry.target / target
        return p * log(p / ((entry.background + 0.5) / background))
      }
    case .likelihoodRatio:
      return entries.map { entry in
        let share = (entry.target + entry.background) / (target + background)
        guard entry.target / target > share else { return nil }
        func term(_ seen: Double, _ total: Double) -> Double {
          seen > 0 ? seen * log(seen / (total * share)) : 0
        }
        return 2 * (term(entry.target, target) + term(entry.background, background))
      }
    case .logOdds:
      // The prior is both corpora together, scaled to a thousandth of the target's words.
      let strength = max(1, target / 1000)
      return entries.map { entry in
        guard entry.target > 0 else { return nil }
        let prior = strength * (entry.target + entry.background) / (target + background)
        let a = entry.target + prior
        let b = entry.background + prior
        let delta = log(a / (target + strength - a)) - log(b / (background + strength - b))
        return delta / (1 / a + 1 / b).squareRoot()
      }
    }
  }
}
