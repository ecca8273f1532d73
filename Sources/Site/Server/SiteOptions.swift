import Foundation
import Messages

/// What a site is started with.
public struct SiteOptions: Sendable {
  /// The address that is listened on; anything but this machine's own needs `token`.
  public var host = "127.0.0.1"
  /// 0 takes any free port.
  public var port = 8080
  /// What every request must know; `nil` where only this machine can ask.
  public var token: String?
  /// Names under which a reverse proxy shows the site.
  public var publicNames: [String] = []
  /// The folder of run folders.
  public var runs = "runs"
  /// A folder of models, run folders among them.
  public var models: String?
  /// A file of word vectors that `/similar` asks.
  public var vectors: String?
  /// The program that runs recipes; `nil` where none was found.
  public var danlu: String?
  /// The folder whose files and folders recipes may be started with; `nil` where none may be named.
  public var dataRoot: String?
  /// The address of a TensorBoard that shows the runs; `nil` where none is known of.
  public var tensorBoard: String?
  /// The file with comments; `nil` where none are taken.
  public var comments: String?
  /// Whether a comment is hidden until it is approved.
  public var isModerated = false
  /// Whether every request is logged.
  public var logsRequests = false
  public var limits = Limits()
  /// A folder of articles; Danlu's own unless given.
  var articles: String?

  /// What one client may take.
  public struct Limits: Sendable {
    public var connections = 1500
    /// Seconds without a byte, before a request or within its head.
    public var idleSeconds = 30
    /// Seconds in which a request's body must have come, and in which a blocked reader must read on.
    public var transferSeconds = 60
    /// Milliseconds that streams get to end once the server is told to stop.
    public var shutdownMilliseconds = 700
    /// Bytes of a request's body, unless its endpoint says otherwise.
    public var body = 256 * 1024
    /// Bytes of large bodies and answers that are held at once, of all clients together.
    public var heldBytes = 64 << 20

    public init() {}
  }

  public init() {}

  /// Whether only this machine can connect.
  public var isLoopback: Bool { ["127.0.0.1", "::1", "localhost"].contains(host) }

  /// 64 hexadecimal digits that nobody guesses.
  public static func randomToken() -> String {
    var generator = SystemRandomNumberGenerator()
    return (0..<4).map { _ in
      let digits = String(UInt64.random(in: 0 ... .max, using: &generator), radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }

  /// Throws `OptionError` for what would serve nobody or everybody.
  public func check() throws(OptionError) {
    guard (0...65535).contains(port) else {
      throw OptionError("port", expected: "a number from 0 to 65535", received: "\(port)")
    }
    if host.isEmpty { throw OptionError("host", expected: "an address", received: "nothing") }
    if let token, token.utf8.count < 16 || !token.utf8.allSatisfy(Self.isTokenByte) {
      // A secret, even a bad one, is not repeated.
      throw OptionError(
        "token", expected: "at least 16 ASCII letters, digits, - or _",
        received: token.utf8.count < 16 ? "\(token.utf8.count) bytes" : "others among them")
    }
    if let dataRoot, !Self.isFolder(dataRoot) {
      throw OptionError("data-root", expected: "a folder", received: "'\(dataRoot)'")
    }
    if let tensorBoard, tensorBoard.wholeMatch(of: /https?:\/\/[^\s"'<>\\]+/) == nil {
      throw OptionError(
        "tensorboard", expected: "an address that begins with http:// or https://",
        received: "'\(tensorBoard)'")
    }
    if !isLoopback, token == nil {
      throw OptionError("host", "\(host) can be reached by others, which needs `token`")
    }
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
