import ArgumentParser
import Formats
import Parallel
import WordVectors

struct VectorsSimilar: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "similar",
    abstract: "The nearest words by cosine, exactly or fast.",
    discussion: """
      --all writes the neighbors of every word as lines word, neighbor, cosine; a name that ends in
      .net gets a Pajek network of words instead, which `danlu communities` reads.

      --fast divides all vectors into clusters first, so it is for --all and for many words.

      Examples:
        danlu vectors similar model.safetensors 变压器 电网 --count 20
        danlu vectors similar model.safetensors --all --count 50 --min-similarity 0.6 --out words.net
        danlu communities words.net --directed --two-level
        danlu vectors similar big.txt --all --fast --probes 128 --out links.tsv
      """)

  @OptionGroup var file: VectorFileOptions

  @Argument(help: "Words to look up.")
  var words: [String] = []

  @Option(help: "Neighbors of each word.")
  var count = 10

  @Option(help: "Leaves out neighbors of a smaller cosine.")
  var minSimilarity: Float?

  @Flag(help: "The neighbors of every word; needs --out.")
  var all = false

  @Option(help: "Writes tab-separated links to this file, or a Pajek network if it ends in .net.")
  var out: String?

  @Flag(help: "Looks only at the clusters of vectors nearest to each word.")
  var fast = false

  @Option(help: "Clusters that --fast looks at.")
  var probes = 64

  @Option(help: "Seed of the clusters of --fast.")
  var seed: UInt64 = 1

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if all != words.isEmpty { throw ValidationError("give words, or --all, and not both") }
    if all, out == nil { throw ValidationError("--all needs --out FILE") }
    if count < 1 || probes < 1 {
      throw ValidationError("--count and --probes must be at least 1")
    }
    if let minSimilarity, !(minSimilarity >= -1 && minSimilarity <= 1) {
      throw ValidationError("--min-similarity must be from -1 to 1, received \(minSimilarity)")
    }
  }

  private struct Found: Encodable {
    let word: String
    let similarity: Float
  }
  private struct Answer: Encodable {
    let word: String
    let neighbors: [Found]
  }
  private struct Output: Encodable {
    let words, links: Int
    let seconds: Double
  }

  func run() throws {
    var roles = FileRoles()
    roles.reads("the vectors", file.vectors)
    roles.writes("--out", out)
    try roles.check()
    let vectors = try file.read()
    let rows =
      all
      ? Array(0..<vectors.count)
      : try words.map { try vectors.requiredRow(of: $0, in: file.vectors) }
    let started = ContinuousClock.now
    let found = try neighbors(of: rows, in: vectors)
    let seconds = (ContinuousClock.now - started) / .seconds(1)
    if let out {
      try AtomicFile.write(to: out) { file in
        if out.hasSuffix(".net") {
          try writeNetwork(rows, found, vectors, to: file)
        } else {
          for (row, neighbors) in zip(rows, found) {
            for neighbor in neighbors {
              try file.write(
                "\(vectors.words[row])\t\(vectors.words[neighbor.row])\t\(neighbor.similarity)\n")
            }
          }
        }
      }
    }
    if all {
      let summary = Output(
        words: rows.count, links: found.reduce(0) { $0 + $1.count }, seconds: seconds)
      if output.json {
        try Console.json(summary)
      } else {
        Console.output("\(out ?? ""): \(summary.links) links of \(summary.words) words")
      }
      return
    }
    let answers = zip(rows, found).map { row, neighbors in
      Answer(
        word: vectors.words[row],
        neighbors: neighbors.map {
          Found(word: vectors.words[$0.row], similarity: $0.similarity)
        })
    }
    if output.json {
      try Console.json(["results": answers])
    } else if out == nil {
      for answer in answers {
        for neighbor in answer.neighbors {
          Console.output("\(answer.word)\t\(neighbor.word)\t\(neighbor.similarity)")
        }
      }
    }
  }

  /// Words numbered by their rows from 1; a walk cannot follow links of cosine 0 or less.
  private func writeNetwork(
    _ rows: [Int], _ found: [[Neighbor]], _ vectors: VectorTable, to file: AtomicFile
  ) throws {
    try file.write("*Vertices \(vectors.count)\n")
    for (row, word) in vectors.words.enumerated() {
      try file.write("\(row + 1) \"\(word)\"\n")
    }
    try file.write("*Arcs\n")
    for (row, neighbors) in zip(rows, found) {
      for neighbor in neighbors where neighbor.similarity > 0 {
        try file.write("\(row + 1) \(neighbor.row + 1) \(neighbor.similarity)\n")
      }
    }
  }

  private func neighbors(of rows: [Int], in vectors: VectorTable) throws -> [[Neighbor]] {
    let bound = minSimilarity ?? -.infinity
    guard fast else {
      return try ExactNeighbors(vectors).nearestToRows(
        rows, count: count, minimumSimilarity: bound, threads: threads.count,
        work: Terminal.work)
    }
    let index = try ApproximateNeighbors(
      vectors, seed: seed, threads: threads.count, work: Terminal.work)
    return try index.nearest(
      to: rows.flatMap { vectors[$0] }, count: count, probes: probes, minimumSimilarity: bound,
      excludedRows: rows, threads: threads.count, work: Terminal.work)
  }
}
