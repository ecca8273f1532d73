import Messages

/// The best path through scores of labels and of their neighbors (Viterbi 1967).
public struct Viterbi: Sendable {
  /// (K, K): what it scores to go from one label to the next.
  public let transitions: [[Double]]
  /// Labels a path may begin and end with; `nil`: all.
  public var starts: Set<Int>?
  public var ends: Set<Int>?

  public init(transitions: [[Double]], starts: Set<Int>? = nil, ends: Set<Int>? = nil) {
    require(
      transitions.allSatisfy { $0.count == transitions.count },
      "Viterbi expected a square of transitions, received rows of \(transitions.map(\.count))")
    self.transitions = transitions
    self.starts = starts
    self.ends = ends
  }

  /// The best path through scores (L, K) and its score; of equal ones that with the lower labels at the end.
  public func path(_ scores: [[Double]]) -> (labels: [Int], score: Double) {
    path(scores) { _, from, to in transitions[from][to] }
  }

  /// As `path`, where what a step scores depends on its place too.
  func path(
    _ scores: [[Double]], step: (_ place: Int, _ from: Int, _ to: Int) -> Double
  ) -> (labels: [Int], score: Double) {
    guard let first = scores.first else { return ([], 0) }
    let count = transitions.count
    require(
      scores.allSatisfy { $0.count == count },
      "Viterbi expected \(count) scores at each place, received \(first.count)")
    var best = first.indices.map { starts?.contains($0) ?? true ? first[$0] : -.infinity }
    var origins: [[Int]] = []
    for place in 1..<max(1, scores.count) where place < scores.count {
      var next = [Double](repeating: -.infinity, count: count)
      var origin = [Int](repeating: 0, count: count)
      for to in 0..<count {
        for from in 0..<count {
          let score = best[from] + step(place, from, to) + scores[place][to]
          if score > next[to] {
            next[to] = score
            origin[to] = from
          }
        }
      }
      best = next
      origins.append(origin)
    }
    var label = 0
    var score = -Double.infinity
    for index in best.indices where ends?.contains(index) ?? true {
      if best[index] > score {
        score = best[index]
        label = index
      }
    }
    var labels = [label]
    for origin in origins.reversed() {
      label = origin[label]
      labels.append(label)
    }
    return (labels.reversed(), score)
  }
}
