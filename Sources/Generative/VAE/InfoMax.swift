import Layers
import Messages
import Torch

/// Features without a decoder: an encoder that keeps as much of the image as it can, by local and global
/// mutual information, near a normal prior (Su Jianlin, kexue.fm/archives/6088 and 6024; Deep INFOMAX, Hjelm
/// et al. 2018). With sp(t) = ln(1 + e^t), local features C_ij, and what is hatted from another image:
///
///     α mean [sp(−T₁(x, z)) + sp(T₁(x̂, z))] + β mean_ij [sp(−T₂(C_ij, z)) + sp(T₂(Ĉ_ij, z))]
///       + γ mean KL(p(z|x) ‖ N(0, I))
///
/// T₁ compares the code with itself and with another's, as the author's code has it. The other image is the
/// one a random number of places farther in the batch, so that no image is its own opponent.
public final class InfoMax: Layer {
  /// α, β and γ; γ counts for the KL averaged over the code's elements.
  public struct Weights: Sendable {
    public var global: Double
    public var local: Double
    public var prior: Double

    public init(global: Double = 0.5, local: Double = 1.5, prior: Double = 0.01) {
      self.global = global
      self.local = local
      self.prior = prior
    }
  }

  /// From images to local features `(B, C, h, w)`, and from those to one vector `(B, k)`.
  public let body: Layer
  public let summary: Layer
  public let mean: Dense
  public let logVariance: Dense
  let globalJudge: Sequential
  let localJudge: Sequential
  public let weights: Weights

  /// - Parameters:
  ///   - localSize: C.
  ///   - summarySize: k.
  ///   - codeSize: n of the code.
  ///   - width: Units of the judges' hidden layers.
  public init(
    body: Layer, summary: Layer, localSize: Int, summarySize: Int, codeSize: Int, width: Int,
    weights: Weights = Weights(), weightInitializer: Initializer = .glorotUniform,
    generator: RandomGenerator? = nil
  ) {
    self.body = body
    self.summary = summary
    self.weights = weights
    func head() -> Dense {
      Dense(
        summarySize, codeSize, weightInitializer: weightInitializer, generator: generator)
    }
    mean = head()
    logVariance = head()
    func judge(_ inputs: Int) -> Sequential {
      ToyNetworks.perceptron(
        [inputs, width, width, width, 1], .relu, weightInitializer: weightInitializer,
        generator: generator)
    }
    globalJudge = judge(2 * codeSize)
    localJudge = judge(localSize + codeSize)
    super.init()
  }

  /// The code's mean, `(B, n)`: the features of images.
  public override func forward(_ input: Tensor) -> Tensor { mean(summary(body(input))) }

  /// The loss of images and its parts, scalars; the KL is the mean over the code's elements.
  public func loss(
    _ images: Tensor
  ) -> (total: Tensor, global: Tensor, local: Tensor, divergence: Tensor) {
    let count = images.size(0)
    require(count >= 2, "InfoMax.loss expected two images or more, received \(images.shape)")
    let map = body(images)
    let features = summary(map)
    let (mean, logVariance) = (mean(features), logVariance(features))
    let code = reparameterized(mean: mean, logVariance: logVariance)
    func another(_ values: Tensor) -> Tensor {
      let shift = Tensor.randomIntegers(1, count, shape: [1]).integerItem()
      return values.rolled(shift, axis: 0)
    }
    let global = contrast(
      joint: globalJudge(.concatenate([code, code], axis: 1)),
      apart: globalJudge(.concatenate([another(code), code], axis: 1)))
    // (B, h·w, C) beside the code at every place.
    let places = map.flattened(from: 2).transposed(1, 2)
    let everywhere = code.expandingAxis(1).broadcast(
      to: [count, places.size(1), code.size(1)])
    let local = contrast(
      joint: localJudge(.concatenate([places, everywhere], axis: 2)),
      apart: localJudge(.concatenate([another(places), everywhere], axis: 2)))
    let divergence = gaussianDivergence(mean: mean, logVariance: logVariance).mean()
    let total =
      weights.global * global + weights.local * local + weights.prior * divergence
    return (total, global, local, divergence)
  }

  /// mean sp(−T(joint)) + mean sp(T(apart)); 2 ln 2 where T cannot tell, 0 where it always can.
  private func contrast(joint: Tensor, apart: Tensor) -> Tensor {
    (-joint).softplus().mean() + apart.softplus().mean()
  }
}
