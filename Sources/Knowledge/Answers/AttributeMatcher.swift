import Foundation

/// How well the rest of a question, without its mention of an entity, names an attribute.
///
/// The share of the attribute's characters and of its pairs of neighbors that the rest has, rare ones weighing
/// more (idf over the base's attributes), and the share of the rest that the attribute explains.
struct AttributeMatcher {
  private var weights: [UInt32: Double] = [:]
  private let rareWeight: Double
  private let base: KnowledgeBase

  init(_ base: KnowledgeBase) {
    self.base = base
    var counts: [UInt32: Int] = [:]
    for number in 0..<base.attributes.count {
      for scalar in Set(base.attributes[number].unicodeScalars.map(\.value)) {
        counts[scalar, default: 0] += 1
      }
    }
    let total = Double(max(1, base.attributes.count))
    rareWeight = log(1 + total)
    weights = counts.mapValues { log(1 + total / Double($0)) }
  }

  func weight(_ scalar: UInt32) -> Double { weights[scalar] ?? rareWeight }

  struct Match {
    var score: Double
    /// The attribute stands in the rest as it is spelled.
    var isLiteral: Bool
  }

  func match(_ attribute: [UInt32], _ question: Question, without mention: Range<Int>) -> Match {
    guard !attribute.isEmpty else { return Match(score: 0, isLiteral: false) }
    var found = 0.0
    var total = 0.0
    var pairs = 0.0
    var pairTotal = 0.0
    var explained = Set<Int>()
    let scalars = question.scalars
    for (index, scalar) in attribute.enumerated() {
      let weight = weight(scalar)
      total += weight
      var isFound = false
      var pairFound = false
      for place in scalars.indices where scalars[place] == scalar && !mention.contains(place) {
        isFound = true
        explained.insert(place)
        if index + 1 < attribute.count, place + 1 < scalars.count, !mention.contains(place + 1),
          scalars[place + 1] == attribute[index + 1]
        {
          pairFound = true
        }
      }
      if isFound { found += weight }
      if index + 1 < attribute.count {
        let pairWeight = weight + self.weight(attribute[index + 1])
        pairTotal += pairWeight
        if pairFound { pairs += pairWeight }
      }
    }
    var rest = 0.0
    var restFound = 0.0
    for place in scalars.indices where !mention.contains(place) && !question.isFiller[place] {
      let weight = min(rareWeight, self.weight(scalars[place]))
      rest += weight
      if explained.contains(place) { restFound += weight }
    }
    let coverage = found / total
    let pairCoverage = pairTotal > 0 ? pairs / pairTotal : coverage
    let explanation = rest > 0 ? restFound / rest : 0
    let isLiteral = pairCoverage > 0.999 && coverage > 0.999
    return Match(
      score: 0.9 * coverage + 0.6 * pairCoverage + 0.8 * explanation, isLiteral: isLiteral)
  }
}
