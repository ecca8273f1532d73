import Reports
import Tracking

/// The report of a run: claims, curves of everything logged, what the recipe adds, the configuration.
enum RecipeReport {
  static func make(
    _ card: RecipeCard, summary: RunSummary, sections: [Report.Section], of run: Run
  ) throws -> Report {
    var sections = sections
    let curves = try curves(of: run)
    if !curves.isEmpty { sections.append(Report.Section("Training", curves)) }
    return Report(
      title: card.title, summary: card.summary,
      article: Report.Article(title: card.title, address: card.address, date: card.date),
      claims: summary.claims, sections: sections,
      configuration: try .init(encoding: run.configuration))
  }

  /// One chart per training and family of metrics (`loss` of `o-gan/loss/generator`).
  private static func curves(of run: Run) throws -> [Report.Block] {
    let records = try run.folder.metrics().records
    let prefixes = run.folder.trainings.compactMap { $0.map { "\($0)/" } }
    let names = Set(records.flatMap(\.values.keys)).sorted()
    let families = Dictionary(grouping: names) { name in
      let prefix = prefixes.first { name.hasPrefix($0) } ?? ""
      return prefix
        + (name.dropFirst(prefix.count).split(separator: "/").first.map(String.init) ?? "")
    }
    return families.sorted { $0.key < $1.key }.map { family, names in
      let series = names.map { Series($0, metric: $0, of: records) }
      let isLong = (series.map(\.x.count).max() ?? 0) > 50
      return .chart(Chart.lines(family, series, smoothing: isLong ? 0.9 : 0).halfWidth())
    }
  }
}
