import ClassicalML
import Foundation
import Testing
import Torch

@testable import Formats
@testable import Site

private let hasTorch = (try? LibTorch.load()) != nil

@Suite struct ModelTests {
  private static func folder() throws -> String {
    let folder = FileManager.default.temporaryDirectory.path + "/models-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return folder
  }

  @Test func classicalModelsClassifyTextsAndRows() async throws {
    let folder = try Self.folder()
    let lines = ["很好吃的菜\t好", "太差了\t差", "好吃又便宜\t好", "服务太差\t差"]
    let table = "text\tlabel\n" + (lines + lines + lines).joined(separator: "\n") + "\n"
    try table.write(toFile: folder + "/train.tsv", atomically: true, encoding: .utf8)
    var options = ReadingOptions()
    options.label = "label"
    options.texts = ["text"]
    let examples = try Examples(learning: folder + "/train.tsv", options)
    let predictor = try Predictor.fit(
      try ModelSpecification(parsing: "naive-bayes"), examples, .init())
    try ClassicalModel(
      schema: examples.schema, predictor: predictor, specification: "naive-bayes", rowCount: 12
    ).write(to: folder + "/toy.cml")
    try await TestSite.with {
      $0.models = folder
    } _: { site in
      #expect(
        await site.get("/api/v1/models").text
          == #"{"models":[{"name":"toy.cml","kind":"classical"}]}"#)
      let texts = await site.post("/api/v1/classify", #"{"texts":["好吃的菜","太差"]}"#)
      let results = try JSONValue(parsing: texts.text)["results"]?.arrayValue ?? []
      #expect(results.map { $0.text("label") } == ["好", "差"])
      let rows = await site.post("/api/v1/classify", #"{"rows":[{"text":"好吃"}],"model":"toy.cml"}"#)
      #expect(rows.text.contains(#""label":"好""#))
      for body in [
        #"{"rows":[{"txt":"好吃"}]}"#, #"{}"#, #"{"texts":["a"],"rows":[{"text":"b"}]}"#,
        #"{"rows":[{"text":{"a":[1]}}]}"#,
      ] {
        let reply = await site.post("/api/v1/classify", body)
        #expect(reply.isProblem(422), "\(body): \(reply.text)")
        #expect(!reply.text.contains("/danlu-rows"))
      }
      let none = await site.post("/api/v1/classify", #"{"texts":["a"],"model":"../toy.cml"}"#)
      #expect(none.isProblem(404) && none.text.contains("toy.cml"))
      #expect(await site.post("/api/v1/ask", #"{"question":"?"}"#).isProblem(404))
    }
  }

  @Test(.enabled(if: hasTorch, "libtorch is not set up; 'make setup' fetches it"))
  func textsThatComeTogetherAreEncodedTogether() async throws {
    let folder = try Self.folder()
    let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../TransformersTests/Golden/bert").standardizedFileURL.path
    let files = FileManager.default
    try files.createDirectory(atPath: folder + "/tiny", withIntermediateDirectories: true)
    for name in ["config.json", "model.safetensors"] {
      try files.copyItem(atPath: golden + "/" + name, toPath: folder + "/tiny/" + name)
    }
    let configuration = try JSONValue(
      parsing: Array(Data(contentsOf: URL(fileURLWithPath: golden + "/config.json"))))
    let size = try #require(configuration["vocab_size"]?.integerValue)
    let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    let letters = (0..<size - special.count).map {
      String(UnicodeScalar(0x4e00 + UInt32($0)) ?? "a")
    }
    try ((special + letters).joined(separator: "\n") + "\n").write(
      toFile: folder + "/tiny/vocab.txt", atomically: true, encoding: .utf8)
    try await TestSite.with {
      $0.models = folder
    } _: { site in
      func body(_ count: Int) -> String {
        JSONValue.object([
          JSONMember("texts", .array([.string(letters.prefix(count).joined())])),
          JSONMember("normalize", true),
        ]).text()
      }
      func vector(_ reply: TestReply) throws -> [Double] {
        let list = try JSONValue(parsing: reply.text)["vectors"]?.arrayValue?.first?.arrayValue
        return (list ?? []).compactMap(\.doubleValue)
      }
      var alone: [[Double]] = []
      for count in 1...4 {
        let reply = await site.post("/api/v1/encode", body(count))
        #expect(reply.status == 200, "\(reply.text)")
        alone.append(try vector(reply))
      }
      #expect(abs(alone[0].reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
      let together = await withTaskGroup(of: (Int, TestReply).self) { group in
        for number in 0..<40 {
          group.addTask { (number % 4, await site.post("/api/v1/encode", body(number % 4 + 1))) }
        }
        return await group.reduce(into: [(Int, TestReply)]()) { $0.append($1) }
      }
      for (place, reply) in together {
        let found = try vector(reply)
        #expect(zip(found, alone[place]).allSatisfy { abs($0 - $1) < 1e-5 })
      }
      let metrics = await site.get("/metrics").text
      #expect(metrics.contains("danlu_encode_texts 44"))
      let batches = metrics.firstMatch(of: /danlu_encode_batches (\d+)/).flatMap { Int($0.1) }
      #expect((batches ?? 0) >= 4 && (batches ?? 99) <= 44)
    }
  }
}
