import Foundation
import Messages
import Synchronization

/// What the site counts, in the text format that Prometheus reads.
final class SiteMetrics: Sendable {
  /// Upper bounds of the histogram's buckets, in seconds.
  static let bounds = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30]

  private struct Route {
    var statuses: [Int: Int] = [:]
    var buckets = [Int](repeating: 0, count: bounds.count + 1)
    var seconds = 0.0
  }

  private let routes = Mutex<[String: Route]>([:])
  private let gauges = Mutex<[(name: String, help: String, value: @Sendable () -> Double)]>([])
  private let started = Date()

  /// Counts an answer. `route` is an endpoint's path, never one that a client made up.
  func count(_ route: String, status: Int, seconds: Double) {
    let bucket = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
    routes.withLock { routes in
      routes[route, default: Route()].statuses[status, default: 0] += 1
      routes[route]?.buckets[bucket] += 1
      routes[route]?.seconds += seconds
    }
  }

  /// Adds a number that is read when it is asked for.
  func gauge(_ name: String, _ help: String, _ value: @escaping @Sendable () -> Double) {
    gauges.withLock { $0.append((name, help, value)) }
  }

  /// The page that Prometheus scrapes.
  var text: String {
    var lines: [String] = []
    let routes = routes.withLock { $0 }.sorted { $0.key < $1.key }
    lines += [
      "# HELP danlu_http_requests_total Answers.", "# TYPE danlu_http_requests_total counter",
    ]
    for (name, route) in routes {
      for (status, count) in route.statuses.sorted(by: { $0.key < $1.key }) {
        lines.append(
          "danlu_http_requests_total{route=\"\(name)\",status=\"\(status)\"} \(count)")
      }
    }
    lines += [
      "# HELP danlu_http_request_seconds Time from a request's head to its answer's.",
      "# TYPE danlu_http_request_seconds histogram",
    ]
    for (name, route) in routes {
      var sum = 0
      for (index, count) in route.buckets.enumerated() {
        sum += count
        let bound = index < Self.bounds.count ? NumberText.short(Self.bounds[index]) : "+Inf"
        lines.append(
          "danlu_http_request_seconds_bucket{route=\"\(name)\",le=\"\(bound)\"} \(sum)")
      }
      lines.append("danlu_http_request_seconds_sum{route=\"\(name)\"} \(route.seconds)")
      lines.append("danlu_http_request_seconds_count{route=\"\(name)\"} \(sum)")
    }
    for gauge in gauges.withLock({ $0 }) {
      lines += [
        "# HELP \(gauge.name) \(gauge.help)", "# TYPE \(gauge.name) gauge",
        "\(gauge.name) \(gauge.value())",
      ]
    }
    lines += [
      "# HELP process_start_time_seconds When the site was started.",
      "# TYPE process_start_time_seconds gauge",
      "process_start_time_seconds \(started.timeIntervalSince1970)",
    ]
    if let bytes = Self.residentBytes {
      lines += [
        "# HELP process_resident_memory_bytes Memory in use.",
        "# TYPE process_resident_memory_bytes gauge", "process_resident_memory_bytes \(bytes)",
      ]
    }
    if let count = Self.openDescriptors {
      lines += [
        "# HELP process_open_fds Open files and connections.", "# TYPE process_open_fds gauge",
        "process_open_fds \(count)",
      ]
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Where the system tells (Linux).
  private static var residentBytes: Int? {
    let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
    let pages = text?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    return pages.map { $0 * Int(sysconf(Int32(_SC_PAGESIZE))) }
  }

  private static var openDescriptors: Int? {
    try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
  }
}
