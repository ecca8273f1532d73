import Datasets
import Foundation
import Generative
import Layers
import Optimizers
import TestSupport
import Testing
import Torch
import Training

/// Acceptance tests G5 and G12: models with an encoder.
@Suite(.enabled(if: hasTorch, torchReason)) struct EncoderTests {
  private func players() -> BiGANPlayers {
    let random = RandomGenerator(seed: 1)
    func dense(_ sizes: [Int]) -> Sequential {
      ToyNetworks.perceptron(sizes, .tanh, generator: random)
    }
    let parts = [dense([3, 8, 5]), dense([5, 8, 3]), dense([5, 8, 4]), dense([7, 8, 1])]
    for part in parts { part.move(dtype: .float64) }
    return BiGANPlayers(
      generator: parts[0], encoder: parts[1], body: parts[2], head: parts[3],
      rule: SGD(learningRate: 0.1))
  }

  @Test func guidesTrainOneMapEach() {
    let players = players()
    let random = RandomGenerator(seed: 2)
    let real = Tensor.normal([6, 5], dtype: .float64, generator: random)
    let noise = Tensor.normal([6, 3], dtype: .float64, generator: random)
    func norms(_ loss: Tensor) -> [Double] {
      [players.generator, players.encoder, players.body, players.head].map { layer in
        let found = optionalGradients(
          of: [loss], withRespectTo: layer.parameters.map(\.value), retainGraph: true)
        return norm(found)
      }
    }
    let loss = players.mapsLoss(real: real, noise: noise)
    let encoder = norms(loss.encoderGuide)
    #expect(encoder[0] == 0 && encoder[1] > 0 && encoder[2] == 0)
    let generator = norms(loss.generatorGuide)
    #expect(generator[0] > 0 && generator[1] == 0 && generator[2] == 0)
    let judge = norms(players.discriminatorLoss(real: real, noise: noise))
    #expect(judge[0] == 0 && judge[1] == 0 && judge[2] > 0 && judge[3] > 0)
    // The game reaches both maps.
    let game = norms(players.mapsLoss(real: real, noise: noise).game)
    #expect(game[0] > 0 && game[1] > 0)
  }

  /// Shares that sum to 1 along the last axis.
  private func shares(_ shape: [Int], _ random: RandomGenerator) -> Tensor {
    let raw = Tensor.uniform(shape, dtype: .float64, generator: random) + 0.05
    return raw / raw.sum(axis: -1, keepAxes: true)
  }

  /// On a finite world the four identities of the articles hold to rounding.
  @Test func identitiesOfTheTwoArticles() {
    let random = RandomGenerator(seed: 3)
    let data = shares([7], random)
    let encoder = shares([7, 5], random)
    let prior = shares([5], random)
    let decoder = shares([5, 7], random)
    let joint = data.expandingAxis(1) * encoder
    let code = joint.sum(axis: 0)
    func divergence(_ p: Tensor, _ q: Tensor) -> Double { (p * (p / q).log()).sum().item() }
    let toPrior = (joint * (encoder / prior).log()).sum().item()
    let information = divergence(joint, data.expandingAxis(1) * code)
    // (A) KL of the joints is the prior's KL less the decoder's gain.
    let whole = divergence(joint, prior * decoder.transposed())
    let gain = (joint * (decoder.transposed() / data.expandingAxis(1)).log()).sum().item()
    #expect(abs(whole - (toPrior - gain)) < 1e-12)
    #expect(gain <= information + 1e-12)
    // (B) With the best decoder the gain is I(X; Z), and the loss KL(p(z) ‖ q(z)).
    let best = (joint / code).transposed()
    let bestGain = (joint * (best.transposed() / data.expandingAxis(1)).log()).sum().item()
    #expect(abs(bestGain - information) < 1e-12)
    #expect(abs(toPrior - bestGain - divergence(code, prior)) < 1e-12)
    // (C) −I + λ KL(p(z) ‖ q(z)) = −(1 + λ) I + λ E KL(p(z|x) ‖ q(z)).
    let weight = 0.7
    #expect(
      abs(
        -information + weight * divergence(code, prior)
          - (-(1 + weight) * information + weight * toPrior)) < 1e-12)
    // (D) The best contrast is twice Jensen and Shannon's divergence less 2 ln 2.
    let product = data.expandingAxis(1) * code
    let judge = (joint / product).log()
    let contrast =
      (joint * judge.logSigmoid()).sum().item() + (product * (-judge).logSigmoid()).sum().item()
    let middle = (joint + product) / 2
    let jensen = (divergence(joint, middle) + divergence(product, middle)) / 2
    #expect(abs(contrast - (2 * jensen - 2 * log(2))) < 1e-12)
  }

  @Test func divergenceOfAGaussianCode() {
    let mean = Tensor([[0.5, -1.0, 0]])
    let logVariance = Tensor([[0.2, -0.4, 0]])
    let exact = gaussianDivergence(mean: mean, logVariance: logVariance)
    #expect(exact[0, 2].item() == 0)
    // By sampling: E[ln p − ln q].
    let count = 100_000
    let z = reparameterized(
      mean: mean.broadcast(to: [count, 3]).contiguous(),
      logVariance: logVariance.broadcast(to: [count, 3]).contiguous(),
      generator: RandomGenerator(seed: 4))
    let ratio =
      0.5 * z.square() - 0.5 * ((z - mean).square() / logVariance.exp() + logVariance)
    let sums = ratio.sum(axis: 1)
    let error = sums.standardDeviation().item() / Double(count).squareRoot()
    #expect(abs(sums.mean().item() - exact.sum().item()) < 3 * error)
  }

  @Test func infoMaxLearns() {
    RandomGenerator.seedAll(5)
    let random = RandomGenerator(seed: 5)
    let body = Sequential(
      Conv2d(1, 8, kernelSize: 3, stride: 2, padding: 1, generator: random), Activation(.relu))
    let model = InfoMax(
      body: body, summary: GlobalAveragePool(), localSize: 8, summarySize: 8, codeSize: 6,
      width: 16, generator: random)
    let images = ToySets.shapes(count: 32, seed: 1).inputs
    let start = model.loss(images)
    // Judges that know nothing pay 2 ln 2.
    #expect(abs(start.local.item() - 2 * log(2)) < 0.5)
    let optimizer = Optimizer(Adam(learningRate: 5e-3), for: model)
    var end = start
    for _ in 0..<60 {
      end = model.loss(images)
      optimizer.step(gradients: optimizer.gradients(of: end.total))
    }
    #expect(end.global.item() < 0.5 * start.global.item())
    #expect(model(images).shape == [32, 6])
  }
}
