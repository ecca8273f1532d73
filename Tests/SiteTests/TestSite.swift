import Foundation
import Synchronization

@testable import Site

/// A site on a free port of this machine, for one test.
final class TestSite: Sendable {
  let server: SiteServer
  let port: Int
  let events: EventList
  private let task: Task<Void, any Error>

  final class EventList: Sendable {
    private let list = Mutex<[SiteEvent]>([])
    var all: [SiteEvent] { list.withLock { $0 } }
    func add(_ event: SiteEvent) { list.withLock { $0.append(event) } }
  }

  init(_ adjust: (inout SiteOptions) -> Void = { _ in }) async throws {
    var options = SiteOptions()
    options.port = 0
    options.runs = FileManager.default.temporaryDirectory.path + "/no-runs-\(UUID().uuidString)"
    options.articles = Self.articles
    adjust(&options)
    let events = EventList()
    let server = try SiteServer(options) { events.add($0) }
    self.server = server
    self.events = events
    let (ports, continuation) = AsyncStream<Int>.makeStream()
    task = Task {
      defer { continuation.finish() }
      try await server.run(isStoppedBySignals: false) { continuation.yield($0) }
    }
    var found: Int?
    for await port in ports {
      found = port
      break
    }
    guard let found else {
      try await task.value
      throw CancellationError()
    }
    port = found
  }

  /// One article in each language: all of them take a second to render.
  private static let articles: String = {
    let folder = FileManager.default.temporaryDirectory.path + "/articles-\(UUID().uuidString)"
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for language in ["zh", "en"] {
      let text =
        "---\narticle: gan-qp\ntitle: GAN-QP\ndate: 2018-11-20\ncategory: GAN\n---\nA gradient.\n"
      try? text.write(
        toFile: "\(folder)/gan-qp.\(language).md", atomically: true, encoding: .utf8)
    }
    return folder
  }()

  /// Stops the site and waits until it has stopped; returns the seconds that took.
  @discardableResult
  func stop() async throws -> Double {
    let began = ContinuousClock.now
    await server.stop()
    try await task.value
    return (ContinuousClock.now - began) / .seconds(1)
  }

  /// Runs `body` with a site that is stopped afterwards.
  static func with(
    _ adjust: (inout SiteOptions) -> Void = { _ in }, _ body: (TestSite) async throws -> Void
  ) async throws {
    let site = try await TestSite(adjust)
    do {
      try await body(site)
    } catch {
      try await site.stop()
      throw error
    }
    try await site.stop()
  }

  /// Sends bytes as they are and reads what comes back until the answer is whole, or the end, or `seconds`.
  func raw(_ request: String, seconds: Double = 5) async -> TestReply {
    await raw(Array(request.utf8), seconds: seconds)
  }

  func raw(_ request: [UInt8], seconds: Double = 5) async -> TestReply {
    let port = port
    return await Self.offPool {
      guard let socket = TestSocket(port: port) else { return TestReply([]) }
      socket.send(request)
      return TestReply(socket.readAnswer(seconds: seconds))
    }
  }

  func get(_ path: String, _ fields: [String] = []) async -> TestReply {
    await raw(head("GET", path, fields) + "\r\n")
  }

  func post(
    _ path: String, _ body: String, type: String = "application/json", _ fields: [String] = []
  ) async -> TestReply {
    let fields = fields + ["Content-Type: \(type)", "Content-Length: \(body.utf8.count)"]
    return await raw(head("POST", path, fields) + "\r\n" + body, seconds: 20)
  }

  func head(_ method: String, _ path: String, _ fields: [String]) -> String {
    let host =
      fields.contains { $0.lowercased().hasPrefix("host:") } ? [] : ["Host: localhost:\(port)"]
    return (["\(method) \(path) HTTP/1.1"] + host + fields).joined(separator: "\r\n") + "\r\n"
  }

  /// Blocking work on a thread of its own: the pool's threads serve.
  static func offPool<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
      Thread { continuation.resume(returning: body()) }.start()
    }
  }
}

/// A connection to the site.
final class TestSocket: Sendable {
  let descriptor: Int32

  init?(port: Int) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let status = withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else {
      close(descriptor)
      return nil
    }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  func send(_ text: String) { send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { return }
      sent += count
    }
  }

  /// What has come within `seconds`; `nil` at the end of the connection.
  func read(seconds: Double) -> [UInt8]? {
    var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&wanted, 1, Int32(seconds * 1000)) > 0 else { return [] }
    var buffer = [UInt8](repeating: 0, count: 65536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    return count > 0 ? Array(buffer[..<count]) : nil
  }

  /// Reads until an answer with its body is there.
  func readAnswer(seconds: Double) -> [UInt8] {
    let end = Date().addingTimeInterval(seconds)
    var bytes: [UInt8] = []
    while Date() < end {
      guard let more = read(seconds: max(0.01, end.timeIntervalSinceNow)) else { break }
      bytes += more
      if TestReply(bytes).isWhole { break }
    }
    return bytes
  }
}

/// An answer as it came.
struct TestReply: Sendable {
  let bytes: [UInt8]
  let status: Int
  /// By lower-case name.
  let fields: [String: String]
  let body: [UInt8]
  private let hasHead: Bool

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    let end = bytes.indices.dropLast(3).first { Array(bytes[$0..<$0 + 4]) == [13, 10, 13, 10] }
    hasHead = end != nil
    let head = String(decoding: bytes[..<(end ?? bytes.count)], as: UTF8.self)
    let lines = head.components(separatedBy: "\r\n")
    status = lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    var fields: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2 {
        fields[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
      }
    }
    self.fields = fields
    body = end.map { Array(bytes[($0 + 4)...]) } ?? []
  }

  var text: String { String(decoding: body, as: UTF8.self) }

  var isWhole: Bool {
    guard hasHead else { return false }
    if status == 304 || status == 204 { return true }
    guard let length = fields["content-length"].flatMap({ Int($0) }) else { return false }
    return body.count >= length
  }

  /// Whether it is problem details of this status, in its body too.
  func isProblem(_ code: Int) -> Bool {
    status == code && fields["content-type"] == "application/problem+json"
      && text.contains("\"status\":\(code)")
  }
}
