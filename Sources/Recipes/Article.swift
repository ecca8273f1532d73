import Reports

/// A runnable article: its card, its settings, and what it finds.
///
///     public enum OGANArticle: Article {
///       public struct Settings: RecipeSettings {
///         @Knob("Adam's learning rate", in: 1e-6...1) var rate = 2e-4
///         @Knob("updates of both players", in: 1...) var steps = 2000
///         public init() {}
///       }
///
///       public static let card = RecipeCard(name: "o-gan", …)
///
///       public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
///         let task = …
///         try run.train(task, named: "o-gan", steps: run.settings.steps)
///         return [EncoderCorrelation(task), ReconstructionError(task, run)]
///       }
///     }
///
/// An article is thin: what another program could use lives in a library target below.
public protocol Article: Sendable {
  associatedtype Settings: RecipeSettings = NoSettings

  /// What `danlu recipes` shows.
  static var card: RecipeCard { get }

  /// Runs the article and measures what it claims, in the order of the report. Long work reports to
  /// `run.work`; what trains goes through `run.train`, so that it resumes.
  static func findings(_ run: Running<Settings>) throws -> [any Finding]
}

/// One thing that an article finds out: what was measured, what of it is claimed, how it is shown.
public protocol Finding {
  var claims: [Claim] { get }
  /// Final figures by name, as `claims.json` keeps them.
  var metrics: [String: Double] { get }
  var section: Report.Section? { get }
}

extension Finding {
  public var claims: [Claim] { [] }
  public var metrics: [String: Double] { [:] }
  public var section: Report.Section? { nil }
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
  /// Whether it needs libtorch beside Danlu.
  public let needsTorch: Bool
  /// The data it runs on by default.
  public let data: String
  /// What `--data` may name; `nil` where the recipe takes no data of the user's.
  public let ownData: String?
  /// What `--model` may name; `nil` where the recipe starts from no model of the user's.
  public let ownModel: String?
  /// How long it takes by default on two cores.
  public let duration: String

  public init(
    name: String, title: String, summary: String, date: String, archive: Int,
    needsTorch: Bool = true, data: String, ownData: String? = nil, ownModel: String? = nil,
    duration: String
  ) {
    self.name = name
    self.title = title
    self.summary = summary
    self.date = date
    self.archive = archive
    self.needsTorch = needsTorch
    self.data = data
    self.ownData = ownData
    self.ownModel = ownModel
    self.duration = duration
  }

  public var address: String { "https://kexue.fm/archives/\(archive)" }
}
