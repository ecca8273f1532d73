import Reports
import Tracking

/// A runnable article: default data, a model, a training loop, and the claims that it checks.
///
/// A recipe is thin: what another program could use lives in a library target below.
public protocol Recipe: Sendable {
  /// What `danlu recipes` shows.
  static var card: RecipeCard { get }

  /// Runs the article and measures its claims. Long work reports to `context.progress`, stops at
  /// `context.cancellation`, and leaves what it makes in `context.run`.
  static func run(_ context: RecipeContext) throws -> RecipeResult
}

/// A recipe in a few lines.
public struct RecipeCard: Sendable {
  /// The name on the command line, such as `gan-single-loss`.
  public let name: String
  /// The article's title.
  public let title: String
  /// What the recipe does, in one English sentence.
  public let summary: String
  /// When the article appeared, `2019-02-22`.
  public let date: String
  /// The article's number: `https://kexue.fm/archives/<number>`.
  public let archive: Int
  /// What the recipe needs beside Danlu; `libtorch` or nothing.
  public let needsTorch: Bool
  /// The data it runs on by default, and what `--data` may name.
  public let data: String
  /// How long it takes by default on two cores.
  public let duration: String
  /// The knobs of `--set`.
  public let settings: [Setting]

  public init(
    name: String, title: String, summary: String, date: String, archive: Int,
    needsTorch: Bool = true, data: String, duration: String, settings: [Setting] = []
  ) {
    self.name = name
    self.title = title
    self.summary = summary
    self.date = date
    self.archive = archive
    self.needsTorch = needsTorch
    self.data = data
    self.duration = duration
    self.settings = settings
  }

  public var address: String { "https://kexue.fm/archives/\(archive)" }
}

/// What a recipe leaves beside its run folder's files.
public struct RecipeResult: Sendable {
  public var steps: Int
  public var metrics: [String: Double]
  public var claims: [Claim]
  /// What the report shows below the claims, in order.
  public var sections: [Report.Section]

  public init(
    steps: Int = 0, metrics: [String: Double] = [:], claims: [Claim],
    sections: [Report.Section] = []
  ) {
    self.steps = steps
    self.metrics = metrics
    self.claims = claims
    self.sections = sections
  }
}
