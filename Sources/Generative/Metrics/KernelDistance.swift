import Messages
import Torch

/// The kernel distance of two sets of features `(N, d)` and `(M, d)`: the squared maximum mean discrepancy under
/// the kernel (⟨x, y⟩/d + 1)³, estimated without bias, so that it may be below 0. With the features of Inception
/// it is called KID; Bińkowski et al. 2018.
public func kernelDistance(_ real: Tensor, _ fake: Tensor) -> Double {
  require(
    real.rank == 2 && fake.rank == 2 && real.size(1) == fake.size(1) && real.size(0) >= 2
      && fake.size(0) >= 2,
    "kernelDistance expected features (N, d) and (M, d) with N, M ≥ 2, received \(real.shape) and "
      + "\(fake.shape)")
  return withoutGradients {
    let (x, y) = (real.detach().to(.float64), fake.detach().to(.float64))
    func kernel(_ a: Tensor, _ b: Tensor) -> Tensor {
      (a.matmul(b.transposed()) / Double(a.size(1)) + 1).pow(3)
    }
    /// The mean over pairs of different samples.
    func within(_ a: Tensor) -> Double {
      let matrix = kernel(a, a)
      let count = Double(a.size(0))
      return (matrix.sum().item() - matrix.trace().item()) / (count * (count - 1))
    }
    return within(x) + within(y) - 2 * kernel(x, y).mean().item()
  }
}
