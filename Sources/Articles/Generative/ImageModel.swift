import Formats
import Foundation
import Layers
import Messages
import Recipes
import Torch
import Tracking

/// An article whose run leaves a model that makes images: what `danlu generate` asks for.
public protocol ImageArticle: Article {
  /// The networks that a run trains, with weights of their own, for images `(C, H, W)`.
  static func imageModel(_ settings: Settings, shape: [Int]) -> ImageModel
}

/// Networks that make images from numbers, and, where one of them encodes, numbers from images.
///
/// A run keeps them in `model/`: `shape.json`, a `.safetensors` file a network, and images that it learned from.
public struct ImageModel {
  /// (C, H, W).
  public let shape: [Int]
  /// n of the noise `(N, n)`.
  public let noiseSize: Int
  let parts: [(name: String, module: Module)]
  /// From noise `(N, n)` to images `(N, C, H, W)` in [−1, 1].
  let sample: (Tensor) -> Tensor
  /// From images to codes `(N, n)` that `sample` takes; `nil` where no network encodes.
  let encode: ((Tensor) -> Tensor)?

  /// The images of `noise` `(N, n)`, in inference mode.
  public func images(_ noise: Tensor) -> Tensor {
    evaluating({ .concatenate(noise.split(250).map(sample)) })
  }

  /// The codes of images `(N, C, H, W)` in [−1, 1], in inference mode; `nil` where no network encodes.
  public func codes(_ images: Tensor) -> Tensor? {
    guard let encode else { return nil }
    return evaluating({ .concatenate(images.split(250).map(encode)) })
  }

  private func evaluating(_ body: () -> Tensor, from first: Int = 0) -> Tensor {
    guard first < parts.count else { return withoutGradients(body) }
    return parts[first].module.evaluating { evaluating(body, from: first + 1) }
  }

  private static func folder(_ run: RunFolder) -> String { run.path + "/model" }

  /// Writes the networks as they are into the run's folder, and as many of the training images as tell
  /// whether samples are copies.
  func keep<Settings>(in run: Running<Settings>, _ images: ZooImages) throws {
    let folder = Self.folder(run.run.folder)
    try Folder.create(folder)
    for (name, module) in parts {
      try module.checkpoint().write(to: "\(folder)/\(name).safetensors")
    }
    let known = images.training.subset(0..<min(10_000, images.training.count)).scaledInputs()
    let bytes = ((known + 1) * 127.5).round().to(.uint8)
    try NamedState(tensors: ["images": bytes]).write(to: folder + "/images.safetensors")
    let text = JSONValue.object([JSONMember("shape", .array(shape.map { .integer($0) }))]).text()
    try AtomicFile.write(text + "\n", to: folder + "/shape.json")
  }

  /// The model that the run in `path` trained, and images that it learned from, `(M, C, H, W)` in [−1, 1].
  ///
  /// Throws `InputError` where `path` is no run, is of an article that makes no images, or is unfinished.
  static func load(path: String) throws -> (model: ImageModel, known: Tensor) {
    let run = RunFolder(path: path)
    let name = try RecipeSession.recipeName(at: path)
    let found = try ArticleBook.article(named: name)
    guard let article = found as? any ImageArticle.Type else {
      let able = ArticleBook.all.filter { $0 is any ImageArticle.Type }.map { $0.card.name }
      throw InputError(
        "\(path) is a run of \(name), which leaves no model that makes images; runs of "
          + "\(able.joined(separator: ", ")) do")
    }
    let folder = folder(run)
    guard FileManager.default.fileExists(atPath: folder + "/shape.json") else {
      throw InputError(
        "\(path) holds no trained model yet; finish it by 'danlu run --resume \(path)'")
    }
    return try restored(article, run, shape: shape(folder + "/shape.json"), folder)
  }

  private static func shape(_ path: String) throws -> [Int] {
    let file = try MappedFile(path: path)
    let value = try? JSONValue(parsing: file.bytes)["shape"]
    guard let shape = value?.arrayValue?.compactMap(\.integerValue), shape.count == 3,
      shape.allSatisfy({ $0 > 0 })
    else { throw FileError(path: path, reason: "says no shape of images") }
    return shape
  }

  private static func restored<Chosen: ImageArticle>(
    _ article: Chosen.Type, _ run: RunFolder, shape: [Int], _ folder: String
  ) throws -> (model: ImageModel, known: Tensor) {
    let configuration = try run.configuration()
    let values = (configuration.settings["set"]?.members ?? []).map {
      (key: $0.key, text: $0.value.stringValue ?? $0.value.text())
    }
    let settings = try Chosen.Settings(values, of: article.card.name)
    try LibTorch.load()
    let model = article.imageModel(settings, shape: shape)
    for (name, module) in model.parts {
      try module.restore(try NamedState(path: "\(folder)/\(name).safetensors"))
    }
    let kept = try NamedState(path: folder + "/images.safetensors")
    guard let images = kept.tensors["images"], Array(images.shape.dropFirst()) == shape else {
      throw FileError(
        path: folder + "/images.safetensors", reason: "holds no images of shape \(shape)")
    }
    return (model, images.to(.float32) / 127.5 - 1)
  }
}
