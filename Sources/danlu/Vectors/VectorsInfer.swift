import ArgumentParser
import Foundation
import Parallel
import Reports
import WordVectors

struct VectorsInfer: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "infer",
    abstract: "Vectors of documents that training did not see.",
    discussion: """
      A line is a document; unknown words are left out, and a document without known words has the
      zero vector. The result does not depend on the number of threads.

      Examples:
        danlu vectors infer model.safetensors new.txt --out new-vectors.txt
      """)

  @Argument(help: "A model of `danlu vectors train` (jose, jose-joint or skip-gram).")
  var model: String

  @Argument(help: "Text files, or - for standard input; gzip is unpacked.")
  var files: [String]

  @Option(help: "The vectors to write, as text in word2vec's format, named by line numbers from 0.")
  var out: String

  @Option(help: "How often each document is read; 0 gives the normalized sum of word vectors.")
  var passes = 10

  @Option(help: "Seed of the negatives.")
  var seed: UInt64 = 1

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if passes < 0 { throw ValidationError("--passes must be at least 0, received \(passes)") }
  }

  private struct Output: Encodable {
    let documents, emptyDocuments, knownWords, unknownWords, dimension: Int
    let vectors: String
  }

  func run() throws {
    var roles = FileRoles()
    roles.reads("the model", model)
    roles.reads("the text", files)
    roles.writes("--out", out)
    try roles.check()
    let embedding = try VectorModel(contentsOf: model)
    let inference = try DocumentInference(embedding)
    var encoder = CorpusEncoder()
    for file in files {
      try encoder.add(file: file, work: Terminal.work)
    }
    let (vocabulary, corpus) = try encoder.finish(minimumCount: 1)
    let known = vocabulary.words.map { embedding.vocabulary.id(of: $0) }
    let documents = (0..<corpus.documentCount).map { index in
      corpus.document(index).compactMap { known[Int($0)] }
    }
    let vectors = try inference.infer(
      documents, passes: passes, seed: seed, threads: threads.count, work: Terminal.work)
    try vectors.writeText(to: out)
    let knownWords = documents.reduce(0) { $0 + $1.count }
    let report = Output(
      documents: documents.count, emptyDocuments: documents.count(where: \.isEmpty),
      knownWords: knownWords, unknownWords: corpus.tokenCount - knownWords,
      dimension: vectors.dimension, vectors: out)
    if output.json {
      try Console.json(report)
    } else {
      Console.output(
        "\(out): \(report.documents) documents (\(report.emptyDocuments) without known words), "
          + "\(report.unknownWords) unknown words left out")
    }
  }
}
