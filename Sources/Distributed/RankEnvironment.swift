import Foundation

/// What a launcher has told this process through its environment, before anything of MPI is opened.
public struct RankEnvironment: Sendable, Equatable {
  /// Which program started the ranks.
  public enum Launcher: Sendable, Equatable {
    /// Open MPI's mpirun, by its major version.
    case openMPI(Int)
    /// MPICH's mpiexec and its relatives, or `srun --mpi=pmi2`: they speak PMI.
    case pmi
    /// `srun --mpi=pmix`, or another that speaks PMIx.
    case pmix
    /// `srun` without a plug-in for MPI: ranks that could not find each other.
    case slurm
  }

  public let launcher: Launcher
  public let rank: Int
  /// `nil` where only MPI tells.
  public let size: Int?

  /// This process's; `nil` where no launcher started it.
  public static let current = RankEnvironment(ProcessInfo.processInfo.environment)

  /// Whether more than this process may take part.
  public var hasOthers: Bool { size != 1 }

  public init?(_ environment: [String: String]) {
    func number(_ name: String) -> Int? { environment[name].flatMap { Int($0) } }
    if let rank = number("OMPI_COMM_WORLD_RANK"), let size = number("OMPI_COMM_WORLD_SIZE") {
      // Named only by version 5 and later.
      let version = environment["OMPI_VERSION"].flatMap { Int($0.prefix { $0 != "." }) }
      (launcher, self.rank, self.size) = (.openMPI(version ?? 4), rank, size)
    } else if let rank = number("PMI_RANK"), let size = number("PMI_SIZE") {
      (launcher, self.rank, self.size) = (.pmi, rank, size)
    } else if let rank = number("PMIX_RANK") {
      (launcher, self.rank, size) = (.pmix, rank, number("SLURM_STEP_NUM_TASKS"))
    } else if let rank = number("SLURM_PROCID"), let size = number("SLURM_STEP_NUM_TASKS"), size > 1
    {
      (launcher, self.rank, self.size) = (.slurm, rank, size)
    } else {
      return nil
    }
  }
}
