import Foundation
import Testing

@testable import Articles

@Suite struct MagicCubeTests {
  @Test func thePrintedCubeIsPlaneMagicOnly() {
    let cube = MagicCube.printed
    #expect(cube.sums(MagicCube.planes) == Array(repeating: 126, count: 15))
    #expect(cube.repeated == [8, 22] && cube.missing == [10, 20])
    let lines = cube.sums(MagicCube.lines)
    #expect(lines.count == 31 && lines.min() == 6 && lines.max() == 78)
    #expect(Set(lines.suffix(4)) == [35, 46, 42, 39])
  }

  @Test func thereAre192CubesIn4Classes() {
    let cubes = MagicCube.all()
    #expect(cubes.count == 192 && Set(cubes).count == 192)
    #expect(Set(cubes.map(\.canonical)).count == 4)
    for cube in cubes {
      #expect(cube.sums(MagicCube.lines).allSatisfy { $0 == 42 })
      #expect(cube.missing.isEmpty)
    }
    let known = MagicCube(cells: [
      1, 15, 26, 17, 19, 6, 24, 8, 10, 23, 7, 12, 3, 14, 25, 16, 21, 5, 18, 20, 4, 22, 9, 11, 2, 13,
      27,
    ])
    #expect(cubes.contains(known))
  }

  @Test func theDrawingIsComplete() {
    let svg = MagicCube.printed.svg
    #expect(svg.components(separatedBy: "<text").count == 28)
    #expect(svg.components(separatedBy: "<line").count == 55)
    #expect(MagicCube.printed.latex.contains("4 & 25 & 11 & 13 & 27 & 5 & 9 & 26 & 6"))
  }
}
