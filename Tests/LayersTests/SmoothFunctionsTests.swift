import Layers
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct SmoothFunctionsTests {
  let x = Tensor([2.0, 1, 4, 5, 3])

  @Test func equalPyTorch() throws {
    let labels = try GoldenCase.tensor("smooth/labels")
    try GoldenCase("smooth-max").check { [$0[0].smoothMax(sharpness: 3)] }
    try GoldenCase("smooth-min").check { [$0[0].smoothMin(sharpness: 3)] }
    try GoldenCase("smooth-oneHot").check { [$0[0].softOneHotArgmax(sharpness: 3)] }
    try GoldenCase("smooth-argmax").check { [$0[0].softArgmax(sharpness: 3, firstIndex: 1)] }
    try GoldenCase("smooth-topK").check { [$0[0].softTopK(2, sharpness: 3)] }
    try GoldenCase("smooth-accuracy").check { [$0[0].smoothAccuracy($0[1])] }
    try GoldenCase("smooth-f1-micro").check { [$0[0].smoothF1(labels, average: .micro)] }
    try GoldenCase("smooth-f1-macro").check { [$0[0].smoothF1(labels, average: .macro)] }
  }

  @Test func maximumOfTheArticle() {
    #expect(abs(x.smoothMax().item() - 5.451914396) < 1e-9)
    #expect(abs(x.smoothMax(sharpness: 10).item() - 5.000004540) < 1e-9)
    expectClose(
      x.softOneHotArgmax(), Tensor([0.03168492, 0.01165623, 0.23412166, 0.63640865, 0.08612854]),
      1e-8)
    #expect(abs(x.softArgmax(firstIndex: 1).item() - 3.733639663) < 1e-9)
    #expect(abs(x.softArgmax(sharpness: 10, firstIndex: 1).item() - 3.999954605) < 1e-9)
  }

  @Test func topTwoOfTheArticle() {
    let chosen = x.softTopK(2)
    expectClose(
      chosen, Tensor([0.14102370, 0.05317460, 0.64725527, 0.81418058, 0.34436585]), 1e-8)
    #expect(abs(chosen.sum().item() - 2) < 1e-12)
    expectClose(x.softTopK(2, sharpness: 10), Tensor([0, 0, 1, 0.99995, 4.5e-5]), 1e-5)
    // The shift makes the choice independent of where zero lies.
    expectClose((x - 5).softTopK(2, sharpness: 10), x.softTopK(2, sharpness: 10), 1e-12)
  }

  @Test func f1AndAccuracyOfTheArticle() {
    let p = Tensor([0.9, 0.2, 0.6, 0.4]).requiringGradient()
    let t = Tensor([1.0, 0, 1, 1])
    let value = p.smoothF1(t, average: .micro)
    #expect(abs(value.item() - 0.745098039) < 1e-9)
    expectClose(
      gradients(of: value, withRespectTo: [p])[0],
      Tensor([0.246059208, -0.146097655, 0.246059208, 0.246059208]), 1e-9)
    let accuracy = Tensor([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]]).smoothAccuracy(Tensor([0, 1]))
    #expect(abs(accuracy.item() - 0.5) < 1e-12)
  }

  @Test func smoothF1OfHardPredictionsIsF1() {
    let generator = RandomGenerator(seed: 1)
    let p = (Tensor.uniform([50, 3], generator: generator) .> 0.5).to(.float64)
    let t = (Tensor.uniform([50, 3], generator: generator) .> 0.7).to(.float64)
    let f1 = (0..<3).map { column in
      let (p, t) = (p[.all, column], t[.all, column])
      return 2 * (p * t).sum().item() / (p.sum().item() + t.sum().item())
    }
    #expect(p.smoothF1(t, average: .macro).item() == Tensor(f1).mean().item())
    #expect(p[.all, 1].smoothF1(t[.all, 1], average: .micro).item() == f1[1])
    let none = Tensor.zeros([4], dtype: .float64)
    #expect(none.smoothF1(none, average: .micro).item() == 0)
  }

  @Test func gradientsAgreeWithDifferences() {
    let x = self.x.clone().requiringGradient()
    expectGradient(at: [x]) { x.smoothMax(sharpness: 2).square() }
    expectGradient(at: [x]) { x.softArgmax(sharpness: 0.5).square() }
    expectGradient(at: [x]) { x.softTopK(2)[2] }
  }
}
