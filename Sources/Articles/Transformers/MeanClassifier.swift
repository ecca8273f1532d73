import Datasets
import Layers
import Torch
import Transformers

/// Classes of a text from the mean of its states: without a next sentence to guess, no token was pre-trained to stand
/// for the whole.
final class MeanClassifier: Module {
  let body: Transformer
  let head: ClassificationHead

  init(_ body: Transformer, classCount: Int, generator: RandomGenerator) {
    self.body = body
    head = ClassificationHead(
      body.configuration.hiddenSize, classCount: classCount, generator: generator)
    super.init()
  }

  func callAsFunction(_ batch: Batch) -> Tensor {
    let visible = batch.attentionMasks["tokens"]
    let states = body(batch.inputs["tokens"], visible: visible).hiddenStates
    let weights = visible.to(states.dtype).expandingAxis(-1)
    return head((states * weights).sum(axis: 1) / weights.sum(axis: 1))
  }
}
