import Foundation
import Testing
import Tokenizers
import Torch
import Transformers

@testable import Articles
@testable import Formats
@testable import Messages
@testable import Site

private let hasTorch = (try? LibTorch.load()) != nil

@Suite struct StreamTests {
  private static let letters = "北京是首都上海市大城谁"

  /// A model of random weights: what it says is nothing, but what is streamed and what is answered must fit together.
  private static func configuration(_ tokenizer: WordPieceTokenizer) -> TransformerConfiguration {
    var configuration = TransformerConfiguration(.bert)
    configuration.vocabularySize = tokenizer.vocabulary.count
    configuration.hiddenSize = 16
    configuration.numLayers = 1
    configuration.numHeads = 2
    configuration.intermediateSize = 32
    configuration.maxPositions = 40
    configuration.heads = [.languageModel]
    configuration.initializerRange = 1
    return configuration
  }

  private static func tokenizer() throws -> WordPieceTokenizer {
    let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    return try WordPieceTokenizer(
      vocabulary: Vocabulary(special + letters.map(String.init)),
      rules: .huggingFace(lowercases: true))
  }

  private static func folder(_ name: String) throws -> String {
    let folder = FileManager.default.temporaryDirectory.path + "/streams-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: "\(folder)/run/\(name)", withIntermediateDirectories: true)
    return folder
  }

  private struct Event: Equatable {
    let name: String
    let data: JSONValue
  }

  /// The events of an answer in chunks.
  private static func events(_ site: TestSite, _ path: String, _ body: JSONValue) async throws
    -> [Event]
  {
    let text = body.text()
    let head = site.head(
      "POST", path,
      ["Content-Type: application/json", "Content-Length: \(text.utf8.count)", "Connection: close"])
    let port = site.port
    let bytes = await TestSite.offPool { () -> [UInt8] in
      guard let socket = TestSocket(port: port) else { return [] }
      socket.send(head + "\r\n" + text)
      var bytes: [UInt8] = []
      let end = Date().addingTimeInterval(20)
      while Date() < end, let part = socket.read(seconds: 1) { bytes += part }
      return bytes
    }
    let reply = TestReply(bytes)
    #expect(reply.status == 200, "\(reply.text)")
    #expect(reply.fields["content-type"] == "text/event-stream; charset=utf-8")
    // Lines of lengths stand between the chunks; none of an event's own lines is one.
    let lines = reply.text.split(whereSeparator: \.isNewline)
    return try zip(lines, lines.dropFirst()).compactMap { line, next in
      guard line.hasPrefix("event: "), next.hasPrefix("data: ") else { return nil }
      return Event(
        name: String(line.dropFirst(7)), data: try JSONValue(parsing: String(next.dropFirst(6))))
    }
  }

  @Test(.enabled(if: hasTorch, "libtorch is not set up; 'make setup' fetches it"))
  func anAnswerIsToldTokenByToken() async throws {
    let folder = try Self.folder("reader")
    let tokenizer = try Self.tokenizer()
    var configuration = Self.configuration(tokenizer)
    configuration.maxPositions = 512
    configuration.attention = .prefix
    let item = ReadingItem(
      id: "1", question: "首都是谁", passages: [.init(text: "北京是首都", answer: "北京")])
    var hasGrown = false
    for seed in 0..<8 where !hasGrown {
      let model = Transformer(configuration, generator: RandomGenerator(seed: UInt64(seed)))
      try SavedReader(folder: folder + "/run").write(model, tokenizer, [item])
      try await TestSite.with {
        $0.models = folder
      } _: { site in
        let question: [JSONMember] = [
          JSONMember("question", "谁"),
          JSONMember("passages", ["北京是首都", "上海市大城", "首都大城"]),
        ]
        let plain = await site.post("/api/v1/ask", JSONValue.object(question).text())
        #expect(plain.status == 200, "\(plain.text)")
        let events = try await Self.events(
          site, "/api/v1/ask", .object(question + [JSONMember("stream", true)]))
        let answer = try #require(events.last)
        #expect(answer.name == "answer")
        #expect(try answer.data == JSONValue(parsing: plain.text))
        let pieces = events.dropLast()
        #expect(pieces.allSatisfy { $0.name == "piece" })
        if let last = pieces.last?.data.text("text"), answer.data["answer"] != .null {
          // A beginning that has ended may be better than the one that went on.
          let text = answer.data.text("answer")
          #expect(last.hasPrefix(text) || text.hasPrefix(last))
        }
        let lengths = pieces.map { $0.data.text("text").count }
        hasGrown = hasGrown || zip(lengths, lengths.dropFirst()).contains { $0 < $1 }
        let wrong = await site.post("/api/v1/ask", #"{"question":"","stream":true}"#)
        #expect(wrong.isProblem(422))
      }
    }
    #expect(hasGrown, "no seed gave an answer of two tokens")
  }

  @Test(.enabled(if: hasTorch, "libtorch is not set up; 'make setup' fetches it"))
  func textsAndCaptionsAreToldPieceByPiece() async throws {
    let folder = try Self.folder("writer")
    try FileManager.default.createDirectory(
      atPath: folder + "/run/captioner", withIntermediateDirectories: true)
    let tokenizer = try Self.tokenizer()
    var configuration = Self.configuration(tokenizer)
    configuration.segmentCount = 0
    configuration.attention = .causal
    let tokens = try WriterTokens(tokenizer, maxLength: 20)
    for (condition, kind) in [
      (WriterCondition.labels(["好", "差"]), SavedWriter.Kind.label), (.picture(side: 8), .picture),
    ] {
      try SavedWriter(run: folder + "/run", kind).write(
        ConditionedWriter(configuration, condition, generator: RandomGenerator(seed: 1)), tokens)
    }
    try await TestSite.with {
      $0.models = folder
    } _: { site in
      let models = await site.get("/api/v1/models").text
      #expect(models.contains(#""kind":"writer""#) && models.contains(#""kind":"captioner""#))
      let picture = Image(
        width: 4, height: 4, channels: 3, pixels: [UInt8](repeating: 90, count: 48)
      ).png()
      for subject in [
        JSONMember("condition", "差"),
        JSONMember("picture", .string(Data(picture).base64EncodedString())),
      ] {
        let body = [subject, JSONMember("count", 2), JSONMember("seed", 3)]
        let plain = await site.post("/api/v1/generate", JSONValue.object(body).text())
        #expect(plain.status == 200, "\(plain.text)")
        let events = try await Self.events(
          site, "/api/v1/generate", .object(body + [JSONMember("stream", true)]))
        let answer = try #require(events.last)
        #expect(try answer.data == JSONValue(parsing: plain.text))
        let texts = answer.data.texts("texts")
        #expect(texts.count == 2)
        for (index, text) in texts.enumerated() {
          let pieces = events.dropLast().filter { $0.data.integer("index") == index }
          #expect(pieces.map { $0.data.text("text") }.joined() == text)
        }
      }
      for body in [
        #"{"condition":"好","picture":"AAAA"}"#, #"{"picture":"AAAA"}"#, #"{"condition":"中"}"#,
      ] {
        #expect(await site.post("/api/v1/generate", body).isProblem(422), "\(body)")
      }
      // What goes wrong once the stream is open is told in it.
      let events = try await Self.events(
        site, "/api/v1/generate", ["condition": "中", "stream": true])
      #expect(events.map(\.name) == ["problem"] && events[0].data.integer("status") == 422)
    }
  }
}
