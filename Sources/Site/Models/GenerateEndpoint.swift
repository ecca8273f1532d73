import Articles
import Formats
import Foundation
import Hummingbird
import Messages
import Synchronization

/// Images, texts of a label and captions of a picture, by the models of finished runs.
extension ModelEndpoints {
  /// Pixels of a picture that is written about: packed, many more would fit into a request.
  private static let pixelLimit = 4 << 20

  private static let generateSchema = Schema.object([
    .init("seed", .integer(0...Int(UInt32.max)), "The same seed gives the same.", fallback: 0),
    .init("count", .integer(1...64), "How many; of texts up to 4.", fallback: 1),
    .init(
      optional: "to", .integer(0...Int(UInt32.max)),
      "Images: a second seed, towards which `share` goes; several lead from one to the other."),
    .init("share", .number(0...1), "Images: how far towards `to`.", fallback: 0),
    .init(
      optional: "noise", .array(.number(-6...6), count: 0...256),
      "Images: the first numbers of the noise, in place of the seed's."),
    .init(optional: "condition", .text(100), "Texts: the label; with it a writer is asked."),
    .init(
      optional: "picture", .text(3_000_000),
      "Captions: a PNG in base64, also as a data: address; with it a captioner is asked."),
    .init(
      "topP", .number(0.01...1), "Texts: from the most probable tokens of this share.",
      fallback: 0.95),
    .init("temperature", .number(0.05...5), "Texts: below 1 sharpens.", fallback: 1.0),
    streamProperty, modelProperty,
  ])

  var generate: Endpoint {
    Endpoint(
      method: .post, path: "/api/v1/generate", tag: "models",
      summary:
        "Makes images, texts of a label, or captions of a picture, with the model of a finished run. Of texts streamed, each `piece` has as `text` what is added to the text of number `index`.",
      body: .json(Self.generateSchema), bodyLimit: 4 << 20,
      answer: .json(
        .object([
          .init("model", .text, "Who made it."),
          .init(optional: "image", .text, "A PNG as a data: address."),
          .init(optional: "texts", .list(.text), "The texts."),
        ])), alsoAnswers: [EventStream.mediaType], problems: [404],
      example: ["seed": 1, "count": 8]
    ) { request in
      let input = try await request.json(Self.generateSchema)
      let (label, picture) = (input["condition"]?.stringValue, input["picture"]?.stringValue)
      switch (label, picture) {
      case (nil, nil): return try await image(input, request)
      case (let label?, nil):
        return try await texts(
          about: .label(label), by: try await model(input, request, .writer), input, request)
      case (nil, let picture?):
        let model = try await model(input, request, .captioner)
        let image = try await files.run(for: request) { _ in try Self.decoded(picture: picture) }
        return try await texts(about: .picture(image), by: model, input, request)
      case (_?, _?):
        throw Problem(.unprocessableContent, "either condition or picture is expected, not both")
      }
    }
  }

  /// Throws `Problem` (422) for what is no PNG, and for one whose header promises too much.
  static func decoded(picture text: String) throws -> Image {
    let packed = text.firstRange(of: ";base64,").map { text[$0.upperBound...] } ?? text[...]
    guard let bytes = Data(base64Encoded: String(packed)).map({ [UInt8]($0) }) else {
      throw Problem(.unprocessableContent, "picture: base64 of a PNG expected")
    }
    // The size stands in the first chunk: 8 bytes of mark, 8 of the chunk's head, then width and height.
    if bytes.count >= 24 {
      let (width, height) = (Self.bigEndian(bytes[16..<20]), Self.bigEndian(bytes[20..<24]))
      guard width.multipliedReportingOverflow(by: height).partialValue <= pixelLimit,
        width <= pixelLimit, height <= pixelLimit
      else {
        throw Problem(
          .unprocessableContent,
          "picture: at most \(pixelLimit) pixels expected, received \(width)×\(height)")
      }
    }
    do { return try Image(png: bytes, path: "the picture") } catch let error as FileError {
      throw Problem(.unprocessableContent, "picture: \(error.reason)")
    }
  }

  private static func bigEndian(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.reduce(0) { $0 << 8 | Int($1) }
  }

  private func texts(
    about subject: ModelRoom.Subject, by model: ModelShelf.Model, _ input: JSONValue,
    _ request: SiteRequest
  ) async throws -> Response {
    var drawing = LoadedWriter.Drawing()
    drawing.count = min(4, input.integer("count"))
    drawing.topP = input.number("topP")
    drawing.temperature = Float(input.number("temperature"))
    drawing.seed = UInt64(input.integer("seed"))
    let chosen = drawing
    return try await respond(request, isStreamed: input.flag("stream")) { send in
      let index = Mutex(0)
      let texts = try await desk.ask(for: request) {
        try await $0.texts(about: subject, chosen, of: model) { piece in
          guard let piece else { return index.withLock { $0 += 1 } }
          send(["index": .integer(index.withLock { $0 }), "text": .string(piece)])
        }
      }
      return ["model": .string(model.name), "texts": .array(texts.map(JSONValue.string))]
    }
  }

  private func image(_ input: JSONValue, _ request: SiteRequest) async throws -> Response {
    let model = try await model(input, request, .images)
    let seed = UInt64(input.integer("seed"))
    let other = input["to"]?.integerValue.map { UInt64($0) }
    let (share, count) = (input.number("share"), input.integer("count"))
    let first = (input["noise"]?.arrayValue ?? []).compactMap { $0.doubleValue.map(Float.init) }
    return try await respond(request, isStreamed: input.flag("stream")) { _ in
      let png = try await desk.ask(for: request) {
        try await $0.picture(
          seed: seed, other: other, share: share, first: first, count: count, of: model)
      }
      return [
        "model": .string(model.name),
        "image": .string("data:image/png;base64," + Data(png).base64EncodedString()),
      ]
    }
  }
}
