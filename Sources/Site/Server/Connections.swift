import NIOCore
import ServiceLifecycle
import Synchronization

/// The connections that are open, to count them, to end those that only hold on, and to end all at the end.
final class Connections: Sendable {
  private let open = Mutex<[ObjectIdentifier: Connection]>([:])

  var count: Int { open.withLock { $0.count } }

  func connection(of channel: any Channel) -> Connection? {
    open.withLock { $0[ObjectIdentifier(channel)] }
  }

  fileprivate func add(_ connection: Connection) {
    open.withLock { $0[ObjectIdentifier(connection.channel)] = connection }
  }

  fileprivate func remove(_ channel: any Channel) {
    let connection = open.withLock { $0.removeValue(forKey: ObjectIdentifier(channel)) }
    connection?.end()
  }

  /// Closes the connections whose reader has taken nothing for `seconds`.
  func closeBlocked(for seconds: Int) {
    let limit = NIODeadline.now() - .seconds(Int64(seconds))
    for connection in open.withLock({ Array($0.values) }) where connection.isBlocked(since: limit) {
      connection.channel.close(promise: nil)
    }
  }

  func closeAll() {
    for connection in open.withLock({ Array($0.values) }) {
      connection.channel.close(promise: nil)
    }
  }

  /// What the server adds to each connection's pipeline.
  func handler() -> any RemovableChannelHandler { ConnectionHandler(connections: self) }
}

/// A connection, as long as it is open.
final class Connection: Sendable {
  let channel: any Channel

  private struct State {
    var blockedSince: NIODeadline?
    var isGone = false
    var nextHook = 0
    var hooks: [Int: @Sendable () -> Void] = [:]
  }

  private let state = Mutex(State())

  fileprivate init(_ channel: any Channel) { self.channel = channel }

  /// The address at the other end, without its port.
  var client: String { channel.remoteAddress?.ipAddress ?? "local" }

  /// Runs `body`; `onGone` is called, once, if the client leaves meanwhile.
  func whileConnected<Result>(
    _ body: () async throws -> Result, onGone: @escaping @Sendable () -> Void
  ) async rethrows -> Result {
    let hook = state.withLock { state -> Int? in
      if state.isGone { return nil }
      state.nextHook += 1
      state.hooks[state.nextHook] = onGone
      return state.nextHook
    }
    if hook == nil { onGone() }
    defer { if let hook { state.withLock { $0.hooks[hook] = nil } } }
    return try await body()
  }

  /// Closes the connection after `time`, unless the task that is returned is cancelled before.
  func close(in time: TimeAmount) -> Scheduled<Void> {
    channel.eventLoop.scheduleTask(in: time) { [channel] in channel.close(promise: nil) }
  }

  fileprivate func end() {
    let hooks = state.withLock { state in
      state.isGone = true
      defer { state.hooks = [:] }
      return Array(state.hooks.values)
    }
    for hook in hooks { hook() }
  }

  fileprivate func setWritable(_ isWritable: Bool) {
    state.withLock { $0.blockedSince = isWritable ? nil : $0.blockedSince ?? .now() }
  }

  fileprivate func isBlocked(since limit: NIODeadline) -> Bool {
    state.withLock { ($0.blockedSince ?? .distantFuture) < limit }
  }
}

/// Tells a connection what happens to its channel. What passes through it stays as it is.
private final class ConnectionHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = NIOAny

  private let connections: Connections
  private var connection: Connection?

  init(connections: Connections) { self.connections = connections }

  func handlerAdded(context: ChannelHandlerContext) {
    let connection = Connection(context.channel)
    self.connection = connection
    connections.add(connection)
  }

  func handlerRemoved(context: ChannelHandlerContext) { connections.remove(context.channel) }

  func channelInactive(context: ChannelHandlerContext) {
    connections.remove(context.channel)
    context.fireChannelInactive()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    connection?.setWritable(context.channel.isWritable)
    context.fireChannelWritabilityChanged()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    // A client that has closed its side reads no answer: curl that was interrupted, a tab that was closed.
    if case .some(.inputClosed) = event as? ChannelEvent { connection?.end() }
    context.fireUserInboundEventTriggered(event)
  }
}

/// Watches the connections while the server runs, and ends what is left of them when it stops.
///
/// It must be the last of its group's services: they are told to stop in reverse order, and this one may not
/// wait for those before it.
struct ConnectionKeeper: Service {
  let connections: Connections
  let limits: SiteOptions.Limits

  func run() async throws {
    for await _ in ticks().cancelOnGracefulShutdown() {
      connections.closeBlocked(for: limits.transferSeconds)
    }
    Task { [connections, limits] in
      try? await Task.sleep(for: .milliseconds(limits.shutdownMilliseconds))
      connections.closeAll()
    }
  }

  private func ticks() -> AsyncStream<Void> {
    AsyncStream { (try? await Task.sleep(for: .seconds(2))) }
  }
}
