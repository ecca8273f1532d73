import Datasets
import Formats
import Foundation
import Parallel
import Tokenizers

@testable import Pretraining

func write(_ text: String, to path: String) throws { try AtomicFile.write(text, to: path) }

/// Packs the file at `path` and returns the path of the packed one.
func gzip(_ path: String) throws -> String {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = ["gzip", "-f", path]
  try process.run()
  process.waitUntilExit()
  return path + ".gz"
}

/// Lines of two sentences whose words are of one of four kinds.
func toyText(documents: Int, seed: UInt64 = 1) -> String {
  let kinds = ["苹果 香蕉 葡萄", "火车 飞机 轮船", "医生 护士 病人", "老师 学生 教室"].map {
    $0.split(separator: " ").map(String.init)
  }
  var random = RandomStream(seed: seed)
  var text = ""
  for _ in 0..<documents {
    let words = kinds[random.below(4)]
    for _ in 0..<3 {
      let drawn = (0..<3).map { _ in words[random.below(3)] }
      text += "我们说" + drawn.joined(separator: "和") + "。今天也说" + words[random.below(3)] + "。\n"
    }
    text += "\n"
  }
  return text
}

/// A tokenizer with a token for each character of `text`.
func characterTokenizer(_ text: String) throws -> WordPieceTokenizer {
  let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
  let characters = Set(text.filter { !$0.isWhitespace }.map(String.init)).sorted()
  return try WordPieceTokenizer(
    vocabulary: Vocabulary(special + characters), rules: .huggingFace(lowercases: true))
}

/// Options of a model that is pre-trained in a moment.
func toyOptions(_ path: String) -> PretrainingOptions {
  var options = PretrainingOptions([path])
  options.newModel.layers = 1
  options.newModel.hiddenSize = 32
  options.newModel.heads = 2
  options.maxLength = 32
  options.vocabularySize = 100
  options.batch = 8
  options.accumulation = 2
  options.steps = 24
  options.rate = 0.02
  options.validationInterval = 10
  options.checkpointInterval = 5
  options.heldOut = 8
  options.shuffleBuffer = 16
  options.device = "cpu"
  options.precision = "fp32"
  return options
}
