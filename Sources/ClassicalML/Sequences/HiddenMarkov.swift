import Memory
import Messages
import Parallel

/// A hidden Markov model: naive Bayes along a chain, P(tag | tag before) · P(symbol | tag).
///
/// Symbols are Unicode scalars or any other numbers; those that training had not seen have one probability
/// together.
public struct HiddenMarkov: Sendable {
  public let tagNames: [String]
  /// Logarithms: of the first tag; row by row of the next one.
  public internal(set) var starts: [Double]
  public internal(set) var transitions: [Double]
  /// Symbol after symbol its logarithms under each tag; last those of an unknown symbol.
  var emissions: [Double]
  /// The symbols that have a place.
  let symbols: [Int32]
  private let places: GramTable

  public var tagCount: Int { tagNames.count }

  init(
    tagNames: [String], starts: [Double], transitions: [Double], emissions: [Double],
    symbols: [Int32]
  ) {
    self.tagNames = tagNames
    self.starts = starts
    self.transitions = transitions
    self.emissions = emissions
    self.symbols = symbols
    places = GramTable(keys: symbols.map { UInt64(UInt32(bitPattern: $0)) })
  }

  /// From tagged sequences: relative frequencies with `smoothing` added to every count.
  ///
  /// A tag that never follows another, or never begins, stays impossible there.
  public static func fit(
    _ sequences: TaggedSequences, tagNames: [String], smoothing: Double = 0.1
  ) -> HiddenMarkov {
    require(
      sequences.tags.count == sequences.symbols.count,
      "HiddenMarkov.fit expected a tag for each symbol, received \(sequences.tags.count)")
    let count = tagNames.count
    let table = GramTable()
    var order: [Int32] = []
    var emitted: [Double] = []
    var starts = [Double](repeating: 0, count: count)
    var transitions = [Double](repeating: 0, count: count * count)
    var totals = [Double](repeating: 0, count: count)
    for sequence in 0..<sequences.count {
      let range = sequences.starts[sequence]..<sequences.starts[sequence + 1]
      for index in range {
        let (symbol, tag) = (sequences.symbols[index], Int(sequences.tags[index]))
        let place = table.number(adding: UInt64(UInt32(bitPattern: symbol)))
        if place == order.count {
          order.append(symbol)
          emitted += repeatElement(0, count: count)
        }
        emitted[place * count + tag] += 1
        totals[tag] += 1
        if index == range.lowerBound {
          starts[tag] += 1
        } else {
          transitions[Int(sequences.tags[index - 1]) * count + tag] += 1
        }
      }
    }
    emitted += repeatElement(0, count: count)
    let kinds = Double(order.count + 1)
    return HiddenMarkov(
      tagNames: tagNames, starts: logarithms(starts, smoothing: smoothing),
      transitions: (0..<count).flatMap {
        logarithms(Array(transitions[$0 * count..<($0 + 1) * count]), smoothing: smoothing)
      },
      emissions: emitted.indices.map {
        Numeric.logarithm((emitted[$0] + smoothing) / (totals[$0 % count] + smoothing * kinds))
      }, symbols: order)
  }

  /// Of the shares; what never occurred among others that did is impossible.
  private static func logarithms(_ counts: [Double], smoothing: Double) -> [Double] {
    let seen = counts.count { $0 > 0 }
    let total = counts.reduce(0, +) + smoothing * Double(seen)
    guard total > 0 else {
      return counts.map { _ in -Numeric.logarithm(Double(counts.count)) }
    }
    return counts.map { $0 > 0 ? Numeric.logarithm(($0 + smoothing) / total) : -.infinity }
  }

  /// The same emissions with the tags of `sequences` drawn alone, whatever stands before them: naive Bayes.
  public func withoutChain(as sequences: TaggedSequences) -> HiddenMarkov {
    var counts = [Double](repeating: 0, count: tagCount)
    for tag in sequences.tags { counts[Int(tag)] += 1 }
    let total = max(1, counts.reduce(0, +))
    let shares = counts.map { Numeric.logarithm($0 / total) }
    var model = self
    model.starts = shares
    model.transitions = (0..<tagCount).flatMap { _ in shares }
    return model
  }

  /// A model of `tagNames` with random probabilities, to begin Baum-Welch with.
  public static func random(
    tagNames: [String], symbols: [Int32], seed: UInt64
  ) -> HiddenMarkov {
    var random = RandomStream(seed: seed)
    let count = tagNames.count
    func shares(_ number: Int) -> [Double] {
      let values = (0..<number).map { _ in 0.5 + random.uniform() }
      let total = values.reduce(0, +)
      return values.map { Numeric.logarithm($0 / total) }
    }
    let starts = shares(count)
    let transitions = (0..<count).flatMap { _ in shares(count) }
    let byTag = (0..<count).map { _ in shares(symbols.count + 1) }
    return HiddenMarkov(
      tagNames: tagNames, starts: starts, transitions: transitions,
      emissions: (0...symbols.count).flatMap { place in byTag.map { $0[place] } },
      symbols: symbols)
  }

  /// Where the emissions of a symbol begin.
  @inline(__always)
  private func emission(_ symbol: Int32) -> Int {
    let place = places.number(of: UInt64(UInt32(bitPattern: symbol)))
    return (place < 0 ? symbols.count : place) &* tagCount
  }

  /// The most probable tags of one sequence (Viterbi 1967). Where no sequence is possible at all, the best
  /// tags symbol by symbol.
  public func tags(_ sequence: some RandomAccessCollection<Int32>) -> [Int32] {
    let count = tagCount
    let length = sequence.count
    guard length > 0 else { return [] }
    var scores = [Double](repeating: 0, count: count)
    var next = scores
    var origins = [UInt8](repeating: 0, count: length * count)
    starts.withUnsafeBufferPointer { starts in
      transitions.withUnsafeBufferPointer { transitions in
        emissions.withUnsafeBufferPointer { emissions in
          origins.withUnsafeMutableBufferPointer { origins in
            for (place, symbol) in sequence.enumerated() {
              let emission = emission(symbol)
              for tag in 0..<count {
                var best = -Double.infinity
                var origin = 0
                if place == 0 {
                  best = starts[tag]
                } else {
                  for before in 0..<count {
                    let score = scores[before] + transitions[before &* count &+ tag]
                    if score > best { (best, origin) = (score, before) }
                  }
                }
                next[tag] = best + emissions[emission &+ tag]
                origins[place &* count &+ tag] = UInt8(truncatingIfNeeded: origin)
              }
              swap(&scores, &next)
            }
          }
        }
      }
    }
    var result = [Int32](repeating: 0, count: length)
    var tag = scores.indices.max { scores[$0] < scores[$1] } ?? 0
    guard scores[tag] > -.infinity else {
      return sequence.map { symbol in
        let start = emission(symbol)
        let best = (0..<count).max { emissions[start + $0] < emissions[start + $1] }
        return Int32(best ?? 0)
      }
    }
    for place in stride(from: length - 1, through: 0, by: -1) {
      result[place] = Int32(tag)
      tag = Int(origins[place * count + tag])
    }
    return result
  }

  /// The logarithm of a sequence's probability.
  public func logLikelihood(_ sequence: some RandomAccessCollection<Int32>) -> Double {
    forwardBackward(sequence).logLikelihood
  }

  /// Places × tags: how probable each tag is, given the whole sequence.
  public func marginals(_ sequence: some RandomAccessCollection<Int32>) -> [Double] {
    let found = forwardBackward(sequence)
    return zip(found.forward, found.backward).map { $0 * $1 }
  }

  private struct Trellis {
    /// Places × tags, each place scaled to sum 1.
    var forward: [Double]
    /// Scaled so that forward · backward are the marginals.
    var backward: [Double]
    var scales: [Double]
    var logLikelihood: Double
  }

  private func forwardBackward(_ sequence: some RandomAccessCollection<Int32>) -> Trellis {
    let count = tagCount
    let symbols = Array(sequence)
    var forward = [Double](repeating: 0, count: symbols.count * count)
    var backward = forward
    var scales = [Double](repeating: 1, count: symbols.count)
    let steps = transitions.map(Numeric.exponential)
    func emitted(_ place: Int, _ tag: Int) -> Double {
      Numeric.exponential(emissions[emission(symbols[place]) + tag])
    }
    for place in symbols.indices {
      var sum = 0.0
      for tag in 0..<count {
        var share = 0.0
        if place == 0 {
          share = Numeric.exponential(starts[tag])
        } else {
          for before in 0..<count {
            share += forward[(place - 1) * count + before] * steps[before * count + tag]
          }
        }
        forward[place * count + tag] = share * emitted(place, tag)
        sum += forward[place * count + tag]
      }
      scales[place] = sum
      if sum > 0 { for tag in 0..<count { forward[place * count + tag] /= sum } }
    }
    for place in symbols.indices.reversed() {
      for tag in 0..<count {
        if place == symbols.count - 1 {
          backward[place * count + tag] = 1
          continue
        }
        var share = 0.0
        for next in 0..<count {
          share +=
            steps[tag * count + next] * emitted(place + 1, next)
            * backward[(place + 1) * count + next]
        }
        backward[place * count + tag] = scales[place + 1] > 0 ? share / scales[place + 1] : 0
      }
    }
    return Trellis(
      forward: forward, backward: backward, scales: scales,
      logLikelihood: scales.reduce(0) { $0 + Numeric.logarithm($1) })
  }

  /// Raises the likelihood of untagged sequences (Baum and Welch; Rabiner 1989); returns it after each
  /// round, the first value being the one before.
  public mutating func adapt(
    to sequences: TaggedSequences, rounds: Int, smoothing: Double = 1e-6, work: Work = .silent
  ) throws -> [Double] {
    let count = tagCount
    var history: [Double] = []
    try work.phase("adapting", of: rounds, unit: "rounds") { phase in
      for round in 0...rounds {
        var starts = [Double](repeating: smoothing, count: count)
        var transitions = [Double](repeating: smoothing, count: count * count)
        var emissions = [Double](repeating: smoothing, count: self.emissions.count)
        var likelihood = 0.0
        let steps = self.transitions.map(Numeric.exponential)
        for sequence in 0..<sequences.count {
          let symbols = sequences.symbols[
            sequences.starts[sequence]..<sequences.starts[sequence + 1]]
          guard let first = symbols.indices.first else { continue }
          let trellis = forwardBackward(symbols)
          likelihood += trellis.logLikelihood
          for (place, symbol) in symbols.enumerated() {
            let start = emission(symbol)
            for tag in 0..<count {
              let share =
                trellis.forward[place * count + tag] * trellis.backward[place * count + tag]
              emissions[start + tag] += share
              if place == 0 { starts[tag] += share }
            }
            guard place + 1 < symbols.count, trellis.scales[place + 1] > 0 else { continue }
            let next = emission(symbols[first + place + 1])
            for tag in 0..<count {
              for other in 0..<count {
                transitions[tag * count + other] +=
                  trellis.forward[place * count + tag] * steps[tag * count + other]
                  * Numeric.exponential(self.emissions[next + other])
                  * trellis.backward[(place + 1) * count + other] / trellis.scales[place + 1]
              }
            }
          }
        }
        history.append(likelihood)
        guard round < rounds else { break }
        self.starts = Self.shares(starts, of: 0..<count)
        self.transitions = (0..<count).flatMap {
          Self.shares(transitions, of: $0 * count..<($0 + 1) * count)
        }
        var totals = [Double](repeating: 0, count: count)
        for index in emissions.indices { totals[index % count] += emissions[index] }
        self.emissions = emissions.indices.map {
          Numeric.logarithm(emissions[$0] / totals[$0 % count])
        }
        try phase.advance(note: "log-likelihood \(NumberText.short(likelihood))")
      }
    }
    return history
  }

  private static func shares(_ values: [Double], of range: Range<Int>) -> [Double] {
    let total = values[range].reduce(0, +)
    return values[range].map { Numeric.logarithm($0 / total) }
  }
}
