import Reports
import Tracking

/// The report of a run: claims, curves of everything logged, what the recipe adds, the configuration.
enum RecipeReport {
  static func make(
    _ card: RecipeCard, summary: RunSummary, sections: [Report.Section], of run: Run
  ) throws -> Report {
    var sections = sections
    let curves = try Report.curves(of: run.folder)
    if !curves.isEmpty { sections.append(Report.Section("Training", curves)) }
    return Report(
      title: card.title, summary: card.summary,
      article: Report.Article(title: card.title, address: card.address, date: card.date),
      claims: summary.claims, sections: sections,
      configuration: try .init(encoding: run.configuration))
  }
}
