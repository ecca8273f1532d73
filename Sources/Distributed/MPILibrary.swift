import CMPI
import Foundation
import Messages

/// Finds the shim that set-up has compiled against an MPI, and opens it: only where a launcher has started
/// this process, so that without MPI nothing of it is loaded.
///
/// Set-up leaves one for each MPI in `mpi/<key>/` of its cache beside a file `location`: the folder of its
/// mpirun, and its name. `DANLU_MPI` names the folder of another mpirun than the first.
public enum MPILibrary {
  /// An MPI that set-up has compiled for.
  public struct Candidate: Sendable {
    /// The folder of its `mpirun`.
    public let folder: String
    /// What mpirun calls itself.
    public let name: String
    let path: String
    let isDefault: Bool

    /// Its launcher.
    public var launcher: String { folder + "/mpirun" }

    /// The implementation and its major version, as far as its name says.
    var family: (name: String, version: Int)? {
      let version = name.split(separator: " ").last.flatMap { Int($0.prefix { $0 != "." }) } ?? 0
      if name.contains("Open MPI") { return ("Open MPI", version) }
      return name.hasPrefix("MPICH") || name.hasPrefix("HYDRA") ? ("MPICH", version) : nil
    }
  }

  #if os(macOS)
    private static let suffix = "dylib"
  #else
    private static let suffix = "so"
  #endif

  /// What there is and has not been uninstalled since, the one in use first.
  public static var candidates: [Candidate] {
    let cache = CacheFolder.path + "/mpi"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: cache)) ?? []
    let chosen = try? FileManager.default.destinationOfSymbolicLink(atPath: cache + "/default")
    let named = ProcessInfo.processInfo.environment["DANLU_MPI"].flatMap { $0.isEmpty ? nil : $0 }
    let found = names.sorted().compactMap { name -> Candidate? in
      guard name != "default",
        let text = try? String(contentsOfFile: "\(cache)/\(name)/location", encoding: .utf8)
      else { return nil }
      let lines = text.split(separator: "\n").map(String.init)
      guard lines.count >= 2,
        FileManager.default.isExecutableFile(atPath: lines[0] + "/mpirun")
      else { return nil }
      return Candidate(
        folder: lines[0], name: lines[1], path: "\(cache)/\(name)/libcmpi.\(suffix)",
        isDefault: named.map { $0 == lines[0] } ?? (name == chosen))
    }
    return found.filter(\.isDefault) + (named == nil ? found.filter { !$0.isDefault } : [])
  }

  /// The table of the MPI that `environment`'s launcher belongs to.
  ///
  /// Throws `InputError` where there is none, or only one of another family, whose ranks would each be
  /// alone or wait for ever.
  static func open(for environment: RankEnvironment) throws -> CMPIAPI {
    if environment.launcher == .slurm {
      throw InputError(
        "Slurm has started \(environment.size ?? 0) tasks that cannot find each other; "
          + "srun --mpi=pmix (or pmi2) would work")
    }
    let candidates = candidates
    guard !candidates.isEmpty else {
      throw InputError(
        "this process is one of \(environment.size.map(String.init) ?? "several") ranks, but no shim for MPI was "
          + "compiled here; set-up ('make setup', or 'swift package danlu-setup') makes one where it finds mpicc"
      )
    }
    var seen: [String] = []
    for candidate in candidates {
      // One MPI in a process: the next would be bound to the functions of the first.
      if let known = candidate.family, !fits(environment.launcher, known.name, known.version) {
        seen.append("\(known.name) \(known.version)")
        continue
      }
      let table = try open(candidate)
      let family = String(cString: table.family)
      if fits(environment.launcher, family, Int(table.family_version)) { return table }
      seen.append("\(family) \(table.family_version)")
    }
    throw InputError(
      "the ranks were started by \(spelled(environment.launcher)), but set-up has compiled for "
        + seen.joined(separator: ", ")
        + " only; its mpirun (danlu doctor names it), or 'make setup' "
        + "with the other's mpicc first on the PATH, would work")
  }

  private static func open(_ candidate: Candidate) throws -> CMPIAPI {
    let anew = "'make setup' (or 'swift package danlu-setup') makes it anew"
    guard let library = dlopen(candidate.path, RTLD_NOW | RTLD_GLOBAL) else {
      let reason = dlerror().map { String(cString: $0) } ?? "cannot be opened"
      throw FileError(path: candidate.path, reason: "\(reason); \(anew)")
    }
    guard let symbol = dlsym(library, "danlu_cmpi_api") else {
      throw FileError(path: candidate.path, reason: "is not Danlu's shim for MPI; \(anew)")
    }
    guard let table = unsafeBitCast(symbol, to: CMPIEntryPoint.self)()?.pointee else {
      throw FileError(path: candidate.path, reason: "has no table; \(anew)")
    }
    guard table.abi_version == UInt32(CMPI_ABI_VERSION) else {
      throw FileError(
        path: candidate.path,
        reason: "speaks version \(table.abi_version) of the table, this build \(CMPI_ABI_VERSION); "
          + anew)
    }
    return table
  }

  private static func fits(
    _ launcher: RankEnvironment.Launcher, _ family: String, _ version: Int
  ) -> Bool {
    switch launcher {
    case .openMPI(let major): family == "Open MPI" && version == major
    case .pmi: family != "Open MPI"
    case .pmix: true
    case .slurm: false
    }
  }

  private static func spelled(_ launcher: RankEnvironment.Launcher) -> String {
    switch launcher {
    case .openMPI(let major): "Open MPI \(major)"
    case .pmi: "MPICH or a relative (PMI)"
    case .pmix: "a launcher that speaks PMIx"
    case .slurm: "Slurm"
    }
  }
}
