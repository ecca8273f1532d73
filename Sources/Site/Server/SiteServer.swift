import Formats
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import Messages
import NIOCore
import ServiceLifecycle
import Synchronization

/// The site, served: pages from memory, the API, streams, all behind the same checks and limits.
public final class SiteServer: Sendable {
  private let options: SiteOptions
  private let site: Site
  private let connections = Connections()
  private let log: @Sendable (SiteEvent) -> Void
  private let group = Mutex<ServiceGroup?>(nil)

  /// - Parameter log: Gets what happens, from any thread.
  public init(_ options: SiteOptions, log: @escaping @Sendable (SiteEvent) -> Void = { _ in })
    throws
  {
    try options.check()
    self.options = options
    self.log = log
    site = try Site(options, log: log)
  }

  /// Serves until the process is told to stop (SIGTERM, SIGINT), or the task is cancelled.
  ///
  /// - Parameter onStart: Called with the port once requests are answered.
  public func run(
    isStoppedBySignals: Bool = true, onStart: @escaping @Sendable (_ port: Int) -> Void = { _ in }
  ) async throws {
    let quiet = Logger(label: "danlu") { _ in SwiftLogNoOpLogHandler() }
    let limits = options.limits
    let connections = connections
    let channel = HTTP1Channel.Configuration(
      additionalChannelHandlers: [connections.handler()],
      idleTimeout: .seconds(Int64(limits.idleSeconds)),
      httpDecoderConfiguration: .init(
        maxHeaderFieldSize: 16 * 1024, maxHeaderListSize: 32 * 1024, maxHeaderFieldCount: 100))
    let metrics = site.metrics
    metrics.gauge("danlu_connections", "Connections that are open.") { Double(connections.count) }
    let application = Application(
      responder: SiteResponder(
        site: site, options: options, connections: connections, log: log),
      server: .http1(configuration: channel),
      configuration: .init(
        address: .hostname(options.host, port: options.port), backlog: 1024,
        availableConnectionsDelegate: .maximum(limits.connections, logger: quiet)),
      onServerRunning: { onStart($0.localAddress?.port ?? 0) }, logger: quiet)
    let services: [any Service] =
      [application] + site.services + [ConnectionKeeper(connections: connections, limits: limits)]
    let group = ServiceGroup(
      configuration: .init(
        services: services, gracefulShutdownSignals: isStoppedBySignals ? [.sigterm, .sigint] : [],
        logger: quiet))
    self.group.withLock { $0 = group }
    do {
      try await group.run()
    } catch let error as IOError {
      throw cannotListen(String(cString: strerror(error.errnoCode)))
    } catch let error as SocketAddressError {
      throw cannotListen("\(error)")
    }
  }
}

extension SiteServer {
  private func cannotListen(_ reason: String) -> InputError {
    InputError("cannot listen on \(options.host), port \(options.port): \(reason)")
  }

  /// Asks the server to stop, as SIGTERM does: what is being answered gets its answer, streams end.
  public func stop() async { await group.withLock { $0 }?.triggerGracefulShutdown() }
}

/// A request's context: what it comes through.
struct SiteContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    channel = source.channel
  }
}

/// Answers every request: checks it, finds who answers, turns what goes wrong into problem details, counts.
private struct SiteResponder: HTTPResponder {
  typealias Context = SiteContext

  private let site: Site
  private let options: SiteOptions
  private let connections: Connections
  private let guarding: RequestGuard
  private let log: @Sendable (SiteEvent) -> Void

  init(
    site: Site, options: SiteOptions, connections: Connections,
    log: @escaping @Sendable (SiteEvent) -> Void
  ) {
    self.site = site
    self.options = options
    self.connections = connections
    self.log = log
    guarding = site.guarding
  }

  func respond(to request: Request, context: SiteContext) async throws -> Response {
    let began = ContinuousClock.now
    var route = "none"
    var isRead = !hasBody(request)
    var response: Response
    do {
      response = try await answer(request, context, &route, &isRead)
    } catch {
      let problem = Problem(error)
      if problem.status.kind == .serverError, problem.status != .serviceUnavailable {
        log(
          SiteEvent(
            .error, "request failed",
            ["path": .string(request.uri.string), "reason": .string("\(error)")]))
      }
      response = problem.response
      // A person gets a page to go on from.
      if problem.status == .notFound, request.headers[.accept]?.contains("text/html") == true,
        let page = site.missingPage(request.uri.string)
      {
        response = page
      }
    }
    if !isRead { close(context, after: &response) }
    if request.method == .head { response = response.createHeadResponse() }
    if !response.headers.contains(.xContentTypeOptions) {
      for field in SecurityFields.standard where !response.headers.contains(field.name) {
        response.headers.append(field)
      }
    }
    let seconds = (ContinuousClock.now - began) / .seconds(1)
    site.metrics.count(route, status: response.status.code, seconds: seconds)
    if options.logsRequests {
      log(
        SiteEvent(
          .info, "request",
          [
            "method": .string(request.method.rawValue), "path": .string(request.uri.string),
            "status": .integer(response.status.code),
            "milliseconds": .number((seconds * 1e5).rounded() / 100),
            "client": .string(context.channel.remoteAddress?.ipAddress ?? "local"),
          ]))
    }
    return response
  }

  private func answer(
    _ request: Request, _ context: SiteContext, _ route: inout String, _ isRead: inout Bool
  ) async throws -> Response {
    let isReading = request.method == .get || request.method == .head
    do {
      try guarding.check(request.head)
    } catch {
      if error.status == .unauthorized, isReading,
        let target = try? RequestTarget(request.uri.string),
        let welcome = guarding.welcome(target)
      {
        return welcome
      }
      throw error
    }
    if isReading, let page = site.page(request.uri.string) {
      route = "page"
      return page.response(to: request.headers)
    }
    let target = try RequestTarget(request.uri.string)
    let found = site.endpoints.lazy.compactMap { endpoint in
      endpoint.parameters(of: target.path).map { (endpoint: endpoint, parameters: $0) }
    }
    let method = request.method == .head ? .get : request.method
    guard let (endpoint, parameters) = found.first(where: { $0.endpoint.method == method }) else {
      let methods = found.map(\.endpoint.method.rawValue)
      guard let first = methods.first else {
        throw Problem.notFound("there is no page of this address")
      }
      route = found.first?.endpoint.path ?? route
      let all = Array(methods) + (first == "GET" ? ["HEAD"] : [])
      throw Problem(
        .methodNotAllowed, "\(all.joined(separator: ", ")) would work",
        fields: [.allow: all.joined(separator: ", ")])
    }
    route = endpoint.path
    guard !isReading || !hasBody(request) else {
      throw Problem(.badRequest, "a GET with a body is not answered")
    }
    let connection = connections.connection(of: context.channel)
    var asked = SiteRequest(
      method: request.method, path: target.path, query: target.query, queryText: target.queryText,
      endsInSlash: target.endsInSlash, fields: request.headers,
      client: guarding.client(request.headers, at: connection?.client), connection: connection)
    asked.parameters = parameters
    let room = site.held.reservation()
    switch endpoint.body {
    case .none: break
    case .json, .bytes:
      asked.body = try await body(
        of: request, limit: endpoint.bodyLimit ?? options.limits.body, room, connection)
      isRead = true
    }
    defer { withExtendedLifetime(room) {} }
    var response = try await endpoint.handle(asked)
    if !endpoint.answersFiles { try hold(&response) }
    return response
  }

  private func body(
    of request: Request, limit: Int, _ room: ByteBudget.Reservation, _ connection: Connection?
  ) async throws -> ByteBuffer {
    func tooLarge() -> Problem {
      Problem(.contentTooLarge, "a body of at most \(limit) bytes is expected")
    }
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
      throw tooLarge()
    }
    if let encoding = request.headers[.contentEncoding], encoding != "identity" {
      throw Problem(.unsupportedMediaType, "a body without Content-Encoding is expected")
    }
    // A body that drips in would hold the connection for ever.
    let deadline = connection?.close(in: .seconds(Int64(options.limits.transferSeconds)))
    defer { deadline?.cancel() }
    var body = ByteBuffer()
    for try await part in request.body {
      guard body.readableBytes + part.readableBytes <= limit else { throw tooLarge() }
      try room.grow(to: body.readableBytes + part.readableBytes)
      body.writeImmutableBuffer(part)
    }
    return body
  }

  /// A large answer is held until its reader has taken it, and no more of them than there is room for.
  private func hold(_ response: inout Response) throws {
    guard let length = response.body.contentLength, length > ByteBudget.free else { return }
    let room = site.held.reservation()
    try room.grow(to: length)
    response.body = response.body.inPieces(holding: room)
  }

  private func hasBody(_ request: Request) -> Bool {
    request.headers[.transferEncoding] != nil
      || request.headers[.contentLength].map { $0 != "0" } ?? false
  }

  /// A body that nobody reads is not waited for: the connection ends once the answer has had time to arrive.
  private func close(_ context: SiteContext, after response: inout Response) {
    response.headers[.connection] = "close"
    _ = connections.connection(of: context.channel)?.close(in: .seconds(1))
  }
}
