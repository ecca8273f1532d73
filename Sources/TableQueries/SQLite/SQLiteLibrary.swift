import Foundation
import Messages

/// SQLite's C library, opened when the first database is.
///
/// It is looked for in the file that `DANLU_SQLITE` names, among the system's libraries, and where the Python
/// environment keeps the one that its `sqlite3` uses. Nothing of it is needed to build.
public final class SQLiteLibrary: Sendable {
  typealias Handle = OpaquePointer
  typealias Text = UnsafePointer<CChar>

  /// What is called of it, as `sqlite3.h` declares it.
  struct Functions: Sendable {
    let open: @convention(c) (Text, UnsafeMutablePointer<Handle?>, Int32, Text?) -> Int32
    let close: @convention(c) (Handle?) -> Int32
    let prepare:
      @convention(c) (
        Handle?, Text, Int32, UnsafeMutablePointer<Handle?>, UnsafeMutablePointer<Text?>?
      ) -> Int32
    let isReadOnly: @convention(c) (Handle?) -> Int32
    let parameterCount: @convention(c) (Handle?) -> Int32
    let bindInteger: @convention(c) (Handle?, Int32, Int64) -> Int32
    let bindReal: @convention(c) (Handle?, Int32, Double) -> Int32
    let bindText: @convention(c) (Handle?, Int32, Text, Int32, UnsafeRawPointer?) -> Int32
    let bindNull: @convention(c) (Handle?, Int32) -> Int32
    let step: @convention(c) (Handle?) -> Int32
    let reset: @convention(c) (Handle?) -> Int32
    let finalize: @convention(c) (Handle?) -> Int32
    let columnCount: @convention(c) (Handle?) -> Int32
    let columnName: @convention(c) (Handle?, Int32) -> Text?
    let columnType: @convention(c) (Handle?, Int32) -> Int32
    let columnInteger: @convention(c) (Handle?, Int32) -> Int64
    let columnReal: @convention(c) (Handle?, Int32) -> Double
    let columnText: @convention(c) (Handle?, Int32) -> UnsafePointer<UInt8>?
    let columnBytes: @convention(c) (Handle?, Int32) -> Int32
    let message: @convention(c) (Handle?) -> Text?
    let version: @convention(c) () -> Text?
  }

  let functions: Functions
  /// Where it was found.
  public let path: String

  /// Its version, `3.40.1`.
  public var version: String { functions.version().map { String(cString: $0) } ?? "unknown" }

  private static let shared = Result { try SQLiteLibrary(candidates: SQLiteLibrary.candidates) }

  /// The library. Throws `InputError`, with how to get it, where there is none.
  public static func open() throws -> SQLiteLibrary { try shared.get() }

  /// The first of `candidates` that can be opened.
  init(candidates: [String]) throws {
    var found: (handle: UnsafeMutableRawPointer, path: String)?
    for path in candidates {
      if let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) {
        found = (handle, path)
        break
      }
    }
    guard let (handle, path) = found else {
      throw InputError(
        "tables are asked through SQLite, whose library was not found (Debian: apt-get install libsqlite3-0; "
          + "macOS and Python bring it); DANLU_SQLITE may name the file")
    }
    func symbol<Function>(_ name: String, as type: Function.Type = Function.self) throws -> Function
    {
      guard let address = dlsym(handle, "sqlite3_" + name) else {
        throw InputError(
          "\(path) has no function sqlite3_\(name); SQLite 3.7.4 or later would work")
      }
      return unsafeBitCast(address, to: type)
    }
    self.path = path
    functions = Functions(
      open: try symbol("open_v2"), close: try symbol("close"), prepare: try symbol("prepare_v2"),
      isReadOnly: try symbol("stmt_readonly"), parameterCount: try symbol("bind_parameter_count"),
      bindInteger: try symbol("bind_int64"), bindReal: try symbol("bind_double"),
      bindText: try symbol("bind_text"), bindNull: try symbol("bind_null"),
      step: try symbol("step"), reset: try symbol("reset"), finalize: try symbol("finalize"),
      columnCount: try symbol("column_count"), columnName: try symbol("column_name"),
      columnType: try symbol("column_type"), columnInteger: try symbol("column_int64"),
      columnReal: try symbol("column_double"), columnText: try symbol("column_text"),
      columnBytes: try symbol("column_bytes"), message: try symbol("errmsg"),
      version: try symbol("libversion"))
  }

  /// In the order in which they are tried.
  static var candidates: [String] {
    let environment = ProcessInfo.processInfo.environment
    if let given = environment["DANLU_SQLITE"], !given.isEmpty { return [given] }
    #if os(macOS)
      let names = ["/usr/lib/libsqlite3.dylib", "libsqlite3.0.dylib", "libsqlite3.dylib"]
    #else
      let names = ["libsqlite3.so.0", "libsqlite3.so"]
    #endif
    // Beside the libraries of a Python that brings its own.
    var roots = [environment["CONDA_PREFIX"], environment["VIRTUAL_ENV"]].compactMap { $0 }
    let programs = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
    roots += programs.filter { access($0 + "/python3", X_OK) == 0 }.map {
      URL(fileURLWithPath: $0 + "/python3").resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().path
    }
    return names
      + roots.flatMap { root in names.map { root + "/lib/" + ($0 as NSString).lastPathComponent } }
  }
}
