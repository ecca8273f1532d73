import Articles
import FineTuning
import Formats
import Foundation
import Messages
import Tracking

/// The models that are there: finished runs and folders of models, found by what they hold. No weights are read to find
/// them.
struct ModelShelf: Sendable {
  enum Kind: String, Sendable, CaseIterable {
    /// A BERT in Hugging Face's form: vectors of texts.
    case encoder
    /// A run of reading-comprehension.
    case reader
    /// A run of nl2sql.
    case tables
    /// A run that makes images.
    case images
    /// A run of conditional-text-generation: texts of a label.
    case writer
    /// The same: texts about a picture.
    case captioner
    /// A model of `danlu bert fine-tune classify`.
    case classifier
    /// A file of `danlu classify train`.
    case classical
  }

  struct Model: Sendable, Hashable {
    let name: String
    let kind: Kind
    let path: String
    /// When it was changed: one that is made anew under the same name is another.
    let date: Date
  }

  /// Where models are looked for, the first of a name counts.
  let folders: [String]

  /// All models, newest first within a kind.
  func all() -> [Model] {
    var found: [Model] = []
    var seen: Set<String> = []
    for folder in folders {
      for name in (try? Folder.names(in: folder)) ?? [] {
        let path = folder + "/" + name
        let kinds = Self.kinds(path)
        guard !kinds.isEmpty, seen.insert(name).inserted else { continue }
        let date = Self.date(path)
        found += kinds.map { Model(name: name, kind: $0, path: path, date: date) }
      }
    }
    return found.sorted { $0.date != $1.date ? $0.date > $1.date : $0.name < $1.name }
  }

  /// The model of that name, or the newest of that kind. Throws `Problem` (404), naming what there is.
  func model(_ name: String?, kinds: [Kind]) throws -> Model {
    let able = all().filter { kinds.contains($0.kind) }
    guard let name else {
      guard let first = able.first else {
        throw Problem.notFound(
          "there is no model of this kind; \(kinds.map(Self.advice).joined(separator: ", or "))")
      }
      return first
    }
    guard let found = able.first(where: { $0.name == name }) else {
      throw Problem.notFound(
        "there is no such model; those of this kind: "
          + (able.isEmpty ? "none" : able.map(\.name).joined(separator: ", ")))
    }
    return found
  }

  private static func advice(_ kind: Kind) -> String {
    switch kind {
    case .encoder: "a folder in Hugging Face's form among the site's models is one"
    case .reader: "a run of reading-comprehension leaves one"
    case .tables: "a run of nl2sql leaves one"
    case .images: "a run of o-gan, gan-qp, vae-infomax or their like leaves one"
    case .writer: "a run of conditional-text-generation leaves one"
    case .captioner: "a run of conditional-text-generation leaves one"
    case .classifier: "danlu bert fine-tune classify makes one"
    case .classical: "danlu classify train makes one, a file NAME.cml"
    }
  }

  /// What the model at a path can do; nothing if it is none.
  private static func kinds(_ path: String) -> [Kind] {
    func has(_ name: String) -> Bool { access(path + "/" + name, R_OK) == 0 }
    if path.hasSuffix(".cml") { return [.classical] }
    var kinds: [Kind] = []
    if has("reader/model.safetensors") { kinds.append(.reader) }
    if has("sql/model.safetensors") { kinds.append(.tables) }
    if has("model/shape.json"), has("claims.json") { kinds.append(.images) }
    if has("writer/model.safetensors") { kinds.append(.writer) }
    if has("captioner/model.safetensors") { kinds.append(.captioner) }
    guard kinds.isEmpty else { return kinds }
    if has("fine-tuning.json") {
      let task = try? FineTunedFolder(path: path).settings().task
      return task == .classify ? [.classifier] : []
    }
    let hasTokens =
      has("vocab.txt") || has("tokenizer.json") || has("spiece.model")
      || has("sentencepiece.bpe.model")
    let hasWeights = has("model.safetensors") || has("pytorch_model.bin")
    return has("config.json") && hasTokens && hasWeights ? [.encoder] : []
  }

  private static func date(_ path: String) -> Date {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return attributes?[.modificationDate] as? Date ?? .distantPast
  }
}
