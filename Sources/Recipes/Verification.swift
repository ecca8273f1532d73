import Foundation
import Parallel
import Tracking

/// The claims of several articles, each run with its defaults.
public struct Verification {
  /// The runs' folders go here, or are removed where it is `nil`.
  public var out: String?
  public var options: RecipeOptions

  public init(options: RecipeOptions = RecipeOptions(), keepingRunsIn out: String? = nil) {
    self.options = options
    self.out = out
  }

  /// Runs each of `articles`, telling each result as it comes.
  public func run(
    _ articles: [any Article.Type], _ work: Work = .silent, _ tell: (RunSummary) -> Void = { _ in }
  ) throws -> [RunSummary] {
    let folder = out ?? NSTemporaryDirectory() + "danlu-verify-\(UUID().uuidString)"
    defer { if out == nil { try? FileManager.default.removeItem(atPath: folder) } }
    return try articles.map { article in
      work.note("\(article.card.name)  \(article.card.title)  (\(article.card.duration))")
      let path = "\(folder)/\(article.card.name)"
      let summary = try RecipeSession.begin(article, options: options, at: path).run(work)
      tell(summary)
      return summary
    }
  }
}
