import Formats
import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: hasTorch, torchReason), .serialized) struct FineTuneCommandTests {
  private static let small = [
    "--layers", "1", "--hidden-size", "16", "--heads", "2", "--max-length", "16", "--epochs", "8",
    "--batch", "16",
    "--rate", "0.01", "--precision", "fp32", "--device", "cpu",
  ]

  private func data(_ count: Int) -> String {
    (0..<count).map { "\($0 % 2 == 0 ? "好" : "坏")\t第\($0)个\($0 % 2 == 0 ? "红" : "蓝")色" }
      .joined(separator: "\n") + "\n"
  }

  @Test func trainsPredictsAndEvaluates() throws {
    try withTemporaryFolder { folder in
      let file = folder + "/data.tsv"
      try AtomicFile.write(data(120), to: file)
      let run = folder + "/run"
      let trained = try Command(
        ["bert", "fine-tune", "classify", "--data", file, "--out", run, "--json"] + Self.small
      ).run()
      #expect(trained.status == 0, "\(trained.errors)")
      #expect(try trained.json()["scores"]?["accuracy"]?.doubleValue ?? 0 > 0.9)

      try AtomicFile.write("这是红的\n这是蓝的\n", to: folder + "/new.txt")
      let predicted = try Command("bert", "predict", "--run", run, folder + "/new.txt").run()
      let lines = try Array(predicted.output.utf8).withUnsafeBytes {
        try JSONLines.parse($0, path: "output").values
      }
      #expect(lines.map { $0["label"]?.stringValue } == ["好", "坏"])

      let judged = try Command("bert", "evaluate", "--run", run, "--data", file, "--json").run()
      #expect(try judged.json()["labels"]?["坏"]?["count"] == 60)

      // The folder is a model's: its head is passed over.
      #expect(try Command("bert", "inspect", "--model", run).run().status == 0)
      let again = try Command(["bert", "fine-tune", "--resume", run]).run()
      #expect(again.status == 1 && again.lastError.contains("is finished"))
      let missing = try Command(
        "bert", "evaluate", "--run", run, "--data", file, "--label-column", "grade"
      ).run()
      #expect(missing.status == 1 && missing.lastError.contains("--label-column"))
    }
  }

  /// To Google's form and back gives the same vectors; 16-bit numbers nearly the same.
  @Test func convertsThereAndBack() throws {
    try withTemporaryFolder { folder in
      let file = folder + "/data.tsv"
      try AtomicFile.write(data(40), to: file)
      let run = folder + "/run"
      let trained = try Command(
        ["bert", "fine-tune", "classify", "--data", file, "--out", run, "--validation-share", "0"]
          + Self.small
      ).run()
      #expect(trained.status == 0, "\(trained.errors)")
      func convert(_ model: String, _ out: String, _ options: String...) throws {
        let converted = try Command(["bert", "convert", "--model", model, "--out", out] + options)
          .run()
        #expect(converted.status == 0, "\(converted.errors)")
      }
      try convert(run, folder + "/plain")
      try convert(folder + "/plain", folder + "/google", "--to", "google")
      try convert(folder + "/google", folder + "/back")
      try convert(run, folder + "/half", "--precision", "bf16")
      try AtomicFile.write("第一个红色\n蓝\n", to: folder + "/text.txt")
      let vectors = try ["plain", "google", "back", "half"].map { form in
        let encoded = try Command(
          "bert", "encode", "--model", folder + "/" + form, folder + "/text.txt"
        ).run()
        #expect(encoded.status == 0, "\(encoded.errors)")
        return try Array(encoded.output.utf8).withUnsafeBytes {
          try JSONLines.parse($0, path: "output").values
        }
      }
      #expect(vectors[0].count == 2)
      #expect(vectors[1] == vectors[0] && vectors[2] == vectors[0])
      #expect(vectors[3] != vectors[0])
      let again = try Command("bert", "convert", "--model", run, "--out", folder + "/plain").run()
      #expect(again.status == 1 && again.lastError.contains("exists"))
      let both = try Command(
        "bert", "convert", "--model", run, "--out", folder + "/x", "--to", "google", "--precision",
        "bf16"
      ).run()
      #expect(both.status == 2 && both.errors.contains("fp32"))
    }
  }

  @Test func wrongUsage() throws {
    try withTemporaryFolder { folder in
      let file = folder + "/data.tsv"
      try AtomicFile.write("好\t一\n好\t二\n好\t三\n", to: file)
      func problem(_ arguments: String...) throws -> (Int32, String) {
        let outcome = try Command(["bert"] + arguments).run()
        return (outcome.status, outcome.errors)
      }
      let noTask = try problem("fine-tune", "--data", file, "--out", folder + "/r")
      #expect(noTask.0 == 2 && noTask.1.contains("pointer"))
      let both = try problem("fine-tune", "--resume", folder, "--data", file)
      #expect(both.0 == 2 && both.1.contains("--resume"))
      let sizes = try problem(
        "fine-tune", "classify", "--data", file, "--out", folder + "/r", "--model", folder,
        "--layers",
        "2")
      #expect(sizes.0 == 2 && sizes.1.contains("--layers"))
      let one = try problem("fine-tune", "classify", "--data", file, "--out", folder + "/r")
      #expect(one.0 == 1 && one.1.contains("have the label '好'"))
      let rDrop = try problem(
        "fine-tune", "generate", "--data", file, "--out", folder + "/r", "--r-drop", "4")
      #expect(rDrop.0 == 2 && rDrop.1.contains("--r-drop"))
      let noModel = try problem(
        "fine-tune", "classify", "--data", file, "--out", folder + "/r", "--model", folder)
      #expect(noModel.0 == 1)
      #expect(!FileManager.default.fileExists(atPath: folder + "/r"))
      let noRun = try problem("predict", "--run", folder, file)
      #expect(noRun.0 == 1 && noRun.1.contains("fine-tuning.json"))
    }
  }
}
