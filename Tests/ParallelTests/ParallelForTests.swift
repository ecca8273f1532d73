import Parallel
import Synchronization
import Testing

@Suite struct ParallelForTests {
  struct Failure: Error, Equatable { let index: Int }

  @Test(arguments: [1, 2, 8]) func visitsEachIndexOnce(threads: Int) throws {
    let visits = Mutex([Int](repeating: 0, count: 1000))
    try parallelFor(count: 1000, threads: threads) { index in
      visits.withLock { $0[index] += 1 }
    }
    #expect(visits.withLock { $0.allSatisfy { $0 == 1 } })
  }

  @Test(arguments: [1, 2, 8]) func mapsInOrder(threads: Int) throws {
    let squares = try parallelMap(count: 100, threads: threads) { $0 * $0 }
    #expect(squares == (0..<100).map { $0 * $0 })
  }

  @Test func reportsAFailureAndStops() {
    #expect(throws: Failure(index: 3)) {
      try parallelFor(count: 100, threads: 1) { index in
        if index >= 3 { throw Failure(index: index) }
      }
    }
  }

  @Test func anEmptyRangeDoesNothing() throws {
    try parallelFor(count: 0, threads: 4) { _ in Issue.record("called") }
  }
}

@Suite struct RandomStreamTests {
  @Test func sameSeedSameNumbers() {
    var first = RandomStream(seed: 7, stream: 1)
    var second = RandomStream(seed: 7, stream: 1)
    var other = RandomStream(seed: 7, stream: 2)
    let numbers = (0..<8).map { _ in first.next() }
    #expect(numbers == (0..<8).map { _ in second.next() })
    #expect(numbers != (0..<8).map { _ in other.next() })
  }

  @Test func continuesFromItsWords() throws {
    var stream = RandomStream(seed: 3)
    _ = stream.next()
    var copy = try #require(RandomStream(words: stream.words))
    #expect(stream.next() == copy.next())
  }

  @Test func momentsOfUniformAndNormal() {
    var stream = RandomStream(seed: 1)
    let count = 200_000
    let uniforms = (0..<count).map { _ in stream.uniform() }
    let normals = (0..<count).map { _ in stream.normal() }
    #expect(abs(uniforms.reduce(0, +) / Double(count) - 0.5) < 0.005)
    #expect(abs(normals.reduce(0, +) / Double(count)) < 0.01)
    #expect(abs(normals.map { $0 * $0 }.reduce(0, +) / Double(count) - 1) < 0.02)
  }
}
