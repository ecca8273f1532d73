extension Tensor {
  /// Cross-correlation of `(B, Cin, L)` with a kernel `(Cout, Cin / groups, K)`.
  public func conv1d(
    _ weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: Int = 0, dilation: Int = 1,
    groups: Int = 1
  ) -> Tensor {
    ATen.conv1d.tensor(self, weight, bias, [stride], [padding], [dilation], groups)
  }

  /// Cross-correlation of `(B, Cin, H, W)` with a kernel `(Cout, Cin / groups, KH, KW)`.
  public func conv2d(
    _ weight: Tensor, bias: Tensor? = nil, stride: [Int] = [1, 1], padding: [Int] = [0, 0],
    dilation: [Int] = [1, 1], groups: Int = 1
  ) -> Tensor {
    ATen.conv2d.tensor(self, weight, bias, stride, padding, dilation, groups)
  }

  /// Cross-correlation over any number of spatial axes: `(B, Cin, …)` with a kernel
  /// `(Cout, Cin / groups, …)`; the lists have one element per spatial axis.
  ///
  /// Transposed: its adjoint, for kernels `(Cin, Cout / groups, …)`.
  public func convolution(
    _ weight: Tensor, bias: Tensor? = nil, stride: [Int], padding: [Int], dilation: [Int],
    isTransposed: Bool = false, outputPadding: [Int]? = nil, groups: Int = 1
  ) -> Tensor {
    ATen.convolution.tensor(
      self, weight, bias, stride, padding, dilation, isTransposed,
      outputPadding ?? stride.map { _ in 0 }, groups)
  }

  /// The adjoint of `conv1d` for kernels `(Cin, Cout / groups, K)`.
  public func convTranspose1d(
    _ weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: Int = 0,
    outputPadding: Int = 0, groups: Int = 1, dilation: Int = 1
  ) -> Tensor {
    ATen.convTranspose1d.tensor(
      self, weight, bias, [stride], [padding], [outputPadding], groups, [dilation])
  }

  /// The adjoint of `conv2d` for kernels `(Cin, Cout / groups, KH, KW)`.
  public func convTranspose2d(
    _ weight: Tensor, bias: Tensor? = nil, stride: [Int] = [1, 1], padding: [Int] = [0, 0],
    outputPadding: [Int] = [0, 0], groups: Int = 1, dilation: [Int] = [1, 1]
  ) -> Tensor {
    ATen.convTranspose2d.tensor(
      self, weight, bias, stride, padding, outputPadding, groups, dilation)
  }

  /// The largest element of each window of `(B, C, L)`.
  public func maxPool1d(_ size: Int, stride: Int? = nil, padding: Int = 0) -> Tensor {
    ATen.maxPool1d.tensor(self, [size], [stride ?? size], [padding])
  }

  /// The largest element of each window of `(B, C, H, W)`.
  public func maxPool2d(
    _ size: [Int], stride: [Int]? = nil, padding: [Int] = [0, 0]
  ) -> Tensor {
    ATen.maxPool2d.tensor(self, size, stride ?? size, padding)
  }

  /// The mean of each window of `(B, C, L)`.
  public func averagePool1d(_ size: Int, stride: Int? = nil, padding: Int = 0) -> Tensor {
    ATen.averagePool1d.tensor(self, [size], [stride ?? size], [padding])
  }

  /// The mean of each window of `(B, C, H, W)`.
  public func averagePool2d(
    _ size: [Int], stride: [Int]? = nil, padding: [Int] = [0, 0]
  ) -> Tensor {
    ATen.averagePool2d.tensor(self, size, stride ?? size, padding)
  }

  /// Means over windows chosen so that the result is `(B, C, size[0], size[1])`.
  public func adaptiveAveragePool2d(_ size: [Int]) -> Tensor {
    ATen.adaptiveAveragePool2d.tensor(self, size)
  }

  /// Resizes `(B, C, H, W)` by repeating the nearest element.
  public func upsampledNearest2d(_ size: [Int]) -> Tensor {
    ATen.upsampleNearest2d.tensor(self, size, nil)
  }

  /// Resizes `(B, C, H, W)` by bilinear interpolation.
  public func upsampledBilinear2d(_ size: [Int], alignCorners: Bool = false) -> Tensor {
    ATen.upsampleBilinear2d.tensor(self, size, alignCorners, nil)
  }
}

extension ATen {
  static let convolution = Operator("convolution")
  static let conv1d = Operator("conv1d")
  static let conv2d = Operator("conv2d")
  static let convTranspose1d = Operator("conv_transpose1d")
  static let convTranspose2d = Operator("conv_transpose2d", "input")
  static let maxPool1d = Operator("max_pool1d")
  static let maxPool2d = Operator("max_pool2d")
  static let averagePool1d = Operator("avg_pool1d")
  static let averagePool2d = Operator("avg_pool2d")
  static let adaptiveAveragePool2d = Operator("adaptive_avg_pool2d")
  static let upsampleNearest2d = Operator("upsample_nearest2d", "vec")
  static let upsampleBilinear2d = Operator("upsample_bilinear2d", "vec")
}
