import Torch

/// Rotary positions (RoPE): the pair (2i, 2i + 1) of a vector at position p is turned by the angle
/// p · 10000^(−2i/d), so that the product of two turned vectors depends on their distance alone; Su et al.
/// 2021.
struct RotaryPositions {
  /// `(B or 1, 1, L, d)`, each number twice.
  let sine: Tensor
  let cosine: Tensor

  /// For vectors of length `size` at `positions` `(B or 1, L)`.
  init(_ positions: Tensor, size: Int, dtype: DType) {
    let angles = SinusoidalTable.angles(positions, size: size).repeatedElements(2, axis: -1)
    sine = angles.sin().to(dtype).expandingAxis(1)
    cosine = angles.cos().to(dtype).expandingAxis(1)
  }

  /// `vectors` `(B, H, L, d)`, turned.
  func callAsFunction(_ vectors: Tensor) -> Tensor {
    let pairs = vectors.unflattened(-1, [-1, 2])
    let turned = Tensor.stack([-pairs[.ellipsis, 1], pairs[.ellipsis, 0]], axis: -1).flattened(
      from: -2)
    return vectors * cosine + turned * sine
  }
}

/// Fixed vectors of positions: sines and cosines of p · 10000^(−2i/d), interleaved; Vaswani et al. 2017.
enum SinusoidalTable {
  /// `(…, size / 2)`, float64.
  static func angles(_ positions: Tensor, size: Int) -> Tensor {
    let exponents = Tensor.range(
      0, Double(size), step: 2, dtype: .float64, device: positions.device)
    return positions.to(.float64).expandingAxis(-1) * (exponents * (-log10000 / Double(size))).exp()
  }

  /// `(…, size)`.
  static func vectors(_ positions: Tensor, size: Int, dtype: DType) -> Tensor {
    let angles = angles(positions, size: size)
    return Tensor.stack([angles.sin(), angles.cos()], axis: -1).flattened(from: -2).to(dtype)
  }

  private static let log10000 = 9.210340371976184
}
