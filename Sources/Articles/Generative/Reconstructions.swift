import Formats
import Generative
import Reports
import Torch

/// What comes back when images are encoded and decoded: errors by pixel, and pictures.
struct Reconstructions {
  /// Mean squared error by pixel of the images rebuilt; of the mean image in their place; and of images
  /// rebuilt from others.
  let error: Double
  let meanImageError: Double
  let shuffledError: Double
  private let pairs: Image
  private let strips: Image

  /// - Parameters:
  ///   - encode: From images `(N, C, H, W)` to codes `(N, n)`.
  ///   - decode: From codes to images.
  init(_ images: Tensor, encode: (Tensor) -> Tensor, decode: (Tensor) -> Tensor) {
    let codes = withoutGradients { encode(images) }
    let rebuilt = withoutGradients { decode(codes) }.to(.cpu)
    let images = images.to(.cpu)
    error = rebuilt.squaredError(images).item()
    meanImageError = (images - images.mean(axis: 0)).square().mean().item()
    shuffledError = rebuilt.rolled(1, axis: 0).squaredError(images).item()
    // Rows of sixteen images, each above what came back.
    pairs = SampleSheet.contactSheet(
      .concatenate([images[..<16], rebuilt[..<16], images[16..<32], rebuilt[16..<32]]))
    let rows = (0..<4).map { row in
      let (left, right) = (codes[2 * row], codes[2 * row + 1])
      let between = Tensor.stack((0..<14).map { left.lerp(to: right, weight: Double($0) / 13) })
      let images = [images[2 * row].expandingAxis(0), images[2 * row + 1].expandingAxis(0)]
      let made = withoutGradients { decode(between) }.to(.cpu)
      return Tensor.concatenate([images[0], made, images[1]])
    }
    strips = SampleSheet.contactSheet(.concatenate(rows))
  }

  var blocks: [Report.Block] {
    [
      .images([.init(pairs, caption: "held-out images, and below each what came back of it")]),
      .images([
        .init(strips, caption: "between two held-out images, which stand at the ends of a row")
      ]),
    ]
  }
}
