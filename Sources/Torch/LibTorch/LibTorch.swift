import CTorch
import Foundation
import Messages

/// Finds libtorch and opens it, once, at the first tensor.
///
/// Set-up compiles a small library, `libctorch`, against each libtorch it is given and leaves it in
/// `~/.cache/danlu/shims/<key>/` beside a file `location` (line 1: libtorch's `lib` folder, line 2:
/// its version). At run time the candidates are, in order: the libtorch that `DANLU_TORCH` names,
/// the one of the active Python environment, the one that set-up chose last (`shims/default`).
public enum LibTorch {
  /// A place where libtorch could be, and what came of it.
  public struct Candidate: Sendable {
    /// Why it was considered: `DANLU_TORCH`, `Python environment`, `set-up`.
    public let source: String
    /// The folder asked for.
    public let folder: String
    /// `opened`, `not tried`, or why it was rejected.
    public let outcome: String
    public let isOpened: Bool
  }

  /// Opens libtorch if it is not open yet. Throws `TorchError` if none can be used.
  public static func load() throws {
    if case .failure(let error) = opening.result { throw error }
  }

  /// All candidates with their outcomes; opens libtorch.
  public static var candidates: [Candidate] { opening.candidates }

  /// The version of the libtorch that is open.
  public static var version: String { String(cString: api.torch_version) }

  /// What opening the CUDA libraries gave: `nil` if there are none beside libtorch.
  public static var cudaOutcome: String? { opening.cudaOutcome }

  /// The table; ends the process if libtorch cannot be opened (commands call `load()` first).
  nonisolated(unsafe) static let api: CTorchAPI = {
    switch opening.result {
    case .success(let table): return table
    case .failure(let error):
      // No mistake in the program: one line says more than a backtrace.
      FileHandle.standardError.write(Data((error.message + "\n").utf8))
      exit(EXIT_FAILURE)
    }
  }()

  // Sendable: the table is constant data of a library that is never closed.
  private struct Opening: @unchecked Sendable {
    var result: Result<CTorchAPI, TorchError>
    var candidates: [Candidate]
    var cudaOutcome: String?
  }

  private static let opening: Opening = open()

  private static var cacheFolder: String { CacheFolder.path }

  private static func open() -> Opening {
    limitSpinning()
    var opening = Opening(
      result: .failure(TorchError("")), candidates: [], cudaOutcome: nil)
    var opened: CTorchAPI?
    for (source, folder, shim) in wanted() {
      guard opened == nil else {
        opening.candidates.append(
          Candidate(source: source, folder: folder, outcome: "not tried", isOpened: false))
        continue
      }
      let outcome: String
      if let shim {
        opening.cudaOutcome = openCUDA(in: folder)
        switch table(of: shim) {
        case .success(let table):
          opened = table
          outcome = "opened (\(String(cString: table.torch_version)))"
        case .failure(let error): outcome = error.message
        }
      } else {
        outcome =
          "no shim was compiled for it; set-up ('swift package danlu-setup', or 'make setup' in a clone of Danlu) "
          + "with DANLU_TORCH=\(folder) makes one"
      }
      opening.candidates.append(
        Candidate(source: source, folder: folder, outcome: outcome, isOpened: opened != nil))
    }
    if let opened {
      HostMemory.keepFreedPages()
      opening.result = .success(opened)
    } else {
      let tried = opening.candidates.map { "\($0.folder): \($0.outcome)" }
      opening.result = .failure(
        TorchError(
          "libtorch cannot be opened"
            + (tried.isEmpty
              ? ": none is set up in \(cacheFolder). 'swift package danlu-setup' fetches it in a package that "
                + "depends on Danlu, 'make setup' in a clone of Danlu"
              : " (" + tried.joined(separator: "; ") + ")")
        ))
    }
    return opening
  }

  /// Threads of a parallel operator that are done wait for the others in a loop; by default for so long
  /// that on a busy machine they take the processor from the very threads they wait for, and small
  /// models train several times slower. Must precede `dlopen`; the user's own setting stands.
  private static func limitSpinning() {
    if getenv("OMP_WAIT_POLICY") == nil { setenv("GOMP_SPINCOUNT", "5000", 0) }
  }

  /// Candidates in order: why, libtorch's `lib` folder, the shim compiled for it.
  private static func wanted() -> [(source: String, folder: String, shim: String?)] {
    let environment = ProcessInfo.processInfo.environment
    let shims = compiledShims()
    var wanted: [(source: String, folder: String, shim: String?)] = []
    if let folder = environment["DANLU_TORCH"], !folder.isEmpty {
      let library = libraryFolder(of: folder)
      // A folder that the user names is the only candidate: falling back would hide the mistake.
      return [("DANLU_TORCH", library, shims[library])]
    }
    for variable in ["VIRTUAL_ENV", "CONDA_PREFIX"] {
      guard let prefix = environment[variable] else { continue }
      let prefixed = canonical(prefix) + "/"
      for (folder, shim) in shims where folder.hasPrefix(prefixed) {
        wanted.append(("Python environment", folder, shim))
      }
    }
    let shim = cacheFolder + "/shims/default"
    if let location = location(of: shim), !wanted.contains(where: { $0.folder == location }) {
      wanted.append(("set-up", location, shim))
    }
    return wanted
  }

  private static func compiledShims() -> [String: String] {
    let folder = cacheFolder + "/shims"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    var shims: [String: String] = [:]
    for name in names.sorted() where name != "default" {
      if let location = location(of: "\(folder)/\(name)") { shims[location] = "\(folder)/\(name)" }
    }
    return shims
  }

  private static func location(of shim: String) -> String? {
    let text = try? String(contentsOfFile: shim + "/location", encoding: .utf8)
    return text?.split(separator: "\n").first.map { canonical(String($0)) }
  }

  /// libtorch's `lib` folder inside a Python package, an unpacked archive, or itself.
  private static func libraryFolder(of folder: String) -> String {
    let inner = folder + "/lib"
    return canonical(FileManager.default.fileExists(atPath: inner) ? inner : folder)
  }

  private static func canonical(_ path: String) -> String {
    URL(fileURLWithPath: path).resolvingSymlinksInPath().path
  }

  #if os(macOS)
    static let suffix = "dylib"
  #else
    static let suffix = "so"
  #endif

  /// Opens a shim and checks that it speaks this build's version of the table.
  static func table(of shim: String) -> Result<CTorchAPI, TorchError> {
    let path = "\(shim)/libctorch.\(suffix)"
    guard let library = dlopen(path, RTLD_NOW | RTLD_GLOBAL) else {
      return .failure(TorchError("cannot open: " + (dlerror().map { String(cString: $0) } ?? path)))
    }
    guard let symbol = dlsym(library, "danlu_ctorch_api") else {
      return .failure(
        TorchError(
          "\(path) is not Danlu's shim; 'swift package danlu-setup' ('make setup' in a clone of Danlu) makes it anew"
        ))
    }
    let entry = unsafeBitCast(symbol, to: CTorchEntryPoint.self)
    let table = entry().pointee
    guard table.abi_version == UInt32(CTORCH_ABI_VERSION) else {
      return .failure(
        TorchError(
          "its shim speaks version \(table.abi_version) of the table, this build "
            + "\(CTORCH_ABI_VERSION); 'swift package danlu-setup' ('make setup' in a clone of Danlu) makes it anew"
        ))
    }
    return .success(table)
  }

  /// Linkers drop the CUDA library of programs that do not name it, so it is opened by hand, before
  /// libtorch answers its first question about devices.
  private static func openCUDA(in folder: String) -> String? {
    let path = folder + "/libtorch_cuda.so"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    if dlopen(path, RTLD_NOW | RTLD_GLOBAL) != nil { return "opened" }
    return dlerror().map { String(cString: $0) } ?? "cannot open \(path)"
  }
}
