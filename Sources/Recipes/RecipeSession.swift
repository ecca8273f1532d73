import Formats
import Foundation
import Messages
import Parallel
import Reports
import Torch
import Tracking
import Training

extension RecipeCard {
  /// Throws `OptionError` for an option that the recipe does not take.
  public func check(_ options: RecipeOptions) throws {
    if options.data != nil, ownData == nil {
      throw OptionError("data", "is not taken by \(name), which runs on \(data)")
    }
    if options.model != nil, ownModel == nil {
      throw OptionError("model", "is not taken by \(name), which starts from no other model")
    }
    if !needsTorch, !["auto", "cpu"].contains(options.device) {
      throw OptionError("device", "is not taken by \(name), which runs on the processor")
    }
    _ = try Precision(parsing: options.precision)
  }
}

/// One run of one article, from its folder's first file to its report.
public struct RecipeSession {
  private let article: any Article.Type
  private let run: Run
  private let options: RecipeOptions
  private let body: (Work) throws -> (findings: [any Finding], steps: Int)
  /// Whether this session made the run, and whether its folder was there before.
  private let isNew: Bool
  private let hadFolder: Bool

  /// The run's folder.
  public var path: String { run.folder.path }

  /// Makes the folder of a new run. Throws for a bad option before anything is written.
  ///
  /// - Parameter settings: The settings that differ from their defaults, by key.
  public static func begin<Chosen: Article>(
    _ article: Chosen.Type, options: RecipeOptions = RecipeOptions(),
    settings: [(key: String, text: String)] = [], at path: String? = nil
  ) throws -> RecipeSession {
    let card = article.card
    let settings = try Chosen.Settings(settings, of: card.name)
    try card.check(options)
    if card.needsTorch { try LibTorch.load() }
    let device = card.needsTorch ? try Device(parsing: options.device) : .cpu
    let configuration = RunConfiguration(
      recipe: card.name, seed: options.seed,
      settings: ["options": try JSONValue(encoding: options), "set": settings.json],
      versions: versions(card))
    let hadFolder = path.map { FileManager.default.fileExists(atPath: $0) } ?? false
    return RecipeSession(
      article, try Run.create(configuration, at: path), options, settings, device, isNew: true,
      hadFolder: hadFolder)
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

  /// The name of the recipe whose run is in `path`.
  public static func recipeName(at path: String) throws -> String {
    let folder = RunFolder(path: path)
    guard folder.isRun else {
      throw InputError(
        "\(path) is not a run: it has no config.json; a folder made by danlu run was expected")
    }
    return try folder.configuration().recipe
  }

  /// Opens the run of `article` in `path`, to continue it after its latest intact checkpoints.
  public static func resume<Chosen: Article>(
    _ article: Chosen.Type, at path: String
  ) throws -> RecipeSession {
    let card = article.card
    let configuration = try RunFolder(path: path).configuration()
    guard let value = configuration.settings["options"],
      let options = try? value.decoded(as: RecipeOptions.self)
    else { throw InputError("\(path)/config.json holds no options of a recipe") }
    let values = (configuration.settings["set"]?.members ?? []).map {
      (key: $0.key, text: $0.value.stringValue ?? $0.value.text())
    }
    let settings = try Chosen.Settings(values, of: card.name)
    if card.needsTorch { try LibTorch.load() }
    let device = card.needsTorch ? try Device(parsing: options.device) : .cpu
    return RecipeSession(
      article, try Run.resume(at: path), options, settings, device, isNew: false, hadFolder: true)
  }

  private init<Chosen: Article>(
    _ article: Chosen.Type, _ run: Run, _ options: RecipeOptions, _ settings: Chosen.Settings,
    _ device: Device, isNew: Bool, hadFolder: Bool
  ) {
    self.article = article
    self.run = run
    self.options = options
    self.isNew = isNew
    self.hadFolder = hadFolder
    body = { work in
      let running = Running(
        settings: settings, options: options, run: run, work: work, device: device)
      return (try article.findings(running), running.steps.done)
    }
  }

  /// Runs the article, writes `claims.json` and `report.html`, returns what they say.
  ///
  /// A new run that fails before anything was logged (for want of data, say) leaves no folder behind.
  public func run(_ work: Work = .silent) throws -> RunSummary {
    let card = article.card
    for problem in run.problems { work.note(problem) }
    noteChangedVersions(work)
    if card.needsTorch { RandomGenerator.seedAll(options.seed) }
    let (findings, steps): ([any Finding], Int)
    do {
      (findings, steps) = try body(work)
    } catch {
      if !(error is Cancelled) { discardIfEmpty() }
      throw error
    }
    let metrics = findings.reduce(into: [:]) { $0.merge($1.metrics) { first, _ in first } }
    let claims = findings.flatMap(\.claims)
    let summary = try run.finish(steps: steps, metrics: metrics, claims: claims)
    let report = try RecipeReport.make(
      card, summary: summary, sections: findings.compactMap(\.section), of: run)
    try report.write(to: run.folder.reportPath)
    return summary
  }

  /// What runs are made with; a run resumed with something else may come out differently.
  private static func versions(_ card: RecipeCard) -> [String: String] {
    guard card.needsTorch else { return ["danlu": danluVersion] }
    return ["danlu": danluVersion, "libtorch": LibTorch.version, "threads": "\(threadCount)"]
  }

  private func noteChangedVersions(_ work: Work) {
    let now = Self.versions(article.card)
    for (name, earlier) in run.configuration.versions.sorted(by: { $0.key < $1.key }) {
      guard let present = now[name], present != earlier else { continue }
      work.note(
        "\(name): \(earlier) when the run began, \(present) now; its numbers may differ from those "
          + "of an uninterrupted run")
    }
  }

  private func discardIfEmpty() {
    let folder = run.folder
    let isEmpty = folder.trainings.allSatisfy { folder.checkpoints(of: $0).complete().isEmpty }
    guard isNew, isEmpty, let records = try? folder.metrics().records, records.isEmpty else {
      return
    }
    try? FileManager.default.removeItem(atPath: path)
    if hadFolder { try? Folder.create(path) }
  }
}
