import Datasets
import Formats
import Layers
import Messages
import Parallel
import Recipes
import Reports
import Torch
import Tracking
import Training
import Transformers

/// Captions of pictures that were not trained on, by what a convolutional network, trained along, sees in them.
struct Captions {
  let findings: [any Finding]

  init(_ run: Running<ConditionalTextGenerationArticle.Settings>) throws {
    let settings = run.settings
    let isGenerated = run.options.data == nil
    var all: [CaptionedPicture]
    if let folder = run.options.data {
      let (found, missing) = try CaptionFolder.read(folder, side: ShapePictures.side)
      if let first = missing.first {
        run.work.note(
          "\(missing.count) of \(missing.count + found.count) pictures are missing, the first is \(first); "
            + "the others are used")
      }
      guard found.count >= 20 else {
        throw InputError(
          "\(folder) has \(found.count) pictures with captions; at least 20 are needed")
      }
      all = found
      var random = RandomStream(seed: run.seed, stream: 71_245)
      all.shuffle(using: &random)
    } else {
      var random = RandomStream(seed: run.seed, stream: 71_244)
      all = (0..<settings.pictures + 200).map { _ in ShapePictures.draw(&random) }
    }
    let heldOut = Array(all.prefix(min(200, all.count / 10)))
    let training = Array(all.dropFirst(heldOut.count))
    let tokens = try WriterTokens(
      learntFrom: training.map(\.caption), maxLength: settings.maxLength)
    let configuration = try run.configuration(
      vocabularySize: tokens.tokenizer.vocabulary.count)
    func loader() throws -> BatchLoader {
      let rows = training.map { (tokens.ids($0.caption), $0.picture) }
      return try BatchLoader(
        Examples(count: rows.count) { index, _ in
          Example(["tokens": .sequence(rows[index].0), "picture": .image(rows[index].1)])
        }, .init(batchSize: settings.batch, seed: run.seed))
    }
    let language = Transformer(configuration, generator: RandomGenerator(seed: run.seed))
    try run.trainWriter(
      language, named: "captions-language", loader(), steps: max(1, settings.pictureSteps / 4)
    ) { ConditionedWriter.loss(language, $0) }
    let writer = ConditionedWriter(
      configuration, .picture(side: ShapePictures.side),
      generator: RandomGenerator(seed: run.seed &+ 1))
    if let eye = writer.eye {
      try Self.teach(eye, training, tokens, run)
    }
    writer.move(to: run.device)
    writer.begin(from: language)
    let start = UnchangedAtStart(
      "pictures", "pictures", writer, from: language, source: writer.eye,
      try loader().next().moved(to: run.device))
    try run.trainWriter(
      writer, named: "captions", loader(), steps: settings.pictureSteps, loss: writer.loss)
    writer.evaluate()
    findings = [start, try WrittenCaptions(writer, heldOut, tokens, run, isGenerated: isGenerated)]
    try SavedWriter(run: run.run.folder.path, .picture).write(
      writer, tokens, example: heldOut.first?.picture)
  }
}

extension Captions {
  /// Teaches the network what pictures show: which tokens their captions hold, whatever their order. The article takes one
  /// that was trained on a million labelled pictures.
  private static func teach(
    _ eye: Sequential, _ pictures: [CaptionedPicture], _ tokens: WriterTokens,
    _ run: Running<ConditionalTextGenerationArticle.Settings>
  ) throws {
    let count = tokens.tokenizer.vocabulary.count
    let rows = pictures.map { (Set(tokens.ids($0.caption)), $0.picture) }
    let loader = try BatchLoader(
      Examples(count: rows.count) { index, _ in
        let held = (0..<count).map { rows[index].0.contains($0) ? Float(1) : 0 }
        return Example(["picture": .image(rows[index].1), "held": .floats(held)])
      }, .init(batchSize: 32, seed: run.seed))
    let model = Sequential(
      eye, Activation(.relu), Dense(ConditionedWriter.conditionSize, count))
    try run.trainWriter(
      model, named: "captions-eye", loader, steps: run.settings.pictureSteps, rate: 3e-3
    ) { batch in
      model(batch.inputs["picture"]).binaryCrossEntropyWithLogits(batch.inputs["held"])
    }
  }
}

/// What is written of the pictures held out.
private struct WrittenCaptions: Finding {
  private let exact: Double
  private let same: Double
  private let rows: [(picture: Image, right: String, written: String)]
  private let isGenerated: Bool

  init(
    _ writer: ConditionedWriter, _ pictures: [CaptionedPicture], _ tokens: WriterTokens,
    _ run: Running<ConditionalTextGenerationArticle.Settings>, isGenerated: Bool
  ) throws {
    self.isGenerated = isGenerated
    let loader = try BatchLoader(
      Examples(count: pictures.count) { index, _ in
        Example(["picture": .image(pictures[index].picture)])
      }, .init(batchSize: 50, order: .sequential, prefetch: 0))
    var written: [String] = []
    while let batch = try loader.nextOfEpoch() {
      let conditions = withoutGradients { writer.conditions(batch.moved(to: run.device)) }
      written += try ConditionedWriter.likeliest(
        writer.body, conditions: conditions, start: tokens.start, end: tokens.end,
        maxLength: tokens.maxLength, device: run.device
      ).map { tokens.tokenizer.decode($0) }
    }
    let pairs = zip(pictures, written)
    exact =
      Double(
        pairs.count { picture, text in
          guard let right = ShapePictures.parts(of: picture.caption) else { return false }
          let plain = text.filter { !$0.isWhitespace }
          return ShapePictures.parts(of: plain).map { $0 == right } ?? false
        }) / Double(pictures.count)
    same =
      Double(
        pairs.count { picture, text in
          text.filter { !$0.isWhitespace } == picture.caption.filter { !$0.isWhitespace }
        }) / Double(pictures.count)
    rows = pairs.prefix(12).map { ($0.picture, $0.caption, $1) }
  }

  var claims: [Claim] {
    guard isGenerated else { return [] }
    return [
      Claim(
        id: "captions", statement: "captions of new pictures name the one shape and its color",
        measured: exact, atLeast: 0.9)
    ]
  }

  var metrics: [String: Double] {
    ["captions/exact": exact, "captions/same": same]
      .filter { isGenerated || $0.key == "captions/same" }
  }

  var section: Report.Section? {
    Report.Section(
      "Captions",
      [
        .images(rows.map { Report.Figure($0.picture.enlarged(2), caption: $0.written) })
      ])
  }
}
