// Answers lines of 64 pixel values (0 to 255) with a digit and its probability, in batches of up to 64; an
// empty line, or the end, answers what waits. The model comes from PyTorch; no GPU is asked for.
//     swift run -c release server < data/digits.txt
import Layers
import Torch

let model = Sequential(
  Conv2d(1, 32, kernelSize: 3, padding: 1), BatchNorm(32), Activation(.relu), MaxPool2d(2),
  Conv2d(32, 64, kernelSize: 3, padding: 1), BatchNorm(64), Activation(.relu), GlobalAveragePool(),
  Dense(64, 10))
try model.load(from: "data/classifier.pt", map: .pytorch)
model.evaluate()
var waiting: [[Float]] = []

@MainActor func answer() {
  guard !waiting.isEmpty else { return }
  let images = Tensor(waiting).reshaped(-1, 1, 8, 8) / 127.5 - 1
  let best = withoutGradients { model(images).softmax().topK(1) }
  for (digit, probability) in zip(best.indices.integers(), best.values.floats()) {
    print(digit, probability)
  }
  waiting = []
}

while let line = readLine() {
  let pixels = line.split(separator: " ").compactMap { Float($0) }
  if pixels.count == 64 {
    waiting.append(pixels)
  } else if !line.isEmpty {
    print("64 numbers expected")
  }
  if waiting.count == 64 || line.isEmpty { answer() }
}
answer()
