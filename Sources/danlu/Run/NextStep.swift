import Articles
import Foundation
import Tracking

/// What to type after a run whose model answers or draws.
enum NextStep {
  static func show(after summary: RunSummary) {
    let run = summary.run
    if let question = SavedReader(folder: run).exampleQuestion {
      Console.output("Ask it:  danlu ask --run \(run) \"\(question)\"")
    } else if let example = SavedTableReader(folder: run).example {
      Console.output(
        "Ask a table:  danlu sql --run \(run) --table \(example.table) \"\(example.question)\"")
    } else if let label = try? SavedWriter(run: run, .label).labels().first {
      Console.output(
        "Let it write:  danlu generate --run \(run) --condition \(label) --count 3 --top-p 0.95")
    } else if let picture = SavedWriter(run: run, .picture).examplePicture {
      Console.output("Let it write:  danlu generate --run \(run) --image \(picture)")
    } else if FileManager.default.fileExists(atPath: run + "/pretrained/config.json") {
      Console.output(
        "Teach it a task:  danlu bert fine-tune classify --model \(run)/pretrained --data FILE --out FOLDER"
      )
    } else if FileManager.default.fileExists(atPath: run + "/model/shape.json") {
      Console.output("Let it draw:  danlu generate --run \(run) --grid 8x8 --out drawn.png")
    }
  }
}
