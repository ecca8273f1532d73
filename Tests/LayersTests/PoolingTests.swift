import Layers
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct PoolingTests {
  @Test func equalsPyTorch() throws {
    try GoldenCase("maxPool1d").check(MaxPool1d(3, stride: 2, padding: 1))
    try GoldenCase("averagePool1d").check(AveragePool1d(3, stride: 2, padding: 1))
    try GoldenCase("maxPool2d").check(MaxPool2d(3, stride: 2, padding: 1))
    try GoldenCase("averagePool2d").check(AveragePool2d(2))
    try GoldenCase("globalAveragePool").check(GlobalAveragePool())
    try GoldenCase("globalMaxPool").check(GlobalMaxPool())
    try GoldenCase("upsample-nearest").check(Upsample2d(2))
    try GoldenCase("upsample-bilinear").check(Upsample2d(2, .bilinear))
  }
}
