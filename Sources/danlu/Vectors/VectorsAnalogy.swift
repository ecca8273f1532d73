import ArgumentParser
import WordVectors

struct VectorsAnalogy: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "analogy",
    abstract: "A is to B as C is to …: the words nearest to B − A + C.",
    discussion: """
      Examples:
        danlu vectors analogy model.safetensors 男人 国王 女人
      """)

  @OptionGroup var file: VectorFileOptions

  @Argument(help: "A, of the pair A and B.")
  var a: String
  @Argument(help: "B, of the pair A and B.")
  var b: String
  @Argument(help: "C, whose counterpart is wanted.")
  var c: String

  @Option(help: "How many answers.")
  var count = 5

  @OptionGroup var output: OutputOptions

  func validate() throws {
    if count < 1 { throw ValidationError("--count must be at least 1, received \(count)") }
  }

  private struct Found: Encodable {
    let word: String
    let similarity: Float
  }

  func run() throws {
    let vectors = try file.read()
    let rows = try [a, b, c].map { try vectors.requiredRow(of: $0, in: file.vectors) }
    let answers = try Analogy.answers(
      vectors, minus: [rows[0]], plus: [rows[1], rows[2]], count: count
    ).map { Found(word: vectors.words[$0.row], similarity: $0.similarity) }
    if output.json {
      try Console.json(["answers": answers])
    } else {
      for answer in answers { Console.output("\(answer.word)\t\(answer.similarity)") }
    }
  }
}
