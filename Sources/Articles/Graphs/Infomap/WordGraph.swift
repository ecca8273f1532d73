import Communities
import Formats
import Foundation
import Parallel
import Recipes
import TextMining
import WordVectors

/// Raw text as a network of words: words are discovered, their vectors trained, and each word points
/// to its nearest ones, weighted by the cosine.
struct WordGraph {
  let isGenerated: Bool
  /// The vectors of the words that are grouped, by falling count.
  let words: VectorTable
  let network: Network
  let tokenCount: Int
  /// From vectors to the network.
  let seconds: Double

  init(_ context: RecipeContext) throws {
    let source = try TextFolder(context.options.data)
    isGenerated = source.isGenerated
    let folder = context.run.folder.path
    var paths = source.paths
    if isGenerated {
      paths = [folder + "/text.txt"]
      try AtomicFile.write(GroupedText.text(seed: context.seed &+ 1), to: paths[0])
    }
    let settings = context.settings
    let threads = settings.integer("threads")

    var corpus = CorpusOptions()
    corpus.threads = threads
    let found = try WordDiscovery.discover(
      paths, options: DiscoveryOptions(), corpus: corpus, progress: context.progress,
      cancellation: context.cancellation)
    try AtomicFile.write(found.tabSeparated(), to: folder + "/words.tsv")

    var encoder = CorpusEncoder()
    _ = try SegmentationStream(Segmenter(WordList(found.words)), threads: threads).run(
      paths, format: .text, progress: context.progress, cancellation: context.cancellation
    ) { bytes in
      for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast() {
        try encoder.add(
          document: line.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) })
      }
    }
    let (vocabulary, encoded) = try encoder.finish(minimumCount: 5)
    tokenCount = encoded.tokenCount
    let method = VectorOptions.Method(rawValue: settings.text("method")) ?? .skipGram
    var options = VectorOptions.defaults(for: method)
    options.dimension = settings.integer("dimension")
    options.epochs = settings.integer("epochs")
    options.threads = threads
    options.seed = context.seed
    let trainer = try VectorTrainer(corpus: encoded, vocabulary: vocabulary, options: options)
    try trainer.train(progress: context.progress, cancellation: context.cancellation)
    words = Self.mostFrequent(
      trainer.embedding().words, count: settings.integer("words"),
      minLength: settings.integer("minLength"))
    try words.writeText(to: folder + "/vectors.txt")

    let started = ContinuousClock.now
    network = try Self.network(
      of: words, neighbors: settings.integer("neighbors"),
      similarity: settings.number("similarity"), threads: threads,
      cancellation: context.cancellation)
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
    of vectors: VectorTable, neighbors: Int, similarity: Double, threads: Int,
    cancellation: Cancellation
  ) throws -> Network {
    guard neighbors > 0 else { throw RecipeError("neighbors is at least 1, received \(neighbors)") }
    guard vectors.count > 1 else {
      throw RecipeError("the text gives \(vectors.count) words to group, at least 2 are needed")
    }
    let nearest = try ExactNeighbors(vectors).nearestToRows(
      count: neighbors, minimumSimilarity: Float(similarity), threads: threads,
      cancellation: cancellation)
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
      throw RecipeError(
        "no two words have a cosine of \(similarity) or more; more text, or a smaller similarity, "
          + "is needed")
    }
    return try Network(
      nodeCount: vectors.count, sources: sources, targets: targets, weights: weights,
      names: vectors.words)
  }

  /// The article's search: two levels, directed.
  func searchOptions(_ context: RecipeContext) -> InfomapOptions {
    var options = InfomapOptions()
    options.isTwoLevel = true
    options.flow.model = .directed
    options.trials = max(1, context.settings.integer("trials"))
    options.seed = context.seed
    options.threads = context.settings.integer("threads")
    return options
  }
}
