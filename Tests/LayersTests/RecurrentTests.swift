import Layers
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct RecurrentTests {
  @Test func lstmEqualsPyTorch() throws {
    for (name, lstm) in [
      ("lstm", LSTM(4, 3)), ("lstm-deep", LSTM(4, 3, layerCount: 2, isBidirectional: true)),
    ] {
      try GoldenCase(name).check(lstm) { inputs in
        let (output, state) = lstm.run(
          inputs[0], from: LSTM.State(hidden: inputs[1], cell: inputs[2]))
        return [output, state.hidden, state.cell]
      }
    }
  }

  @Test func gruEqualsPyTorch() throws {
    for (name, gru) in [
      ("gru", GRU(4, 3)), ("gru-deep", GRU(4, 3, layerCount: 2, isBidirectional: true)),
    ] {
      try GoldenCase(name).check(gru) { inputs in
        let (output, state) = gru.run(inputs[0], from: inputs[1])
        return [output, state]
      }
    }
  }

  @Test func lengthsEqualPyTorch() throws {
    let lstm = LSTM(4, 3, isBidirectional: true)
    let lengths = try GoldenCase.tensor("lstm-lengths/lengths")
    try GoldenCase("lstm-lengths").check(lstm) { inputs in
      let (output, state) = lstm.run(
        inputs[0], from: LSTM.State(hidden: inputs[1], cell: inputs[2]), lengths: lengths)
      return [output, state.hidden, state.cell]
    }
    let gru = GRU(4, 3, isBidirectional: true)
    try GoldenCase("gru-lengths").check(gru) { inputs in
      let (output, state) = gru.run(inputs[0], from: inputs[1], lengths: lengths)
      return [output, state]
    }
  }

  @Test func startsAsKeras() throws {
    let lstm = LSTM(5, 4, generator: RandomGenerator(seed: 1))
    let weights = lstm.layers[0].forwards
    let hidden = weights.hiddenWeight.value
    expectClose(hidden.transposed().matmul(hidden), .identity(4), 1e-5)
    let bias = try #require(weights.inputBias).value
    #expect(bias.doubles() == [0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    #expect(weights.hiddenBias?.value.norm().item() == 0)
  }
}
