import Communities
import Formats
import Messages
import Parallel
import Recipes
import Text
import TextMining
import WordVectors

/// Raw text as a network of words: words are discovered, their vectors trained, and each word points
/// to its nearest ones, weighted by the cosine.
struct WordGraph {
  let isGenerated: Bool
  /// The vectors of the words that are grouped, by falling count.
  let words: VectorTable
  let network: Network
  /// From vectors to the network.
  let seconds: Double

  init(_ run: Running<InfomapArticle.Settings>) throws {
    let settings = run.settings
    isGenerated = run.options.data == nil
    let folder = run.run.folder.path
    let text: TextSource
    if let path = run.options.data {
      text = try TextSource(contentsOf: path)
    } else {
      let generated = GroupedText.text(seed: run.seed &+ 1)
      try AtomicFile.write(generated, to: folder + "/text.txt")
      text = TextSource(string: generated)
    }

    var corpus = CorpusOptions()
    corpus.threads = settings.threads
    let found = try Autonomy().words(of: text, corpus: corpus, work: run.work)
    try AtomicFile.write(found.tabSeparated(), to: folder + "/words.tsv")

    var encoder = CorpusEncoder()
    let segmenter = try Segmenter(WordList(found.words))
    _ = try SegmentationStream(segmenter, threads: settings.threads).run(
      text, format: .text, work: run.work
    ) { bytes in
      for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast() {
        try encoder.add(
          document: line.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) })
      }
    }
    let (vocabulary, encoded) = try encoder.finish(minimumCount: 5)
    var options = settings.method.options
    options.dimension = settings.dimension
    options.epochs = settings.epochs
    options.threads = settings.threads
    options.seed = run.seed
    let trainer = try VectorTrainer(corpus: encoded, vocabulary: vocabulary, options: options)
    try trainer.train(work: run.work)
    words = Self.mostFrequent(
      trainer.embedding().words, count: settings.words, minLength: settings.minLength)
    try words.writeText(to: folder + "/vectors.txt")

    let started = ContinuousClock.now
    network = try Self.network(of: words, settings, run.work)
    seconds = (ContinuousClock.now - started) / .seconds(1)
  }

  /// The first `count` vectors of words that hold an ideograph or a letter; the vocabulary is sorted
  /// by count.
  private static func mostFrequent(
    _ vectors: VectorTable, count: Int, minLength: Int
  ) -> VectorTable {
    let rows = vectors.words.indices.filter { row in
      let word = vectors.words[row]
      return word.count >= minLength && word.contains(where: \.isLetter)
    }.prefix(count)
    return VectorTable(
      words: rows.map { vectors.words[$0] }, dimension: vectors.dimension,
      matrix: rows.flatMap { vectors[$0] })
  }

  private static func network(
    of vectors: VectorTable, _ settings: InfomapArticle.Settings, _ work: Work
  ) throws -> Network {
    guard vectors.count > 1 else {
      throw InputError("the text gives \(vectors.count) words to group, at least 2 are needed")
    }
    let nearest = try ExactNeighbors(vectors).nearestToRows(
      count: settings.neighbors, minimumSimilarity: Float(settings.similarity),
      threads: settings.threads, work: work)
    var sources: [UInt32] = []
    var targets: [UInt32] = []
    var weights: [Double] = []
    for (word, neighbors) in nearest.enumerated() {
      // A walk cannot follow a link of no or negative weight.
      for neighbor in neighbors where neighbor.similarity > 0 {
        sources.append(UInt32(word))
        targets.append(UInt32(neighbor.row))
        weights.append(Double(neighbor.similarity))
      }
    }
    guard !sources.isEmpty else {
      throw InputError(
        "no two words have a cosine of \(settings.similarity) or more; more text, or a smaller similarity, "
          + "is needed")
    }
    return try Network(
      nodeCount: vectors.count, sources: sources, targets: targets, weights: weights,
      names: vectors.words)
  }
}
