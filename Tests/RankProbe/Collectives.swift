import Distributed
import Messages
import Parallel

/// Every operation of a communicator against what it must give.
struct Collectives {
  private let communicator: Communicator
  private var rank: Int { communicator.rank }
  private var size: Int { communicator.size }

  init(_ communicator: Communicator) { self.communicator = communicator }

  func summary() throws -> String {
    try sums()
    try brainFloat()
    try blocks()
    try broadcasts()
    return "\(size) ranks agree"
  }

  private func check(_ holds: Bool, _ what: String) throws {
    if !holds { throw InputError("rank \(rank): wrong \(what)") }
  }

  private func sums() throws {
    try communicator.barrier()
    let triangle = Double(size * (size + 1) / 2)
    // More than two pieces, the last one short.
    let count = 2 * Communicator.pieceBytes / 8 + 1001
    var doubles = (0..<count).map { Double($0 % 97) * Double(rank + 1) }
    try doubles.withUnsafeMutableBufferPointer { try communicator.sum($0) }
    try check(doubles.indices.allSatisfy { doubles[$0] == Double($0 % 97) * triangle }, "sum")
    let whole = try communicator.sum([rank, 1, -rank])
    try check(whole == [size * (size - 1) / 2, size, -size * (size - 1) / 2], "sum of integers")
    let largest = try communicator.maximum([Float(rank), Float(-rank)])
    try check(largest == [Float(size - 1), 0], "maximum")
    let scattered = try communicator.sumScattered((0..<2 * size).map { Double($0 + rank) })
    let shift = Double(size * (size - 1) / 2)
    try check(
      scattered == [Double(2 * rank * size) + shift, Double((2 * rank + 1) * size) + shift],
      "scattered sum")
    try pending()
  }

  private func pending() throws {
    let values = UnsafeMutableBufferPointer<Float>.allocate(capacity: 1000)
    defer { values.deallocate() }
    for index in values.indices { values[index] = Float(index * (rank + 1)) }
    let operation = try communicator.beginSum(values)
    while try !operation.progress() {}
    try operation.wait()
    let factor = Float(size * (size + 1) / 2)
    try check(values.indices.allSatisfy { values[$0] == Float($0) * factor }, "sum that was begun")
  }

  /// Against the sum in float64, and equal on all ranks.
  private func brainFloat() throws {
    var values = [Float](repeating: 0, count: 10_007)
    var exact = [Double](repeating: 0, count: values.count)
    var sizes = exact
    for other in 0..<size {
      var random = RandomStream(seed: 7, stream: UInt64(other))
      for index in values.indices {
        let value = Float(random.uniform() - 0.5)
        exact[index] += Double(value)
        sizes[index] += abs(Double(value))
        if other == rank { values[index] = value }
      }
    }
    try values.withUnsafeMutableBufferPointer { try communicator.sumInBrainFloat($0) }
    let bound = size == 1 ? 1e-6 : 1.0 / 128
    try check(
      values.indices.allSatisfy {
        abs(Double(values[$0]) - exact[$0]) <= bound * sizes[$0] + 1e-30
      },
      "sum in bfloat16")
    let bytes = values.withUnsafeBytes { Array($0) }
    let all = try communicator.gather(bytes)
    try check(all.allSatisfy { $0 == all[0] }, "sum in bfloat16: not the same on all ranks")
  }

  private func blocks() throws {
    let gathered = try communicator.gather([UInt8](repeating: UInt8(rank), count: 3 * rank))
    try check(
      gathered == (0..<size).map { [UInt8](repeating: UInt8($0), count: 3 * $0) }, "gathering")
    let sent = (0..<size).map { to in [Int](repeating: 100 * rank + to, count: rank + to) }
    let received = try communicator.exchange(sent)
    try check(
      received
        == (0..<size).map { from in [Int](repeating: 100 * from + rank, count: from + rank) },
      "exchange")
  }

  private func broadcasts() throws {
    for root in 0..<size {
      let length = 1000 * root + 5
      let bytes = try communicator.broadcast(
        rank == root ? [UInt8](repeating: UInt8(root + 1), count: length) : [9], from: root)
      try check(bytes == [UInt8](repeating: UInt8(root + 1), count: length), "broadcast")
    }
  }
}
