import ArgumentParser
import Tokenizers

struct BERTCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bert",
    abstract: "Tokens, vectors and texts of transformers in Hugging Face folders.",
    discussion: """
      Examples:
        danlu bert tokenize --vocab vocab.txt corpus.txt > tokens.jsonl
        danlu bert inspect --model bert-base-chinese/
        danlu bert encode --model MiniLM/ --normalize sentences.txt > vectors.jsonl
        danlu bert fill --model bert-base-chinese/ "科学[MASK][MASK]是第一生产力"
        danlu bert generate --model gpt2/ "Once upon a time"
        danlu bert convert --model chinese_L-12_H-768_A-12/ --out bert-base-chinese/
        danlu bert pretrain corpus/ --out models/own
        danlu bert fine-tune classify --model bert-base-chinese/ --data reviews.tsv --out runs/reviews
        danlu bert predict --run runs/reviews new.txt
      """,
    subcommands: [
      BERTTokenize.self, BERTEncode.self, BERTInspect.self, BERTFill.self, BERTGenerate.self,
      BERTConvert.self, BERTPretrain.self, BERTFineTune.self, BERTPredict.self,
      BERTEvaluate.self,
    ])
}

/// Where a tokenizer comes from.
struct TokenizerOptions: ParsableArguments {
  enum Rules: String, ExpressibleByArgument, CaseIterable {
    case huggingface, google, bert4keras
  }

  @Option(help: "A vocab.txt, a SentencePiece .model or a tokenizer.json.")
  var vocab: String?

  @Option(help: "A model's folder; its own tokenizer is read.")
  var model: String?

  @Flag(help: "Keep capitals and accents (with a vocab.txt; otherwise the file says).")
  var cased = false

  @Option(help: "Whose cleaning and cutting a vocab.txt gets: huggingface, google or bert4keras.")
  var rules = Rules.huggingface

  func validate() throws {
    guard (vocab == nil) != (model == nil) else {
      throw ValidationError("one of --vocab FILE and --model DIR is needed")
    }
  }

  func tokenizer() throws -> any Tokenizer {
    if let model { return try TokenizerFile.read(folder: model) }
    let path = vocab ?? ""
    if path.hasSuffix(".json") { return try TokenizerFile.read(path) }
    if path.hasSuffix(".model") {
      return try SentencePieceTokenizer(SentencePieceModel(contentsOf: path))
    }
    let rules: BERTTextRules =
      switch rules {
      case .huggingface: .huggingFace(lowercases: !cased)
      case .google: .google(lowercases: !cased)
      case .bert4keras: .bert4keras(lowercases: !cased)
      }
    return try WordPieceTokenizer(vocabulary: Vocabulary(contentsOf: path), rules: rules)
  }
}
