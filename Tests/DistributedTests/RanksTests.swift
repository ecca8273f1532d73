import Distributed
import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: Ranks.launcher != nil, Ranks.reason), .serialized) struct RanksTests {
  @Test(arguments: [1, 2, 3, 4]) func operationsGiveWhatTheyMust(count: Int) throws {
    let run = try Ranks.run(count, "collectives")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output == "\(count) ranks agree\n")
  }

  /// Trainings by the options of the ranks, each a kind and its own options.
  static let trainings: [(options: [String], kinds: [String])] = [
    (
      [],
      [
        "supervised", "supervised+accumulation", "tokens", "tokens+means", "adversarial",
        "pretraining", "pretraining+accumulation",
      ]
    ),
    (["overlap", "sharded", "synchronized"], ["supervised", "adversarial", "images"]),
  ]

  /// The weights that each training comes to.
  private func weights(
    _ count: Int, _ kinds: [String], _ options: [String] = []
  ) throws -> [[Double]] {
    let run = try Ranks.start(
      [
        try #require(Ranks.launcher), "--oversubscribe", "-n", "\(count)",
        try #require(Ranks.probe), "training", kinds.joined(separator: ","),
      ] + options)
    #expect(run.status == 0, "\(run.errors)")
    return run.output.split(separator: "\n").map { line in
      line.split(separator: " ").compactMap { Double($0) }
    }
  }

  private func difference(_ one: [Double], _ other: [Double]) -> Double {
    one.count == other.count ? zip(one, other).map { abs($0 - $1) }.max() ?? .infinity : .infinity
  }

  /// Batches do not divide by the number of ranks, and the last one of an epoch is short.
  @Test(.enabled(if: hasTorch, torchReason), arguments: trainings)
  func sameBatchesSameWeightsAsOneProcess(options: [String], kinds: [String]) throws {
    let alone = try weights(1, kinds, options)
    #expect(alone.count == kinds.count && alone.allSatisfy { $0.count > 20 })
    let three = try weights(3, kinds, options)
    for count in [2, 3, 4] {
      let together = count == 3 ? three : try weights(count, kinds, options)
      try #require(together.count == kinds.count)
      for (kind, (one, other)) in zip(kinds, zip(together, alone)) {
        // Losses of transformers are float32.
        let tolerance = kind.hasPrefix("pretraining") ? 2e-5 : 1e-10
        #expect(difference(one, other) <= tolerance, "\(kind), \(count) ranks")
      }
    }
    #expect(try weights(3, kinds, options) == three)
  }

  @Test(.enabled(if: hasTorch, torchReason)) func goesOnAtTheSamePlaceWithOtherRanks() throws {
    let alone = try #require(try weights(1, ["supervised"]).first)
    for (first, second, option) in [(2, 1, "sharded"), (1, 2, "overlap"), (2, 3, "sharded")] {
      try withTemporaryFolder { folder in
        let training = "supervised+folder=\(folder)/run"
        let stopped = try weights(first, [training + "+steps=4"], [option])
        let resumed = try weights(second, [training], [option])
        #expect(difference(try #require(stopped.first), alone) > 1e-6)
        #expect(
          difference(try #require(resumed.first), alone) <= 1e-10,
          "\(first) ranks, then \(second)")
      }
    }
  }

  @Test(.enabled(if: hasTorch, torchReason)) func halfTheBytesCostLittle() throws {
    func weights(_ arguments: String...) throws -> [Double] {
      try #require(try self.weights(3, ["supervised+float32"], arguments).first)
    }
    let (exact, half) = (try weights(), try weights("bf16"))
    #expect(difference(exact, half) > 0 && difference(exact, half) < 0.02)
  }

  // MARK: - Failures

  @Test(arguments: [("throws", "rank 2: the disk is full"), ("root-throws", "the disk is full")])
  func oneRanksFailureIsSaidByRankZeroAndEndsAll(what: String, message: String) throws {
    let run = try Ranks.run(3, "failures", what)
    #expect(run.status == 1)
    #expect(run.errors.split(separator: "\n").filter { $0.contains("the disk is full") }.count == 1)
    #expect(run.errors.split(separator: "\n").contains { $0 == message })
    #expect(run.seconds < 20)
  }

  @Test func aRankThatIsKilledEndsAll() throws {
    let run = try Ranks.run(3, "failures", "dies")
    #expect(run.status != 0)
    #expect(run.seconds < 20)
  }

  @Test func aRankThatDoesNotComeIsWaitedForSoLong() throws {
    let run = try Ranks.run(2, "failures", "sleeps", environment: ["PROBE_TIMEOUT": "1.5"])
    #expect(run.status == 1)
    #expect(run.says("rank 0 of 2 has waited 1.5 s for the others (a barrier)"))
    #expect(run.seconds < 20)
  }

  @Test func ranksThatDifferAreRefused() throws {
    let run = try Ranks.run(3, "failures", "differs")
    #expect(run.status == 1)
    let lines = run.errors.split(separator: "\n").filter { $0.contains("the ranks differ") }
    #expect(lines.count == 1)
    #expect(lines.first?.contains("the seed is 0 on rank 0") == true)
    #expect(lines.first?.contains("1 on rank 2") == true)
    #expect(run.seconds < 10)
  }

  // MARK: - Wrong environments

  static let environments: [(changes: [String: String], message: String)] = [
    (
      ["OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "2", "DANLU_CACHE": "/nonexistent"],
      "no shim for MPI"
    ),
    (
      ["OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "2", "DANLU_MPI": "/opt/other/bin"],
      "no shim for MPI"
    ),
    (["SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "4"], "srun --mpi=pmix"),
    (
      ["OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "2", "OMPI_VERSION": "99.0"],
      "started by Open MPI 99"
    ),
  ]

  @Test(arguments: environments)
  func wrongEnvironmentsAreRefusedInOneLine(changes: [String: String], message: String) throws {
    let run = try Ranks.start([try #require(Ranks.probe), "collectives"], environment: changes)
    #expect(run.status == 1)
    #expect(run.errors.contains(message), "\(run.errors)")
    #expect(run.errors.split(separator: "\n").count == 1)
    #expect(run.seconds < 10)
  }

  /// Ranks that MPI does not know of: each would believe that it is alone.
  @Test func anMPIThatSeesFewerRanksIsRefused() throws {
    let run = try Ranks.start(
      [try #require(Ranks.probe), "collectives"],
      environment: ["PMIX_RANK": "0", "SLURM_STEP_NUM_TASKS": "3"])
    #expect(run.status == 1)
    #expect(run.errors.contains("3 ranks were started") || run.errors.contains("did not find"))
    #expect(run.seconds < 12)
  }
}

@Suite struct RankEnvironmentTests {
  @Test func launchersAreToldByTheirVariables() {
    func environment(_ variables: [String: String]) -> RankEnvironment? { .init(variables) }
    #expect(environment([:]) == nil)
    #expect(environment(["SLURM_PROCID": "0", "SLURM_NTASKS": "8"]) == nil)
    let openMPI = environment(["OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "4"])
    #expect(openMPI?.launcher == .openMPI(4) && openMPI?.rank == 1 && openMPI?.size == 4)
    let newer = environment([
      "OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "4", "OMPI_VERSION": "5.0.11",
    ])
    #expect(newer?.launcher == .openMPI(5))
    #expect(environment(["PMI_RANK": "2", "PMI_SIZE": "3"])?.launcher == .pmi)
    #expect(environment(["PMIX_RANK": "2"])?.size == nil)
    #expect(environment(["PMIX_RANK": "2"])?.hasOthers == true)
    #expect(
      environment(["OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "1"])?.hasOthers == false)
  }

  @Test func aloneEverythingReturnsWhatItIsGiven() throws {
    let alone = Communicator.alone
    try alone.barrier()
    #expect(try alone.sum([1.5, 2]) == [1.5, 2])
    #expect(try alone.maximum([3]) == [3])
    #expect(try alone.gather([1, 2]) == [[1, 2]])
    #expect(try alone.exchange([[5, 6]]) == [[5, 6]])
    #expect(try alone.broadcast([7]) == [7])
    #expect(try alone.sumScattered([1.0, 2]) == [1, 2])
    try alone.agree(on: ["a": "b"])
    alone.finish()
  }
}
