import ArgumentParser
import Formats
import Foundation
import Messages
import Tokenizers
import Torch
import Transformers

struct BERTConvert: ParsableCommand {
  enum Numbers: String, ExpressibleByArgument, CaseIterable {
    case fp32, bf16, fp16

    var dtype: DType {
      switch self {
      case .fp32: .float32
      case .bf16: .bfloat16
      case .fp16: .float16
      }
    }
  }

  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Write a model in another form: Hugging Face's folder, Google's checkpoint.",
    discussion: """
      Reads Google's TensorFlow checkpoints (bert_config.json, .ckpt.index and its data, vocab.txt) and Hugging \
      Face folders of any kind (safetensors or PyTorch's own files, whole or in parts). Weights that are missing, \
      left over or of another shape are listed and refused.

      Examples:
        danlu bert convert --model chinese_L-12_H-768_A-12/ --out bert-base-chinese/
        danlu bert convert --model old-bert/ --out bert-bf16/ --precision bf16
        danlu bert convert --model bert-base-chinese/ --out for-bert4keras/ --to google
      """)

  @Option(help: "The folder to read.") var model: String
  @Option(help: "The folder to make.") var out: String
  enum Form: String, ExpressibleByArgument, CaseIterable { case huggingface, google }
  @Option(
    help: "huggingface: config.json and safetensors; google: a checkpoint of TensorFlow, of BERTs.")
  var to = Form.huggingface
  @Option(help: "fp32, bf16 or fp16: the numbers that are written.") var precision = Numbers.fp32

  func validate() throws {
    if to == .google, precision != .fp32 {
      throw ValidationError("--to google writes fp32; --precision goes with huggingface")
    }
  }

  func run() throws {
    let configuration = try TransformerConfiguration(folder: model)
    if configuration.family.hasEncoderAndDecoder {
      try convert(EncoderDecoder.self)
    } else {
      try convert(Transformer.self)
    }
  }

  private func convert<Model: PretrainedModule>(_ type: Model.Type) throws {
    var options = CheckpointOptions()
    options.dtype = precision.dtype
    let converted = try Model.load(folder: model, options: options)
    try Folder.createAtomically(out) { folder in
      switch (to, converted as? Transformer) {
      case (.huggingface, _): try converted.write(into: folder)
      case (.google, let transformer?): try transformer.writeGoogle(into: folder)
      case (.google, nil):
        throw InputError("Google's checkpoints can be written of bert; \(model) has two stacks")
      }
      try TokenizerFile.copy(from: model, to: folder)
    }
    let count = converted.namedParameters().reduce(0) { $0 + $1.parameter.count }
    Console.output(
      "\(converted.configuration.family.rawValue), \(NumberText.grouped(count)) parameters: \(out)")
  }
}
