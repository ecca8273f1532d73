import Reports

extension Series {
  /// A metric of a run over its steps.
  public init(_ name: String, metric: String, of records: [RunFolder.Record]) {
    let points = RunFolder.series(metric, of: records)
    self.init(name, x: points.map { Double($0.step) }, y: points.map(\.value))
  }
}
