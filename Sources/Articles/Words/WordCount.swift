import Recipes
import Reports
import Text
import TextMining
import Tracking

/// 什么时候多进程的加速比可以大于1？: a speed-up beyond the number of workers, and where it comes from.
public enum WordCountArticle: Article {
  public static let card = RecipeCard(
    name: "word-count", title: "什么时候多进程的加速比可以大于1？",
    summary:
      "Counts words with one growing table, with a small table per batch, and with batches on several "
      + "threads; tells the speed-up against the fair serial version.",
    date: "2019-10-27", archive: 7031, needsTorch: false, data: "generated lines",
    ownData: "a text file, or a folder of .txt or .txt.gz", duration: "5 s")

  public struct Settings: RecipeSettings {
    @Knob("threads of the parallel count", in: 1...) var threads = 2
    @Knob("lines of a batch", in: 1...) var batch = 1000

    public init() {}
  }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    [try WordCountComparison(ArticleText(run, lines: 200_000), run)]
  }
}

/// The same words counted in every way.
struct WordCountComparison: Finding {
  private let threads: Int
  private var results: [WordFrequencies.Mode: WordFrequencies.Result] = [:]

  init(_ text: ArticleText, _ run: Running<WordCountArticle.Settings>) throws {
    let settings = run.settings
    threads = settings.threads
    let vocabulary =
      text.isGenerated
      ? WordList(
        ExampleCorpora.syntheticVocabulary.map { (word: $0.word, count: Double($0.weight)) })
      : WordList(try text.words(by: PairCutting(), threads: threads, run).words)
    let tokens = WordFrequencies.Tokens.dictionary(try Segmenter(vocabulary), vocabulary)
    for mode in WordFrequencies.Mode.allCases {
      results[mode] = try WordFrequencies(
        tokens, mode: mode, threads: threads, batch: settings.batch
      ).count(text.source, work: run.work)
    }
  }

  private subscript(_ mode: WordFrequencies.Mode) -> WordFrequencies.Result {
    results[mode] ?? WordFrequencies.Result()
  }

  /// How much faster the threads are than the serial way `mode`, for each thread.
  private func speedUpPerThread(against mode: WordFrequencies.Mode) -> Double {
    self[mode].seconds / self[.parallel].seconds / Double(threads)
  }

  var metrics: [String: Double] {
    [
      "speedupPerThread/againstNaive": speedUpPerThread(against: .naive),
      "speedupPerThread/againstBatched": speedUpPerThread(against: .batched),
    ]
  }

  var claims: [Claim] {
    let naive = self[.naive]
    let isSame = results.values.allSatisfy { $0.words.elementsEqual(naive.words) { $0 == $1 } }
    return [
      Claim(
        id: "same-counts",
        statement: "every way of counting gives the same table: ways that differ",
        measured: isSame ? 0 : 1, atMost: 0),
      Claim(
        id: "tokens",
        statement: "no word is lost: words counted in parallel − words counted naively",
        measured: Double(self[.parallel].tokens - naive.tokens), equals: 0, within: 0),
      Claim(
        id: "honest-speedup",
        statement:
          "against the batched serial version the speed-up per thread is at most one (the article: "
          + "about 0.8)",
        measured: speedUpPerThread(against: .batched), atMost: 1.15),
    ]
  }

  var section: Report.Section? {
    let rows: [[Report.Table.Cell]] = WordFrequencies.Mode.allCases.map { mode in
      let seconds = self[mode].seconds
      return [
        .text(mode.rawValue), .number(Double(mode == .parallel || mode == .dense ? threads : 1)),
        .number(seconds), .number(Double(self[mode].bytes) / 1e6 / seconds),
        .number(self[.naive].seconds / seconds), .number(self[.batched].seconds / seconds),
      ]
    }
    return Report.Section(
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
  }
}
