import ArgumentParser
import Formats
import Messages
import Parallel
import WordVectors

struct VectorsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vectors",
    abstract: "Train, search, evaluate and cluster vectors of words and documents.",
    discussion: """
      Text has one document a line and words separated by spaces. A vector file is a model that
      `train` wrote (safetensors) or in word2vec's text or binary format; gzip is unpacked, `-` is
      standard input.

      Examples:
        danlu vectors train corpus.txt --out model.safetensors
        danlu vectors similar model.safetensors 变压器
        danlu vectors evaluate model.safetensors --pairs wordsim353.tsv --json
        danlu vectors cluster model.safetensors --table documents --k 20 --labels labels.txt
      """,
    subcommands: [
      VectorsTrain.self, VectorsInfer.self, VectorsSimilar.self, VectorsAnalogy.self,
      VectorsEvaluate.self, VectorsCluster.self,
    ])
}

extension VectorOptions.Method: ExpressibleByArgument {}
extension VectorModel.Table: ExpressibleByArgument {}

/// The vector file that most subcommands read.
struct VectorFileOptions: ParsableArguments {
  @Argument(
    help: "A model of `danlu vectors train`, or vectors in word2vec's text or binary format.")
  var vectors: String

  @Option(help: "Which vectors of a model: words, contexts or documents.")
  var table = VectorModel.Table.words

  func read() throws -> VectorTable {
    let read = try VectorTable(contentsOf: vectors, table: table, work: Terminal.work)
    for note in read.notes { Console.note("note: \(vectors): \(note)") }
    return read
  }
}

extension VectorTable {
  /// The row of a word, or a failure that names the file.
  func requiredRow(of word: String, in path: String) throws -> Int {
    guard let row = row(of: word) ?? row(of: word.lowercased()) else {
      // Only words that share a character: in Chinese any two short words differ in few.
      let akin = words.filter { !Set(word).isDisjoint(with: $0) }
      let hint = nearestName(to: word, among: akin).map { "; did you mean '\($0)'?" } ?? ""
      throw Failure("\(path): no vector for '\(word)' among \(count)\(hint)")
    }
    return row
  }
}
