/// Which rank updates which parameters: neighbors go to one rank, and every rank has about as many numbers, as far as
/// whole parameters can be dealt out.
struct ParameterShards {
  /// The rank of each parameter.
  let owners: [Int]

  /// - Parameter counts: How many numbers each parameter has.
  init(_ counts: [Int], ranks: Int) {
    let total = max(1, counts.reduce(0, +))
    var before = 0
    owners = counts.map { count in
      // By where its middle lies.
      let owner = min(ranks - 1, (2 * before + count) * ranks / (2 * total))
      before += count
      return owner
    }
  }
}
