import ArgumentParser
import Formats
import Foundation
import Parallel
import Text
import TextMining

struct WordsScore: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Score a segmentation against a gold one: precision, recall, F1 of word spans.",
    discussion: """
      Both files have one sentence a line, words separated by spaces; any encoding and line ends.
      Without a segmentation, --words cuts the gold file's own text first. With --words, the recall
      of gold words outside that dictionary is told too.

      Examples:
        danlu words score --gold gold.txt segmented.txt
        danlu words segment --words words.tsv raw.txt | danlu words score --gold gold.txt -
        danlu words score --gold gold.txt --words words.tsv --json
      """)

  @Argument(help: "The segmentation to score; - for standard input.")
  var predicted: String?

  @Option(help: "The gold segmentation.")
  var gold: String

  @Option(
    help: "A dictionary: cuts the gold text if no segmentation is given; defines unknown words.")
  var words: String?

  @OptionGroup var segmentation: SegmentationArguments
  @OptionGroup var output: OutputOptions

  private struct Output: Encodable {
    let precision: Double
    let recall: Double
    let f1: Double
    let unknownShare: Double?
    let unknownRecall: Double?
    let goldWords: Int
    let predictedWords: Int
    let correctWords: Int
    let lines: Int
  }

  func validate() throws {
    if predicted != nil || words == nil, !segmentation.userWords.isEmpty {
      throw ValidationError(
        "--user-words is about cutting the gold text: give --words, no segmentation")
    }
  }

  func run() throws {
    let goldLines = try SegmentationScore.lines(of: gold)
    let dictionary = try words.map { try WordList(noting: $0) }
    let predictedLines: [[Substring]]
    if predicted == nil, let dictionary {
      let segmenter = try segmentation.segmenter(dictionary)
      predictedLines = try parallelMap(count: goldLines.count) { index in
        segmenter.words(in: goldLines[index].joined()).map { Substring($0) }
      }
    } else {
      predictedLines = try SegmentationScore.lines(of: predicted ?? "-")
    }
    let score = try SegmentationScore(
      gold: goldLines, predicted: predictedLines, vocabulary: dictionary,
      names: (gold, predicted ?? words ?? "standard input"))
    guard score.goldWords > 0 else { throw Failure("\(gold): holds no words") }
    if output.json {
      try Console.json(
        Output(
          precision: score.precision, recall: score.recall, f1: score.f1,
          unknownShare: dictionary == nil ? nil : score.unknownShare,
          unknownRecall: dictionary == nil ? nil : score.unknownRecall,
          goldWords: score.goldWords, predictedWords: score.predictedWords,
          correctWords: score.correctWords, lines: score.lines))
      return
    }
    Console.output(
      String(
        format: "precision %.4f  recall %.4f  F1 %.4f  (%d of %d gold words in %d lines)",
        score.precision, score.recall, score.f1, score.correctWords, score.goldWords, score.lines))
    if dictionary != nil {
      Console.output(
        String(
          format: "outside the dictionary: %.2f %% of the gold words, recall %.4f",
          100 * score.unknownShare, score.unknownRecall))
    }
  }
}
