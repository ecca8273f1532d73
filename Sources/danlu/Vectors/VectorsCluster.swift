import ArgumentParser
import Formats
import Reports
import WordVectors

struct VectorsCluster: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cluster",
    abstract: "Spherical k-means; with labels also NMI, ARI and purity.",
    discussion: """
      Examples:
        danlu vectors cluster model.safetensors --k 200 --out clusters.tsv
        danlu vectors cluster model.safetensors --table documents --k 20 --labels labels.txt --json
      """)

  @OptionGroup var file: VectorFileOptions

  @Option(help: "How many clusters.")
  var k: Int

  @Option(help: "The true class of each vector, one a line, in the order of the vectors.")
  var labels: String?

  @Option(help: "Trials from different starts, of which the best is kept.")
  var trials = 1

  @Option(help: "The most rounds of a trial.")
  var rounds = 100

  @Option(help: "Seed of the starts.")
  var seed: UInt64 = 1

  @Option(help: "Writes name, tab, cluster for each vector.")
  var out: String?

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if k < 1 || trials < 1 || rounds < 1 {
      throw ValidationError("--k, --trials and --rounds must be at least 1")
    }
  }

  private struct Output: Encodable {
    let k, vectors, rounds: Int
    let meanCosine: Double
    let sizes: [Int]
    let mi, nmi, ari, purity: Double?
  }

  func run() throws {
    var roles = FileRoles()
    roles.reads("the vectors", file.vectors)
    roles.reads("--labels", labels)
    roles.writes("--out", out)
    try roles.check()
    let vectors = try file.read()
    let classes = try labels.map { try readLabels($0, count: vectors.count) }
    var means = SphericalKMeans(k: k)
    means.trials = trials
    means.maximumRounds = rounds
    means.seed = seed
    means.threads = threads.count
    let clusters = try means.cluster(
      vectors, work: Terminal.work)
    if let out {
      try AtomicFile.write(to: out) { file in
        for (name, cluster) in zip(vectors.words, clusters.assignments) {
          try file.write("\(name)\t\(cluster)\n")
        }
      }
    }
    var sizes = [Int](repeating: 0, count: k)
    for cluster in clusters.assignments { sizes[cluster] += 1 }
    let agreement = classes.map { ClusterAgreement(clusters: clusters.assignments, classes: $0) }
    let report = Output(
      k: k, vectors: vectors.count, rounds: clusters.rounds,
      meanCosine: clusters.objective / Double(vectors.count), sizes: sizes,
      mi: agreement?.mutualInformation, nmi: agreement?.normalizedMutualInformation,
      ari: agreement?.adjustedRandIndex, purity: agreement?.purity)
    if output.json { return try Console.json(report) }
    if let agreement {
      Console.output(
        "NMI \(agreement.normalizedMutualInformation)  ARI \(agreement.adjustedRandIndex)  purity "
          + "\(agreement.purity)  MI \(agreement.mutualInformation) nats")
    }
    if agreement == nil, out == nil {
      for (name, cluster) in zip(vectors.words, clusters.assignments) {
        Console.output("\(name)\t\(cluster)")
      }
    }
  }

  private func readLabels(_ path: String, count: Int) throws -> [Int] {
    let bytes = try ByteSource(path: path, isText: true).readAll()
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    guard lines.count == count else {
      throw Failure("\(path): \(lines.count) labels for \(count) vectors; one a line was expected")
    }
    var numbers: [ArraySlice<UInt8>: Int] = [:]
    return lines.map { line in
      if let number = numbers[line] { return number }
      numbers[line] = numbers.count
      return numbers.count - 1
    }
  }
}
