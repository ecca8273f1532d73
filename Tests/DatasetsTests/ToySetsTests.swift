import Datasets
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct ToySetsTests {
  @Test func mixturesHaveTheirCentersAndWidths() throws {
    for (set, centers, deviation) in [
      (ToySets.ring(count: 20_000, seed: 1), ToySets.ringCenters, ToySets.ringDeviation),
      (ToySets.grid(count: 20_000, seed: 1), ToySets.gridCenters, ToySets.gridDeviation),
    ] {
      let labels = try #require(set.labels)
      for (mode, center) in centers.enumerated() {
        let points = set.inputs[labels .== Double(mode)].to(.float64)
        #expect(points.size(0) > 500)
        let mean = points.mean(axis: 0).doubles()
        #expect(abs(mean[0] - center.x) < 5 * deviation / 20)
        #expect(abs(mean[1] - center.y) < 5 * deviation / 20)
        let spread = points.standardDeviation(axis: 0).doubles()
        #expect(spread.allSatisfy { abs($0 / deviation - 1) < 0.12 })
      }
    }
    #expect(abs(ToySets.gridCenters[0].x + 4 / (2 * 2.0.squareRoot())) < 1e-12)
  }

  @Test func moonsAreCenteredAndSeparate() {
    let moons = ToySets.twoMoons(count: 4000, seed: 2)
    let mean = moons.inputs.mean(axis: 0).doubles()
    #expect(abs(mean[0]) < 0.05 && abs(mean[1]) < 0.05)
    #expect(moons.inputs.equals(ToySets.twoMoons(count: 4000, seed: 2).inputs))
  }

  @Test func shapesStayInRange() throws {
    let shapes = ToySets.shapes(count: 400, seed: 3)
    #expect(shapes.inputs.shape == [400, 1, 16, 16])
    #expect(shapes.inputs.min().item() >= -1 && shapes.inputs.max().item() <= 1)
    #expect(Set(try #require(shapes.labels).integers()) == [0, 1, 2, 3])
    // A ring is hollow, a disc is not: compare the means of the two classes at their brightest.
    let labels = try #require(shapes.labels)
    let disc = shapes.inputs[labels .== 0.0].mean().item()
    let cross = shapes.inputs[labels .== 3.0].mean().item()
    #expect(disc > cross)
  }
}
