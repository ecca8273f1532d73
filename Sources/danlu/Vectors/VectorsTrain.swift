import ArgumentParser
import Formats
import Foundation
import Parallel
import Reports
import WordVectors

struct VectorsTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train vectors of words, contexts and documents.",
    discussion: """
      Methods: jose (spherical text embedding as its program trains it), jose-joint (as its paper
      states it), skip-gram and cbow (negative sampling). A line is a document.

      With one thread (--deterministic) the same input, options and seed give the same bytes; more
      threads update shared rows without locks, and results differ a little from run to run.

      An interrupted training leaves MODEL.checkpoint and goes on with --resume.

      Examples:
        danlu vectors train corpus.txt --out model.safetensors
        danlu vectors train corpus.txt.gz --method skip-gram --negatives 10 --min-count 2 \\
            --out model.safetensors --word-output words.txt
        danlu vectors train corpus.txt --out model.safetensors --resume
      """)

  @Argument(help: "Text files, or - for standard input; gzip is unpacked.")
  var files: [String]

  @Option(help: "The model to write (safetensors).")
  var out: String

  @Option(help: "Words that occur less often are dropped.")
  var minCount = 5

  @OptionGroup(title: "Training") var training: VectorTrainingOptions

  @Option(help: "Also write the word vectors as text in word2vec's format.")
  var wordOutput: String?

  @Option(help: "Also write the context vectors as text.")
  var contextOutput: String?

  @Option(help: "Also write the document vectors as text, named by line numbers from 0.")
  var documentOutput: String?

  @Flag(help: "Go on from MODEL.checkpoint.")
  var resume = false

  @Option(help: "Minutes between checkpoints; 0 writes one only when interrupted.")
  var checkpointMinutes = 10.0

  @Option(help: "Folder for temporary files of corpora larger than memory.")
  var temporary: String = NSTemporaryDirectory()

  @Option(help: "Millions of tokens to hold in memory; the rest goes to --temporary.")
  var millionTokens = 256

  @Flag(help: "Hold document vectors in a file in --temporary instead of in memory.")
  var documentsOnDisk = false

  @OptionGroup var output: OutputOptions

  func validate() throws {
    if documentOutput != nil, !training.options.documents {
      throw ValidationError("--document-output needs --documents")
    }
    if documentsOnDisk, !training.options.documents {
      throw ValidationError("--documents-on-disk needs --documents")
    }
    if minCount < 1 || millionTokens < 1 || !(checkpointMinutes >= 0) {
      throw ValidationError(
        "--min-count and --million-tokens must be at least 1, --checkpoint-minutes at least 0")
    }
    if resume, files.contains("-") {
      throw ValidationError("--resume reads the text again; standard input cannot be read twice")
    }
  }

  private struct Output: Encodable {
    let method: String
    let words, documents, tokens, epochs, threads: Int
    let seed: UInt64
    let readingSeconds, trainingSeconds, wordsPerSecondPerThread: Double
    let model: String
  }

  func run() throws {
    let started = ContinuousClock.now
    let options = training.options
    var roles = FileRoles()
    roles.reads("the text", files)
    roles.writes("--out", out)
    roles.writes("--out's checkpoint", out + ".checkpoint")
    roles.writes("--word-output", wordOutput)
    roles.writes("--context-output", contextOutput)
    roles.writes("--document-output", documentOutput)
    try roles.check()
    var encoder = CorpusEncoder(tokensInMemory: millionTokens * 1_000_000, directory: temporary)
    for file in files {
      try encoder.add(file: file, work: Terminal.work)
    }
    let (vocabulary, corpus) = try encoder.finish(minimumCount: minCount)
    let trainer = try VectorTrainer(
      corpus: corpus, vocabulary: vocabulary, options: options,
      documentDirectory: documentsOnDisk ? temporary : nil)
    let checkpoint = out + ".checkpoint"
    if resume { try trainer.resume(from: checkpoint) }
    let read = ContinuousClock.now
    let resumed = trainer.completedTokens
    do {
      try trainer.train(
        work: Terminal.work,
        checkpointInterval: .seconds(checkpointMinutes * 60),
        checkpoint: checkpointMinutes > 0 ? { try $0.writeCheckpoint(to: checkpoint) } : nil)
    } catch is Cancelled {
      try trainer.writeCheckpoint(to: checkpoint)
      throw Interrupted(advice: "\(checkpoint) holds what is done; go on with --resume")
    }
    let seconds = (ContinuousClock.now - read) / .seconds(1)
    try trainer.write(to: out)
    let texts: [(VectorModel.Table, String?)] = [
      (.words, wordOutput), (.contexts, contextOutput), (.documents, documentOutput),
    ]
    for case (let table, let path?) in texts { try trainer.writeText(table, to: path) }
    try? FileManager.default.removeItem(atPath: checkpoint)
    let trained = Double(trainer.completedTokens - resumed)
    let report = Output(
      method: options.method.rawValue, words: vocabulary.count, documents: corpus.documentCount,
      tokens: corpus.tokenCount, epochs: options.epochs, threads: options.threads,
      seed: options.seed,
      readingSeconds: (read - started) / .seconds(1), trainingSeconds: seconds,
      wordsPerSecondPerThread: seconds > 0
        ? trained / seconds / Double(options.threads) : 0,
      model: out)
    if output.json {
      try Console.json(report)
    } else {
      Console.output(
        "\(out): \(report.words) words, \(report.documents) documents, \(report.tokens) tokens × "
          + "\(report.epochs) epochs, \(Int(report.wordsPerSecondPerThread)) words/s per thread")
    }
  }
}
