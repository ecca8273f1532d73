import Foundation
import Testing

@testable import Communities

@Suite struct EntropyTableTests {
  @Test func logarithmMatchesTheSystem() {
    let table = EntropyTable.shared
    var x = 1e-300
    while x < 1e6 {
      #expect(abs(table.log2(x) - log2(x)) <= 4e-16 * max(1, abs(log2(x))), "log2 \(x)")
      x *= 1.000_731
      if x < 1e-12 { x *= 3 }
    }
    #expect(table.p(0) == 0)
  }

  @Test func differenceKeepsSmallSteps() {
    let table = EntropyTable.shared
    for x in [1e-9, 0.01, 0.3, 1.7] {
      for share in [1e-12, 1e-6, 1e-3, 0.01, 0.5, -1e-7, -0.2, -0.9] {
        let d = x * share
        let expected = (x + d) * log1p(share) / log(2) + d * log2(x)
        #expect(abs(table.difference(x, table.log2(x), d) - expected) <= 1e-15 * max(x, 1e-3))
      }
    }
  }
}
