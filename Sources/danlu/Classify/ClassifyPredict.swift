import ArgumentParser
import ClassicalML
import Formats
import Foundation
import Messages

struct ClassifyPredict: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Predict the label of every row, as rows come.",
    discussion: """
      Columns are found by name, in any order; the label may be missing. Prints a label a line, with
      --probabilities those of all classes behind it. A model of kind hmm cuts lines into words.

      Examples:
        danlu classify predict new.csv --model m.cml
        zcat big.tsv.gz | danlu classify predict - --format tsv --model m.cml --probabilities
      """)

  @Argument(help: "The file, or - for standard input.") var file: String
  @Flag(help: "Print the classes' probabilities too, with a first line of names.")
  var probabilities = false
  @Option(help: "csv, tsv, jsonl or libsvm; by the file's name unless given.") var format: String?
  @Option(help: "Write to this file instead of standard output.") var out: String?
  @OptionGroup var model: ModelOptions
  @OptionGroup var output: OutputOptions

  func validate() throws { _ = try ReadingArguments.fileFormat(format) }

  func run() throws {
    var roles = FileRoles()
    roles.reads("the rows", [file])
    roles.reads("--model", model.model)
    roles.writes("--out", out)
    try roles.check()
    if let out {
      try AtomicFile.write(to: out) { file in try predict { try file.write($0) } }
    } else {
      try predict { try Console.write($0) }
    }
  }

  private func predict(_ write: ([UInt8]) throws -> Void) throws {
    if let model = try? HiddenMarkov(path: model.model) {
      return try SegmentedLines.cut(file, by: model, write: write)
    }
    let model = try ClassicalModel(path: model.model)
    if probabilities, model.schema.isRegression {
      throw InputError("the model predicts numbers; there are no probabilities")
    }
    let stream = try RecordStream(
      file, format: try ReadingArguments.fileFormat(format), schema: model.schema)
    let names = model.schema.classes.map { Array($0.utf8) }
    var block: [UInt8] = []
    if probabilities, !output.json {
      block += "label\t\(model.schema.classes.joined(separator: "\t"))\n".utf8
    }
    var hasRows = false
    while let batch = try stream.next() {
      hasRows = true
      try Terminal.work.check()
      if model.schema.isRegression || probabilities || output.json {
        append(model, model.predictor.values(batch.frame), to: &block)
      } else {
        for c in model.predictor.classes(batch.frame) {
          block += names[Int(c)]
          block.append(0x0A)
        }
      }
      // At once where the rows come one by one.
      try write(block)
      block.removeAll(keepingCapacity: true)
    }
    guard hasRows else { throw FileError(path: file, reason: "holds no rows") }
  }

  private func append(_ model: ClassicalModel, _ values: [Double], to block: inout [UInt8]) {
    let classes = model.schema.classes
    guard !classes.isEmpty else {
      for value in values { block += (output.json ? "{\"value\": \(value)}\n" : "\(value)\n").utf8 }
      return
    }
    for row in 0..<values.count / classes.count {
      let part = values[row * classes.count..<(row + 1) * classes.count]
      let best = part.indices.max { part[$0] < part[$1] } ?? part.startIndex
      let label = classes[best - part.startIndex]
      if output.json {
        let members = zip(classes, part).map { JSONMember($0, .number($1)) }
        let value: JSONValue = .object([
          JSONMember("label", .string(label)), JSONMember("probabilities", .object(members)),
        ])
        block += (value.text() + "\n").utf8
      } else {
        block += label.utf8
        for value in part { block += "\t\(String(format: "%.6g", value))".utf8 }
        block.append(0x0A)
      }
    }
  }
}
