import Formats
import Foundation
import TestSupport
import Testing

/// Models from raw text and texts from models: hardly trained, so that what they say is nothing; how they say it is checked.
@Suite(.enabled(if: hasBinary && hasTorch, binaryReason), .serialized) struct WritingCommandTests {
  @Test func writesOfALabelAndAboutAPicture() throws {
    try withTemporaryFolder { folder in
      let run = folder + "/run"
      let trained = try Command([
        "run", "conditional-text-generation", "--steps", "2", "--set", "language-steps=2", "--set",
        "picture-steps=4", "--set", "direction-steps=0", "--set", "judge-steps=2", "--set",
        "texts=100", "--set", "pictures=100", "--set", "samples=1", "--set", "hidden-size=16",
        "--set", "layers=1", "--out", run,
      ]).run()
      #expect(trained.status == 0 || trained.status == 1, "\(trained.errors)")
      #expect(trained.output.contains("danlu generate --run \(run) --condition 酒店好评"))
      func generate(_ arguments: String...) throws -> Command.Outcome {
        try Command(["generate", "--run", run] + arguments).run()
      }
      let drawn = try generate(
        "--condition", "酒店好评", "--count", "3", "--top-p", "0.9", "--seed", "2")
      #expect(
        drawn.status == 0
          && drawn.output.split(separator: "\n", omittingEmptySubsequences: false).count == 4)
      let json = try generate(
        "--condition", "酒店好评", "--count", "3", "--top-p", "0.9", "--seed", "2", "--json"
      ).json()
      let texts = (json["texts"]?.arrayValue ?? []).compactMap(\.stringValue)
      #expect(texts.joined(separator: "\n") + "\n" == drawn.output)
      expectFailure(try generate("--condition", "酒店好平"), "did you mean '酒店好评'?")
      expectFailure(try generate("--condition", "完全不同的东西"), "it knows 酒店好评, 酒店差评")
      // The newest run without --run, wherever the folder of runs is.
      let newest = try Command(
        "generate", "--runs", folder, "--condition", "酒店好评", "--count", "3", "--top-p", "0.9",
        "--seed", "2"
      ).run()
      #expect(newest.status == 0 && newest.output == drawn.output)
      let picture = try generate("--image", run + "/captioner/example.png", "--json")
      #expect(try picture.json()["texts"]?.arrayValue?.count == 1)
      expectFailure(try generate("--image", folder + "/none.png"), "none.png")
    }
  }

  @Test func whatDoesNotGoTogether() throws {
    try expectUsage("generate", "--run", "r", says: "--out FILE.png is needed")
    try expectUsage("generate", "--out", "a.png", says: "--run FOLDER is needed for images")
    try expectUsage(
      "generate", "--run", "r", "--out", "a.png", "--top-p", "1", says: "belong to texts")
    try expectUsage(
      "generate", "--run", "r", "--condition", "a", "--grid", "2x2", says: "belong to images")
    try expectUsage(
      "generate", "--run", "r", "--condition", "a", "--image", "b.png", says: "give one of them")
    try expectUsage(
      "generate", "--run", "r", "--condition", "a", "--count", "0", says: "at least 1")
    expectFailure(
      try Command("generate", "--run", "nowhere", "--condition", "a").run(), "does not exist")
    expectFailure(
      try Command("generate", "--runs", "nowhere", "--condition", "a").run(),
      "nowhere holds no finished run of conditional-text-generation")
  }

  /// The article on pre-training, on its own text and on a user's.
  @Test func articleOnPretraining() throws {
    try withTemporaryFolder { folder in
      func train(_ run: String, _ more: String...) throws -> Command.Outcome {
        try Command(
          [
            "run", "pretraining", "--steps", "3", "--set", "sequence-steps=2", "--set", "texts=400",
            "--set", "hidden-size=16", "--set", "layers=1", "--set", "label-steps=2", "--out", run,
          ] + more
        ).run()
      }
      let own = try train(folder + "/run")
      #expect(own.status == 0 || own.status == 1, "\(own.errors)")
      #expect(own.output.contains("measured 12, 7, 16"))
      #expect(
        own.output.contains("danlu bert fine-tune classify --model \(folder)/run/pretrained"))
      try corpus(folder + "/a.txt")
      let given = try train(folder + "/given", "--data", folder + "/a.txt", "--set", "objective=lm")
      #expect(given.status == 0, "\(given.errors)")
      let settings = try JSONValue(parsing: text(folder + "/given/pretrained/config.json"))
      #expect(settings["architectures"]?.arrayValue?.first == "BertLMHeadModel")
      try AtomicFile.write("只有一行。\n", to: folder + "/line.txt")
      expectFailure(
        try train(folder + "/line", "--data", folder + "/line.txt"), "is too little")
    }
  }

  private static let kinds = ["苹果和香蕉和葡萄", "火车和飞机和轮船", "医生和护士和病人"]

  private func corpus(_ path: String) throws {
    let lines = (0..<600).map { "第\($0)天我们说\(Self.kinds[$0 % 3])。" }
    try AtomicFile.write(lines.joined(separator: "\n") + "\n", to: path)
  }

  private func pretrain(_ text: String, _ out: String) -> [String] {
    [
      "bert", "pretrain", text, "--out", out, "--layers", "1", "--hidden-size", "32", "--heads",
      "2",
      "--max-length", "32", "--steps", "60", "--batch", "8", "--checkpoint-interval", "5",
      "--validation-interval", "20", "--precision", "fp32",
    ]
  }

  /// Killed again and again in the middle of epochs, without a chance to say goodbye, training comes to the same bits.
  @Test func killedTrainingsGoOn() throws {
    try withTemporaryFolder { folder in
      let text = folder + "/a.txt"
      try corpus(text)
      // On one thread: kernels of two add in another order in a few of a hundred runs (docs/debugging.md).
      let environment = ProcessInfo.processInfo.environment.merging(["OMP_NUM_THREADS": "1"]) { $1 }
      var command = Command(pretrain(text, folder + "/whole"))
      command.environment = environment
      let whole = try command.run()
      #expect(whole.status == 0 && whole.output.contains("danlu bert fine-tune"), "\(whole.errors)")
      #expect(whole.errors.contains("held-out loss") && whole.errors.contains("tokens/s"))
      let part = folder + "/part"
      func checkpoints() -> Set<String> {
        Set(
          (try? FileManager.default.contentsOfDirectory(atPath: part + "/training/checkpoints"))
            ?? [])
      }
      var kills = 0
      for _ in 0..<30 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(binary))
        process.arguments =
          kills == 0 ? pretrain(text, part) : ["bert", "pretrain", "--resume", part]
        process.environment = environment
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let before = checkpoints()
        try process.run()
        // Two checkpoints further, and then at any moment.
        while process.isRunning, checkpoints().subtracting(before).count < 2 { usleep(2000) }
        guard process.isRunning else {
          process.waitUntilExit()
          break
        }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        kills += 1
      }
      #expect(kills >= 2)
      #expect(
        try contents(folder + "/whole/model.safetensors") == contents(part + "/model.safetensors"))
    }
  }

  @Test func textsThatCannotBeTrainedOn() throws {
    try withTemporaryFolder { folder in
      func refused(_ path: String, _ explanation: String) throws {
        expectFailure(try Command(pretrain(path, folder + "/out")).run(), explanation)
        #expect(!FileManager.default.fileExists(atPath: folder + "/out"))
      }
      try refused(folder, "holds no .txt, .jsonl or .json file")
      try refused(folder + "/none.txt", "does not exist")
      let line = folder + "/line.txt"
      try AtomicFile.write("只有一行。\n", to: line)
      try refused(line, "too little text")
      try Data((0..<400).map { _ in UInt8.random(in: 0x80...0xFF) }).write(
        to: URL(fileURLWithPath: folder + "/bytes.txt"))
      try refused(folder + "/bytes.txt", "bytes.txt")
      try expectUsage("bert", "pretrain", line, says: "--out FOLDER are needed")
      try expectUsage(
        "bert", "pretrain", line, "--out", "o", "--model", "m", "--layers", "2",
        says: "describe a new model")
    }
  }
}
