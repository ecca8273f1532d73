import Formats
import Foundation
import Messages
import Parallel
import Torch
import Tracking
import Training

/// One run of one recipe, from its folder's first file to its report.
public struct RecipeSession {
  private let recipe: any Recipe.Type
  private let record: Run
  private let options: RecipeOptions
  private let settings: Settings
  private let origin: Origin

  private enum Origin {
    case created(inExistingFolder: Bool)
    case resumed
  }

  /// The run's folder.
  public var path: String { record.folder.path }

  /// Makes the folder of a new run. Throws for a bad option before anything is written.
  public static func begin(
    _ recipe: any Recipe.Type, options: RecipeOptions, assignments: [String], at path: String?
  ) throws -> RecipeSession {
    let card = recipe.card
    let settings = try Settings(card, assignments: assignments)
    _ = try Precision(parsing: options.precision)
    if card.needsTorch {
      try LibTorch.load()
      _ = try Device(parsing: options.device)
    }
    let configuration = RunConfiguration(
      recipe: card.name, seed: options.seed,
      settings: [
        "options": try JSONValue(encoding: options), "set": settings.json,
      ], versions: versions(card))
    let exists = path.map { FileManager.default.fileExists(atPath: $0) } ?? false
    return RecipeSession(
      recipe: recipe, record: try Run.create(configuration, at: path), options: options,
      settings: settings, origin: .created(inExistingFolder: exists))
  }

  /// What a finished run said, without running anything; `nil` if the run in `path` is unfinished or
  /// none.
  public static func finishedSummary(at path: String) -> RunSummary? {
    let folder = RunFolder(path: path)
    guard FileManager.default.fileExists(atPath: folder.reportPath),
      var summary = try? folder.summary()
    else { return nil }
    summary.run = path  // The folder may have been moved since.
    return summary
  }

  /// Opens the run in `path` to continue it after its latest intact checkpoint.
  public static func resume(
    at path: String, expecting name: String?, find: (String) throws -> any Recipe.Type
  ) throws -> RecipeSession {
    let folder = RunFolder(path: path)
    guard folder.isRun else {
      throw RecipeError(
        "\(path) is not a run: it has no config.json; a folder made by danlu run was expected")
    }
    let configuration = try folder.configuration()
    if let name, name != configuration.recipe {
      throw RecipeError("\(path) is a run of \(configuration.recipe), not of \(name)")
    }
    let recipe = try find(configuration.recipe)
    if recipe.card.needsTorch { try LibTorch.load() }
    guard let value = configuration.settings["options"],
      let options = try? value.decoded(as: RecipeOptions.self)
    else { throw RecipeError("\(path)/config.json holds no options of a recipe") }
    if recipe.card.needsTorch { _ = try Device(parsing: options.device) }
    let assignments = (configuration.settings["set"]?.members ?? []).map {
      "\($0.key)=\($0.value.stringValue ?? $0.value.text())"
    }
    let settings = try Settings(recipe.card, assignments: assignments)
    return RecipeSession(
      recipe: recipe, record: try Run.resume(at: path), options: options, settings: settings,
      origin: .resumed)
  }

  /// Runs the recipe, writes `claims.json` and `report.html`, returns what they say.
  ///
  /// A new run that fails before anything was logged (for want of data, say) leaves no folder behind.
  public func run(
    progress: any ProgressReporter, cancellation: Cancellation
  ) throws -> RunSummary {
    let card = recipe.card
    for problem in record.problems { progress.note(problem) }
    noteChangedVersions(progress)
    if card.needsTorch { RandomGenerator.seedAll(options.seed) }
    let result: RecipeResult
    do {
      result = try recipe.run(
        RecipeContext(
          run: record, options: options, settings: settings, progress: progress,
          cancellation: cancellation))
    } catch {
      if !(error is Cancelled) { discardIfEmpty() }
      throw error
    }
    let summary = try record.finish(
      steps: result.steps, metrics: result.metrics, claims: result.claims)
    try record.write(
      RecipeReport.make(card, summary: summary, sections: result.sections, of: record))
    return summary
  }

  /// What runs are made with; a run resumed with something else may come out differently.
  private static func versions(_ card: RecipeCard) -> [String: String] {
    guard card.needsTorch else { return ["danlu": danluVersion] }
    return ["danlu": danluVersion, "libtorch": LibTorch.version, "threads": "\(threadCount)"]
  }

  private func noteChangedVersions(_ progress: any ProgressReporter) {
    let now = Self.versions(recipe.card)
    for (name, earlier) in record.configuration.versions.sorted(by: { $0.key < $1.key }) {
      guard let present = now[name], present != earlier else { continue }
      progress.note(
        "\(name): \(earlier) when the run began, \(present) now; its numbers may differ from those "
          + "of an uninterrupted run")
    }
  }

  private func discardIfEmpty() {
    guard case .created(let inExistingFolder) = origin,
      record.folder.checkpoints.complete().isEmpty,
      let records = try? record.folder.metrics().records, records.isEmpty
    else { return }
    try? FileManager.default.removeItem(atPath: path)
    if inExistingFolder { try? Folder.create(path) }
  }
}
