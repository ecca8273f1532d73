import Foundation
import Parallel
import Recipes
import Reports
import TextMining
import Tracking

/// 什么时候多进程的加速比可以大于1？: a speed-up beyond the number of workers, and where it comes from.
public enum WordCountRecipe: Recipe {
  public static let card = RecipeCard(
    name: "word-count", title: "什么时候多进程的加速比可以大于1？",
    summary:
      "Counts words with one growing table, with a small table per batch, and with batches on several "
      + "threads; tells the speed-up against the fair serial version.",
    date: "2019-10-27", archive: 7031, needsTorch: false,
    data: "generated lines; --data: a folder of .txt or .txt.gz", duration: "5 s",
    settings: [
      Setting("threads", .integer(2), help: "threads of the parallel count"),
      Setting("batch", .integer(1000), help: "lines of a batch"),
    ])

  public static func run(_ context: RecipeContext) throws -> RecipeResult {
    let source = try TextFolder(context.options.data)
    let threads = max(1, context.settings.integer("threads"))
    let batch = max(1, context.settings.integer("batch"))
    var paths = source.paths
    let generated = NSTemporaryDirectory() + "danlu-count-\(UUID().uuidString).txt"
    defer { try? FileManager.default.removeItem(atPath: generated) }
    if source.isGenerated {
      try ExampleCorpora.synthetic(lines: 200_000).write(
        toFile: generated, atomically: true, encoding: .utf8)
      paths = [generated]
    }
    let vocabulary: WordList
    if source.isGenerated {
      vocabulary = WordList(
        ExampleCorpora.syntheticVocabulary.map { (word: $0.word, count: Double($0.weight)) })
    } else {
      vocabulary = WordList(
        try source.discover(DiscoveryOptions(method: .v1), threads: threads, context).words)
    }
    let tokens = WordFrequencies.Tokens.dictionary(
      try Segmenter(vocabulary), vocabulary)
    let results = try WordFrequencies.Mode.allCases.map { mode in
      (
        mode: mode,
        result: try WordFrequencies(tokens, mode: mode, threads: threads, batch: batch).count(
          paths, progress: context.progress, cancellation: context.cancellation)
      )
    }
    let naive = results[0].result
    let batched = results[1].result
    let parallel = results[2].result
    let same = results.allSatisfy { entry in
      entry.result.words.elementsEqual(naive.words) { $0 == $1 }
    }
    let honest = batched.seconds / parallel.seconds / Double(threads)
    let claimed = naive.seconds / parallel.seconds / Double(threads)
    let claims = [
      Claim(
        id: "same-counts",
        statement: "every way of counting gives the same table: ways that differ",
        measured: same ? 0 : 1, atMost: 0),
      Claim(
        id: "tokens",
        statement: "no word is lost: words counted in parallel − words counted naively",
        measured: Double(parallel.tokens - naive.tokens), equals: 0, within: 0),
      Claim(
        id: "honest-speedup",
        statement:
          "against the batched serial version the speed-up per thread is at most one (the article: "
          + "about 0.8)",
        measured: honest, atMost: 1.15),
    ]
    let rows: [[Report.Table.Cell]] = results.map { entry in
      let count = entry.mode == .parallel || entry.mode == .dense ? threads : 1
      return [
        .text(entry.mode.rawValue), .number(Double(count)), .number(entry.result.seconds),
        .number(Double(entry.result.bytes) / 1e6 / entry.result.seconds),
        .number(naive.seconds / entry.result.seconds),
        .number(batched.seconds / entry.result.seconds),
      ]
    }
    return RecipeResult(
      steps: naive.tokens,
      metrics: [
        "speedupPerThread/againstNaive": claimed, "speedupPerThread/againstBatched": honest,
      ],
      claims: claims,
      sections: [
        Report.Section(
          "Ways to count",
          [
            .table(
              Report.Table(
                columns: ["way", "threads", "seconds", "MB/s", "against naive", "against batched"],
                rows: rows)),
            .text(
              "A speed-up beyond the number of workers only says that the serial program it is "
                + "compared with was slower than it had to be: one table of all words outgrows the "
                + "cache. Against the same batches on one thread nothing of it is left."),
          ])
      ])
  }
}
