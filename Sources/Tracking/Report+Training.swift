import Reports

extension Report {
  /// A run's curves and last figures on one page:
  ///
  ///     try Report(training: run.folder).write(to: "training.html")
  ///
  /// Throws `FileError` where the run's records cannot be read.
  public init(training folder: RunFolder, title: String = "Training") throws {
    let overview = folder.overview()
    let figures = overview.lastMetrics.sorted { $0.key < $1.key }
    let table = Table(
      columns: ["figure", "last value"],
      rows: figures.map { [.text($0.key), .number($0.value)] })
    self.init(
      title: title,
      summary: overview.lastStep.map { "After step \($0)." },
      sections: [
        Section("Curves", try Self.curves(of: folder)), Section("Figures", [.table(table)]),
      ],
      configuration: try overview.configuration.map { try .init(encoding: $0) })
  }

  /// One chart per training and family of metrics (`loss` of `o-gan/loss/generator`), those of validation
  /// beside those of training.
  public static func curves(of folder: RunFolder) throws -> [Block] {
    let records = try folder.metrics().records
    let prefixes = folder.trainings.compactMap { $0.map { "\($0)/" } }
    let names = Set(records.flatMap(\.values.keys)).sorted()
    let families = Dictionary(grouping: names) { name in
      let prefix = prefixes.first { name.hasPrefix($0) } ?? ""
      let parts = name.dropFirst(prefix.count).split(separator: "/")
      let own = parts.first == "validation" ? parts.dropFirst() : parts[...]
      return prefix + (own.first.map(String.init) ?? "")
    }
    return families.sorted { $0.key < $1.key }.map { family, names in
      let series = names.map { Series($0, metric: $0, of: records) }
      let isLong = (series.map(\.x.count).min() ?? 0) > 50
      return .chart(Chart.lines(family, series, smoothing: isLong ? 0.9 : 0).halfWidth())
    }
  }
}
