import Messages
import Torch

/// How far images are apart, for models that learn by reconstruction.
public protocol PerceptualDistance: Sendable {
  /// The mean distance of images `(B, C, H, W)`, pair by pair, a scalar.
  func callAsFunction(_ left: Tensor, _ right: Tensor) -> Tensor
}

/// Σ_j 2^j mean |L_j(x) − L_j(y)| over the levels of a Laplacian pyramid, the coarsest map included: what
/// differs at a coarse scale counts more. Needs no network trained elsewhere. Bojanowski et al. 2017 (arXiv
/// 1707.05776).
public struct LaplacianDistance: PerceptualDistance {
  public let levels: Int

  public init(levels: Int = 3) {
    require(levels >= 1, "LaplacianDistance expected one level or more, received \(levels)")
    self.levels = levels
  }

  public func callAsFunction(_ left: Tensor, _ right: Tensor) -> Tensor {
    // Every level is linear, so the pyramid of the difference is the difference of the pyramids.
    let pyramid = pyramid(left - right)
    return pyramid.enumerated().dropFirst().reduce(pyramid[0].abs().mean()) { sum, level in
      sum + Double(1 << level.offset) * level.element.abs().mean()
    }
  }

  /// The levels from the finest on: each map less its blurred half, blown up; last the coarsest map.
  func pyramid(_ images: Tensor) -> [Tensor] {
    var maps: [Tensor] = []
    var image = images
    for _ in 0..<levels where min(image.size(2), image.size(3)) >= 2 {
      let half = image.averagePool2d([2, 2])
      let (height, width) = (image.size(2), image.size(3))
      maps.append(image - half.upsampledBilinear2d([height, width]))
      image = half
    }
    return maps + [image]
  }
}
