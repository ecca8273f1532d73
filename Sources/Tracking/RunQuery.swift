import Formats
import Foundation

/// What can be told of a run from its folder, damaged parts named rather than fatal.
public struct RunOverview: Sendable {
  public enum Status: String, Sendable, Codable {
    /// Its claims are written.
    case finished
    /// It is running, or was interrupted and can be resumed.
    case unfinished
    /// Its configuration cannot be read.
    case damaged
  }

  public let folder: RunFolder
  public let status: Status
  public let configuration: RunConfiguration?
  public let summary: RunSummary?
  /// The highest step with a record; `nil` if there is none.
  public let lastStep: Int?
  /// The last value of each metric.
  public let lastMetrics: [String: Double]
  /// The step of the latest complete checkpoint, that of the last training if there are several.
  public let checkpointStep: Int?
  /// One line for each thing that is damaged.
  public let problems: [String]
}

extension RunFolder {
  /// Reads whatever can be read of the run.
  public func overview() -> RunOverview {
    var problems: [String] = []
    func attempt<Value>(_ body: () throws -> Value) -> Value? {
      do { return try body() } catch {
        problems.append("\(error)")
        return nil
      }
    }
    let configuration = attempt { try self.configuration() }
    let hasClaims = access(claimsPath, F_OK) == 0
    let summary = hasClaims ? attempt { try self.summary() } : nil
    var records: [Record] = []
    if access(metricsPath, F_OK) == 0, let read = attempt({ try metrics() }) {
      records = read.records
      problems += read.problems
    }
    var lastMetrics: [String: Double] = [:]
    for record in records { lastMetrics.merge(record.values) { _, new in new } }
    let status: RunOverview.Status =
      configuration == nil ? .damaged : summary == nil ? .unfinished : .finished
    return RunOverview(
      folder: self, status: status, configuration: configuration, summary: summary,
      lastStep: records.map(\.step).max(), lastMetrics: lastMetrics,
      checkpointStep: trainings.compactMap { checkpoints(of: $0).latest()?.step }.last,
      problems: problems)
  }

  /// The runs in the folder `path`, by name; other folders in there are passed over.
  public static func runs(in path: String) throws -> [RunFolder] {
    try Folder.names(in: path).map { RunFolder(path: path + "/" + $0) }.filter(\.isRun)
  }

  /// The values of one metric over the steps, in the order they were logged.
  public static func series(_ name: String, of records: [Record]) -> [(step: Int, value: Double)] {
    records.compactMap { record in record.values[name].map { (record.step, $0) } }
  }
}
