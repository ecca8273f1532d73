extension Tensor {
  /// The matrix product of the last two axes, with broadcasting of the others.
  /// PyTorch: `matmul`, `mm`, `bmm`; NumPy and Keras: `dot`, `@`.
  public func matmul(_ other: Tensor) -> Tensor { ATen.matmul.binary(self, other) }

  /// x Wᵀ + b, for x `(…, in)`, W `(out, in)`, b `(out)`.
  public func linear(_ weight: Tensor, bias: Tensor? = nil) -> Tensor {
    ATen.linear.tensor(self, weight, bias)
  }

  /// Sums of products by index letters, such as `"bij,bjk->bik"`.
  public static func einsum(_ equation: String, _ operands: Tensor...) -> Tensor {
    ATen.einsum.tensor(equation, operands)
  }

  /// self = Q R with orthonormal columns in Q and an upper triangular R (reduced form).
  public func qr() -> (q: Tensor, r: Tensor) {
    let results = ATen.qr.tensors(self, "reduced")
    return (results[0], results[1])
  }

  /// self = U diag(S) Vᴴ, singular values in falling order (reduced form by default).
  public func svd(fullMatrices: Bool = false) -> (u: Tensor, s: Tensor, vh: Tensor) {
    let results = ATen.svd.tensors(self, fullMatrices, nil)
    return (results[0], results[1], results[2])
  }

  /// The lower triangular L with self = L Lᴴ; throws if the matrix is not positive definite.
  public func cholesky() throws -> Tensor {
    guard case .tensor(let factor)? = try ATen.cholesky.call([self, false]).first else {
      throw TorchError("cholesky gave no tensor")
    }
    return factor
  }

  /// Sign and natural logarithm of |det|.
  public func slogdet() -> (sign: Tensor, logAbsDet: Tensor) {
    let results = ATen.slogdet.tensors(self)
    return (results[0], results[1])
  }

  public func determinant() -> Tensor { ATen.determinant.unary(self) }

  /// exp(self) = Σ selfᵏ/k!, by scaling and squaring. PyTorch: `matrix_exp`; SciPy: `expm`.
  public func matrixExponential() -> Tensor { ATen.matrixExponential.unary(self) }

  public func inverse() -> Tensor { ATen.inverse.unary(self) }

  /// The x with self x = other; throws if the matrix is singular.
  public func solve(_ other: Tensor) throws -> Tensor {
    guard case .tensor(let solution)? = try ATen.solve.call([self, other, true]).first else {
      throw TorchError("solve gave no tensor")
    }
    return solution
  }

  /// Eigenvalues in rising order and orthonormal eigenvectors (columns) of a symmetric matrix.
  /// PyTorch and NumPy: `eigh`.
  public func symmetricEigen() -> (values: Tensor, vectors: Tensor) {
    let results = ATen.eigh.tensors(self)
    return (results[0], results[1])
  }

  /// The sum of the diagonal of a matrix.
  public func trace() -> Tensor { ATen.trace.unary(self) }

  /// The scalar product of two vectors.
  public func dot(_ other: Tensor) -> Tensor { ATen.dot.binary(self, other) }

  /// u vᵀ for vectors.
  public func outer(_ other: Tensor) -> Tensor { ATen.outer.binary(self, other) }

  /// Distances between all pairs of rows: `(n, d)` and `(m, d)` give `(n, m)`. PyTorch: `cdist`.
  public func pairwiseDistances(_ other: Tensor, order: Double = 2) -> Tensor {
    ATen.cdist.tensor(self, other, order)
  }
}

extension ATen {
  static let matmul = Operator("matmul")
  static let linear = Operator("linear")
  static let einsum = Operator("einsum")
  static let qr = Operator("linalg_qr")
  static let svd = Operator("linalg_svd")
  static let cholesky = Operator("linalg_cholesky")
  static let slogdet = Operator("linalg_slogdet")
  static let determinant = Operator("linalg_det")
  static let matrixExponential = Operator("linalg_matrix_exp")
  static let inverse = Operator("linalg_inv")
  static let solve = Operator("linalg_solve")
  static let eigh = Operator("linalg_eigh")
  static let trace = Operator("trace")
  static let dot = Operator("dot")
  static let outer = Operator("outer")
  static let cdist = Operator("cdist")
}
