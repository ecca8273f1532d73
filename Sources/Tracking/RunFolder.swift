import Formats
import Foundation
import Messages

/// Where the parts of a run stand, and the reading of them. Reading never changes a run, and what
/// is damaged is reported beside what is not.
public struct RunFolder: Sendable, Equatable {
  public let path: String

  public init(path: String) { self.path = path }

  public var configurationPath: String { path + "/config.json" }
  public var metricsPath: String { path + "/metrics.jsonl" }
  public var checkpointsPath: String { path + "/checkpoints" }
  public var samplesPath: String { path + "/samples" }
  public var claimsPath: String { path + "/claims.json" }
  public var reportPath: String { path + "/report.html" }

  /// Whether the folder has been made a run's.
  public var isRun: Bool { access(configurationPath, F_OK) == 0 }

  /// The TensorBoard files, by name.
  public var eventPaths: [String] {
    let names = (try? Folder.names(in: path)) ?? []
    return names.filter { $0.hasPrefix("events.") && $0.contains("tfevents") }
      .map { path + "/" + $0 }
  }

  /// The checkpoints of the training called `name`.
  public func checkpoints(of name: String? = nil) -> CheckpointStore {
    CheckpointStore(path: name.map { "\(checkpointsPath)/\($0)" } ?? checkpointsPath)
  }

  /// The trainings that have checkpoints, in the order in which they reached their latest ones.
  public var trainings: [String?] {
    let folders = ((try? Folder.names(in: checkpointsPath)) ?? []).filter(Self.isTrainingName)
    let found: [(name: String?, metrics: Int)] = ([nil] + folders).map { name in
      (name, checkpoints(of: name).latest()?.records.metrics ?? .max)
    }
    return found.sorted { $0.metrics < $1.metrics }.map(\.name)
  }

  static func isTrainingName(_ name: String) -> Bool {
    name.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._-]*/) != nil && !name.hasPrefix("step-")
  }

  /// Throws `FileError` where there is none or where it is damaged.
  public func configuration() throws -> RunConfiguration {
    try Self.decode(RunConfiguration.self, path: configurationPath)
  }

  /// What the finished run said; throws `FileError` where it is missing or damaged.
  public func summary() throws -> RunSummary {
    try Self.decode(RunSummary.self, path: claimsPath)
  }

  /// One line of `metrics.jsonl`.
  public struct Record: Sendable, Equatable {
    public var step: Int
    /// Seconds of work since the run began.
    public var wall: Double
    public var values: [String: Double]
  }

  /// The metrics in the order they were logged; damaged lines are left out and described.
  public func metrics() throws -> (records: [Record], problems: [String]) {
    let file = try MappedFile(path: metricsPath)
    var records: [Record] = []
    var problems: [String] = []
    for (index, line) in file.bytes.split(separator: 0x0a).enumerated() {
      let value = try? JSONValue(parsing: UnsafeRawBufferPointer(rebasing: line))
      if let record = value.flatMap(Record.init) {
        records.append(record)
      } else {
        problems.append("\(metricsPath): record \(index + 1) is damaged")
      }
    }
    return (records, problems)
  }

  private static func decode<Value: Decodable>(_ type: Value.Type, path: String) throws -> Value {
    let file = try MappedFile(path: path)
    do {
      return try JSONDecoder().decode(type, from: Data(file.bytes))
    } catch let error as DecodingError {
      throw FileError(path: path, reason: "damaged: \(reason(of: error))")
    } catch {
      throw FileError(path: path, reason: "damaged: not valid JSON")
    }
  }

  private static func reason(of error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, _): "it lacks \(key.stringValue)"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      "\(context.codingPath.map(\.stringValue).joined(separator: ".")) has the wrong type"
    default: "not valid JSON"
    }
  }
}

extension RunFolder.Record {
  /// From a line of `metrics.jsonl`; `nil` if that is no record.
  init?(_ line: JSONValue) {
    guard let members = line.members, let step = line["step"]?.integerValue else { return nil }
    self.init(step: step, wall: line["wall"]?.doubleValue ?? 0, values: [:])
    for member in members where member.key != "step" && member.key != "wall" {
      values[member.key] = member.value.doubleValue
    }
  }

  var line: JSONValue {
    let pairs = values.sorted { $0.key < $1.key }
    return .object(
      [JSONMember("step", .integer(step)), JSONMember("wall", .number(wall))]
        + pairs.map { JSONMember($0.key, .number($0.value)) })
  }
}
