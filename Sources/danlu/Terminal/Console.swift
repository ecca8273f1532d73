import Formats
import Foundation
import Memory
import Messages

/// Writes to standard output and standard error; the only place of the package that prints. Of several ranks only
/// the first does.
enum Console {
  /// Ends the program with status 1 where the text cannot be written (a full disk): half an answer
  /// must not look like a whole one.
  static func output(_ text: String, terminator: String = "\n") {
    guard !Ranks.isSilent else { return }
    do {
      try write(Array((text + terminator).utf8))
    } catch {
      note("danlu: \(error)")
      exit(1)
    }
  }

  /// Bytes to standard output. Throws `FileError` for a closed pipe or a full disk.
  static func write(_ bytes: [UInt8]) throws {
    guard !Ranks.isSilent else { return }
    let code = bytes.withUnsafeBytes { writeFully($0, to: STDOUT_FILENO) }
    if code != 0 { throw FileError(path: "standard output", action: "write", code: code) }
  }

  /// A line on standard error. Where that is gone there is nobody to tell.
  static func note(_ text: String, terminator: String = "\n") {
    if !Ranks.isSilent { write(toStandardError: text + terminator) }
  }

  /// What any rank may say.
  static func write(toStandardError text: String) {
    _ = Array(text.utf8).withUnsafeBytes { writeFully($0, to: STDERR_FILENO) }
  }

  /// Prints `value` as JSON, in the dialect of the run folder's files: keys sorted, two spaces of
  /// indentation, what is not finite as the strings `"NaN"`, `"Infinity"` and `"-Infinity"`.
  static func json(_ value: some Encodable) throws {
    output(try JSONValue(encoding: value).text(pretty: true))
  }

  /// Prints `text` in lines of at most 80 columns, all but the first indented.
  static func paragraph(_ text: String, indent: Int) {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.count + 1 + word.count > 80 - indent {
        lines.append(line)
        line = ""
      }
      line += line.isEmpty ? String(word) : " " + word
    }
    output((lines + [line]).joined(separator: "\n" + String(repeating: " ", count: indent)))
  }
}
