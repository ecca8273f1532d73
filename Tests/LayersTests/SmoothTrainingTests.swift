import Layers
import TestSupport
import Testing
import Torch

/// The article's use of smooth F1: train with cross-entropy, then fine-tune on the target itself.
@Suite(.enabled(if: hasTorch, torchReason)) struct SmoothTrainingTests {
  /// 4000 points, 5 % positive, N(0, I) plus (1.5, 0.75) for the positives.
  private func points(_ generator: RandomGenerator) -> (x: Tensor, t: Tensor) {
    let t = (Tensor.uniform([4000], generator: generator) .< 0.05).to(.float32)
    let x = Tensor.normal([4000, 2], generator: generator)
    return (x + t.expandingAxis(1) * Tensor([1.5, 0.75], dtype: .float32), t)
  }

  private func hardF1(_ model: Dense, _ x: Tensor, _ t: Tensor) -> Double {
    (model(x).squeezed(1) .> 0.0).to(.float32).smoothF1(t, average: .micro).item()
  }

  /// 500 steps of Adam.
  private func train(_ model: Dense, rate: Double, _ loss: () -> Tensor) {
    let values = model.parameters.map(\.value)
    let first = values.map { Tensor.zeros(like: $0) }
    let second = values.map { Tensor.zeros(like: $0) }
    var (decay1, decay2) = (1.0, 1.0)
    for _ in 0..<500 {
      let (_, gradients) = valueAndGradients(withRespectTo: values, loss)
      decay1 *= 0.9
      decay2 *= 0.999
      withoutGradients {
        for index in values.indices {
          first[index].lerpInPlace(to: gradients[index], weight: 0.1)
          second[index].lerpInPlace(to: gradients[index].square(), weight: 0.001)
          values[index].addcdivInPlace(
            first[index], (second[index] / (1 - decay2)).sqrt() + 1e-8, value: -rate / (1 - decay1))
        }
      }
    }
  }

  @Test(arguments: [1, 2, 3]) func fineTuningOnF1RaisesF1(_ seed: Int) {
    let generator = RandomGenerator(seed: UInt64(seed))
    let (x, t) = points(generator)
    let (heldOut, truth) = points(generator)
    let model = Dense(2, 1, generator: generator)
    train(model, rate: 0.05) { model(x).squeezed(1).binaryCrossEntropyWithLogits(t) }
    let before = hardF1(model, heldOut, truth)
    train(model, rate: 0.02) { 1 - model(x).squeezed(1).sigmoid().smoothF1(t, average: .micro) }
    let after = hardF1(model, heldOut, truth)
    #expect(after - before >= 0.05, "\(before) to \(after)")
  }
}
