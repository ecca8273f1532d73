import ArgumentParser
import Foundation

/// The option every subcommand shares.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print one JSON object on standard output instead of text.")
  var json = false
}

/// A failure that is explained in one line on standard error; the command exits with status 1.
struct Failure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// What a library finds wrong with the arguments is wrong usage: the command exits with status 2.
enum Usage {
  static func check(_ body: () throws -> Void) throws {
    do { try body() } catch { throw ValidationError("\(error)") }
  }
}

/// Writes to standard output and standard error; the only place of the package that prints.
enum Console {
  /// Ends the program with status 1 where the text cannot be written (a full disk): half an answer
  /// must not look like a whole one.
  static func output(_ text: String, terminator: String = "\n") {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data((text + terminator).utf8))
    } catch {
      note("danlu: cannot write to standard output: \(String(cString: strerror(errno)))")
      exit(1)
    }
  }

  static func note(_ text: String) {
    // Where standard error is gone there is nobody to tell.
    try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
  }

  /// Prints `value` as JSON with sorted keys.
  static func json(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    output(String(decoding: try encoder.encode(value), as: UTF8.self))
  }
}
