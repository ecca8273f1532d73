import Formats
import Foundation
import Parallel
import TestSupport

@testable import FineTuning

func write(_ text: String, to path: String) throws { try AtomicFile.write(text, to: path) }

/// Options of a model that learns a toy in a moment.
func toy(_ task: FineTuningTask, _ data: String) -> FineTuningOptions {
  var options = FineTuningOptions(task, data: data)
  options.newModel.layers = 1
  options.newModel.hiddenSize = 32
  options.newModel.heads = 2
  options.newModel.dropout = 0
  options.maxLength = 32
  options.batch = 16
  options.rate = 5e-3
  options.epochs = 6
  options.precision = "fp32"
  options.device = "cpu"
  return options
}

/// A toy file of `count` examples for a task: the words 红 and 蓝 decide, among words that do not.
func toyData(_ task: FineTuningTask, count: Int, seed: UInt64 = 1) -> String {
  var random = RandomStream(seed: seed)
  let letters = Array("天地人山水火木金土日月星")
  func words(_ count: Int) -> String { String((0..<count).map { _ in letters[random.below(12)] }) }
  var lines: [String] = []
  for _ in 0..<count {
    let color = random.below(2) == 0 ? "红" : "蓝"
    let (before, after) = (words(1 + random.below(4)), words(1 + random.below(4)))
    switch task {
    case .classify: lines.append("\(color == "红" ? "warm" : "cold")\t\(before)\(color)\(after)")
    case .pair: lines.append("\(before)\(color)\t\(after)\t\(color == "红" ? 1 : 0)")
    case .tag, .pointer:
      let start = before.count
      let kind = color == "红" ? "warm" : "cold"
      lines.append(
        "{\"text\": \"\(before)\(color)\(color)\(after)\", \"entities\": "
          + "[{\"start\": \(start), \"end\": \(start + 2), \"type\": \"\(kind)\"}]}")
    case .extract:
      lines.append(
        "{\"question\": \"色\", \"context\": \"\(before)\(color)\(after)\", \"answer\": \"\(color)\"}"
      )
    case .generate:
      lines.append("\(before)\(color)\(after)\t\(color == "红" ? "暖暖" : "冷冷")")
    }
  }
  return lines.joined(separator: "\n") + "\n"
}

func toyName(_ task: FineTuningTask) -> String {
  switch task {
  case .classify, .pair, .generate: "toy.tsv"
  default: "toy.jsonl"
  }
}
