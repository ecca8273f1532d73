import Formats
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
      try Runtime.load()
      _ = try Device(parsing: options.device)
    }
    var versions = ["danlu": danluVersion]
    if card.needsTorch {
      versions["libtorch"] = Runtime.version
      versions["threads"] = "\(threadCount)"
    }
    let configuration = RunConfiguration(
      recipe: card.name, seed: options.seed,
      settings: [
        "options": try JSONValue(encoding: options), "set": settings.json,
      ], versions: versions)
    return RecipeSession(
      recipe: recipe, record: try Run.create(configuration, at: path), options: options,
      settings: settings)
  }

  /// Opens the run in `path` to continue it after its latest checkpoint.
  public static func resume(at path: String, expecting name: String?) throws -> RecipeSession {
    let folder = RunFolder(path: path)
    guard folder.isRun else {
      throw RecipeError("\(path) is not a run: it has no config.json")
    }
    let configuration = try folder.configuration()
    if let name, name != configuration.recipe {
      throw RecipeError("\(path) is a run of \(configuration.recipe), not of \(name)")
    }
    let recipe = try RecipeBook.recipe(named: configuration.recipe)
    if recipe.card.needsTorch { try Runtime.load() }
    guard let options = try configuration.settings["options"]?.decoded(as: RecipeOptions.self)
    else { throw RecipeError("\(path)/config.json holds no options") }
    let assignments = (configuration.settings["set"]?.members ?? []).map {
      "\($0.key)=\($0.value.stringValue ?? $0.value.text())"
    }
    let settings = try Settings(recipe.card, assignments: assignments)
    let step = folder.checkpoints.latest()?.step ?? 0
    return RecipeSession(
      recipe: recipe, record: try Run.resume(at: path, afterStep: step), options: options,
      settings: settings)
  }

  /// Runs the recipe, writes `claims.json` and `report.html`, returns what they say.
  public func run(
    progress: any ProgressReporter, cancellation: Cancellation
  ) throws -> RunSummary {
    let card = recipe.card
    if card.needsTorch { Generator.seedAll(options.seed) }
    let result = try recipe.run(
      RecipeContext(
        run: record, options: options, settings: settings, progress: progress,
        cancellation: cancellation))
    let summary = try record.finish(
      steps: result.steps, metrics: result.metrics, claims: result.claims)
    try record.write(
      RecipeReport.make(card, summary: summary, sections: result.sections, of: record))
    return summary
  }
}

/// Danlu's version, as runs record it.
public let danluVersion = "0.1.0"
