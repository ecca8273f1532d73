import Formats
import Foundation
import TestSupport
import Testing

@Suite struct JSONLinesTests {
  @Test func dropsATornLastLineAndContinues() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/metrics.jsonl"
      do {
        let writer = try JSONLines.Writer(path: path)
        try writer.append(["step": 1, "loss": 0.5])
        try writer.append(["step": 2, "loss": .number(.nan)])
      }
      let whole = try contents(path)
      try Data(whole + Array("{\"step\":3,\"lo".utf8)).write(to: URL(fileURLWithPath: path))
      let read = try JSONLines.read(path: path)
      #expect(read.isTorn && read.wholeLength == whole.count && read.values.count == 2)
      #expect(read.values[1]["loss"]?.doubleValue?.isNaN == true)
      do {
        let writer = try JSONLines.Writer(path: path)
        try writer.append(["step": 3])
        try writer.synchronize()
      }
      #expect(try contents(path) == whole + Array("{\"step\":3}\n".utf8))
    }
  }

  @Test func namesTheDamagedLine() throws {
    let bytes = Array("{\"a\":1}\n\n{\"a\"\n".utf8)
    let text = message {
      _ = try bytes.withUnsafeBytes { try JSONLines.parse($0, path: "m.jsonl") }
    }
    #expect(text.hasPrefix("m.jsonl: line 3: not valid JSON"))
  }
}
