import Memory
import Testing

@Suite struct BlockTests {
  /// Below and above the size from which whole pages come from the system.
  static let sizes = [0, 1, 1000, 300_000]

  @Test(arguments: sizes) func zerosAreZero(_ count: Int) {
    let block = Block<Double>(zeros: count)
    #expect(block.count == count && block.array.allSatisfy { $0 == 0 })
  }

  @Test(arguments: sizes) func valuesAreWhatWasGiven(_ count: Int) {
    let values = (0..<count).map { UInt32($0) &* 2_654_435_761 }
    #expect(Block(values).array == values)
    #expect(Block(repeating: 7.5, count: count).array == [Double](repeating: 7.5, count: count))
    let block = Block<UInt32>(uninitializedCount: count)
    for index in 0..<count { block[index] = values[index] }
    #expect(Array(block.buffer) == values)
  }

  @Test(arguments: [(1000, 10), (300_000, 299_999), (300_000, 1), (1000, 0), (5, 5)])
  func shrinkingKeepsTheFirstValues(_ count: Int, _ kept: Int) {
    let values = (0..<count).map { Double($0) }
    for block in [Block(values), Block<Double>(uninitializedCount: count)] {
      block.pointer.update(from: values, count: count)
      block.shrink(to: kept)
      #expect(block.count == kept && block.array == Array(values[..<kept]))
    }
  }

  @Test func largeTablesStartAtHugePages() {
    let block = Block<UInt64>(uninitializedCount: 1 << 19)
    #expect(UInt(bitPattern: block.pointer) % (1 << 21) == 0)
  }

  /// 8 GiB, of which two pages become real.
  @Test func untouchedPagesCostNothing() {
    let count = 1 << 30
    let block = Block<UInt64>(zeros: count)
    block[count - 1] = 1
    #expect(block[0] == 0 && block[count / 2] == 0 && block[count - 1] == 1)
  }
}
