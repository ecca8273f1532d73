import Foundation
import Messages

/// How well a clustering agrees with known classes.
public struct ClusterAgreement: Sendable, Equatable, Codable {
  /// Mutual information in nats.
  public let mutualInformation: Double
  /// Mutual information divided by the mean of the two entropies; 1 where both are one group.
  public let normalizedMutualInformation: Double
  /// The Rand index corrected for chance (Hubert and Arabie 1985).
  public let adjustedRandIndex: Double
  /// The share of items whose class is the most frequent of their cluster.
  public let purity: Double

  /// - Parameters:
  ///   - clusters: the cluster of each item.
  ///   - classes: its true class, of the same number of items.
  public init(clusters: [Int], classes: [Int]) {
    require(
      clusters.count == classes.count && !clusters.isEmpty,
      "ClusterAgreement expected as many clusters as classes, received \(clusters.count) and "
        + "\(classes.count)")
    struct Pair: Hashable { var cluster, label: Int }
    let total = Double(clusters.count)
    let joint = Dictionary(
      zip(clusters, classes).map { (Pair(cluster: $0, label: $1), 1) }, uniquingKeysWith: +)
    let clusterSizes = Dictionary(clusters.map { ($0, 1) }, uniquingKeysWith: +)
    let classSizes = Dictionary(classes.map { ($0, 1) }, uniquingKeysWith: +)
    // Summed in ascending order, so that equal inputs give equal bytes.
    func sum(_ terms: some Sequence<Double>) -> Double { terms.sorted().reduce(0, +) }
    func entropy(_ sizes: [Int: Int]) -> Double {
      sum(sizes.values.map { -Double($0) / total * log(Double($0) / total) })
    }
    func pairs(_ count: Int) -> Double { Double(count) * Double(count - 1) / 2 }
    mutualInformation = max(
      0,
      sum(
        joint.map { pair, count in
          let expected =
            Double(clusterSizes[pair.cluster, default: 0])
            * Double(classSizes[pair.label, default: 0])
          return Double(count) / total * log(Double(count) * total / expected)
        }))
    let mean = (entropy(clusterSizes) + entropy(classSizes)) / 2
    normalizedMutualInformation = mean > 0 ? min(1, mutualInformation / mean) : 1
    let together = sum(joint.values.map(pairs))
    let inClusters = sum(clusterSizes.values.map(pairs))
    let inClasses = sum(classSizes.values.map(pairs))
    let expected = clusters.count > 1 ? inClusters * inClasses / pairs(clusters.count) : 0
    let highest = (inClusters + inClasses) / 2
    adjustedRandIndex =
      highest == expected ? 1 : (together - expected) / (highest - expected)
    var largest: [Int: Int] = [:]
    for (pair, count) in joint { largest[pair.cluster] = max(largest[pair.cluster] ?? 0, count) }
    purity = Double(largest.values.reduce(0, +)) / total
  }
}
