import Formats
import Foundation
import Messages
import Tokenizers
import Torch
import Transformers

/// A trained reader in a run's folder: `reader/` with `vocab.txt`, `tokenizer_config.json`, `transformer.json`, `model.safetensors` and the
/// questions that it was not trained on.
public struct SavedReader {
  private let folder: String

  /// - Parameter folder: The run's.
  public init(folder: String) { self.folder = folder + "/reader" }

  func write(_ model: Transformer, _ tokenizer: WordPieceTokenizer, _ items: [ReadingItem]) throws {
    try TokenizerFile.write(
      tokenizer, maxLength: model.configuration.maxPositions, to: folder)
    let settings = try JSONValue(encoding: model.configuration).text(pretty: true)
    try AtomicFile.write(to: folder + "/transformer.json") { try $0.write(settings + "\n") }
    try model.save(to: folder + "/model.safetensors")
    try ReadingFiles.write(items, to: folder + "/questions.jsonl")
  }

  /// A question that the run's own passages answer; `nil` if the folder holds no reader.
  public var exampleQuestion: String? {
    (try? ReadingFiles.read(folder + "/questions.jsonl"))?.first { !$0.answers.isEmpty }?.question
  }

  private func reader() throws -> PassageReader {
    let path = folder + "/transformer.json"
    guard FileManager.default.fileExists(atPath: path) else {
      throw InputError(
        "\(folder) does not exist: only finished runs of reading-comprehension answer questions")
    }
    let configuration: TransformerConfiguration
    do {
      configuration = try JSONDecoder().decode(
        TransformerConfiguration.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw FileError(path: path, reason: "describes no transformer that this version knows")
    }
    guard let tokenizer = try TokenizerFile.find(in: folder) as? WordPieceTokenizer else {
      throw FileError(path: folder, reason: "has no vocab.txt")
    }
    guard tokenizer.vocabulary.count <= configuration.vocabularySize else {
      throw FileError(
        path: folder + "/vocab.txt",
        reason:
          "has \(tokenizer.vocabulary.count) tokens, the model \(configuration.vocabularySize)")
    }
    let model = Transformer(configuration)
    try model.load(from: folder + "/model.safetensors")
    model.evaluate()
    var layout = try ReadingLayout(tokenizer)
    layout.decoding = configuration.attention == .prefix ? .seq2seq : .mlm
    return PassageReader(model: model, layout: layout)
  }

  /// An answer as a user reads it.
  public struct Answer: Sendable {
    /// `nil`: the passages do not tell.
    public let text: String?
    public let score: Double
    public let passages: [Passage]
  }

  public struct Passage: Sendable {
    public let text: String
    /// What it voted on the mean for the answer's tokens; 0 if it sees no answer.
    public let vote: Double
    /// Where the answer stands, in scalars of the passage.
    public let place: Range<Int>?
  }

  /// - Parameter tell: Called with the answer so far where it is decoded token by token; false stops.
  public typealias Answerer = (
    _ question: String, _ passages: [String]?, _ tell: @escaping (_ soFar: String) -> Bool
  ) throws -> Answer

  /// Answers `question` from `passages`, or from those of the run that share most with it.
  public func answerer() throws -> Answerer {
    let reader = try reader()
    var own: [String]?
    return { question, passages, tell in
      if passages == nil, own == nil {
        let items = try ReadingFiles.read(folder + "/questions.jsonl")
        var seen: Set<String> = []
        own = items.flatMap(\.passages).map(\.text).filter { seen.insert($0).inserted }
      }
      let read = passages ?? Self.nearest(question, own ?? [])
      let windows = read.flatMap { Self.windows($0, of: reader.layout.maxPassageLength - 2) }
      let answer = try reader.answer(question, passages: windows, tell)
      return Answer(
        text: answer.text.isEmpty ? nil : answer.text, score: answer.score,
        passages: windows.indices.map { index in
          Passage(
            text: windows[index], vote: answer.votes[index],
            place: answer.place.flatMap { $0.passage == index ? $0.range : nil })
        })
    }
  }

  /// A passage longer than the model reads, in parts that overlap by a quarter.
  static func windows(_ passage: String, of length: Int) -> [String] {
    let scalars = Array(passage.unicodeScalars)
    guard scalars.count > length else { return [passage] }
    let step = length * 3 / 4
    return stride(from: 0, to: scalars.count - length / 4, by: step).map { start in
      String(String.UnicodeScalarView(scalars[start..<min(scalars.count, start + length)]))
    }
  }

  /// The five passages that share most pairs of characters with the question, rare pairs counting more.
  static func nearest(_ question: String, _ passages: [String]) -> [String] {
    func pairs(_ text: String) -> Set<[Unicode.Scalar]> {
      let scalars = Array(text.unicodeScalars)
      return Set(zip(scalars, scalars.dropFirst()).map { [$0, $1] })
    }
    let held = passages.map(pairs)
    var frequency: [[Unicode.Scalar]: Int] = [:]
    for pairs in held { for pair in pairs { frequency[pair, default: 0] += 1 } }
    let asked = pairs(question)
    let scores = held.map { pairs in
      pairs.intersection(asked).reduce(0.0) {
        $0 + log(Double(passages.count + 1) / Double(frequency[$1] ?? 1))
      }
    }
    return passages.indices.sorted { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
      .prefix(5).map { passages[$0] }
  }
}
