import Torch

/// 4×4 addition: without gradients, with the graph recorded, and with a backward pass.
enum SmallOperator {
  /// Rounds are short, about a millisecond, so that some of them run undisturbed on a busy machine.
  static let repetitions = 1000
  static let rounds = 300

  static func run() {
    let a = Tensor.normal([4, 4])
    let b = Tensor.normal([4, 4])
    withoutGradients {
      Rounds(rounds) {
        for _ in 0..<repetitions { _ = a + b }
      }.report("add", repetitions: repetitions)
    }
    let w = Tensor.normal([4, 4]).requiringGradient()
    Rounds(rounds) {
      for _ in 0..<repetitions { _ = w + b }
    }.report("add with autograd", repetitions: repetitions)
    Rounds(rounds) {
      for _ in 0..<repetitions { _ = a.reshaped(2, 8) }
    }.report("reshape", repetitions: repetitions)
    let backward = repetitions / 4
    Rounds(rounds) {
      for _ in 0..<backward { _ = gradients(of: (w + b).sum(), withRespectTo: [w]) }
    }.report("add, sum, backward", repetitions: backward)
  }
}
