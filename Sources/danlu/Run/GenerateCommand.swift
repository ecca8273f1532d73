import ArgumentParser
import Articles
import Formats
import Foundation
import Messages

struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Make images or texts with the model of a finished run.",
    discussion: """
      Images: runs of the recipes that leave a model of them: gan-qp, wgan-div, o-gan, bigan-qp, \
      cascading-rejection, glann, vae-infomax. Texts: runs of conditional-text-generation, of a label \
      (--condition) or about a picture (--image), the newest under --runs unless --run names one. The same seed gives \
      the same.

      Examples:
        danlu generate --run runs/o-gan-20260101-120000 --out samples.png
        danlu generate --run RUN --grid 4x16 --interpolate --out between.png
        danlu generate --run RUN --nearest --count 16 --out nearest.png
        danlu generate --run RUN --reconstruct a.png b.png --out rebuilt.png
        danlu generate --run RUN --training --out training.png     # animated; browsers play it
        danlu generate --condition 酒店好评 --count 3 --top-p 0.9
        danlu generate --run RUN --image picture.png
      """)

  @OptionGroup var chosen: RunChoice
  @Option(help: "How many images or texts; as many as the grid holds, or one text, unless given.")
  var count: Int?
  @Option(help: "Write texts of this label.") var condition: String?
  @Option(help: "Write texts about this PNG file.") var image: String?
  @Option(help: "Draw from the most probable tokens that make up this share; 0.95 unless given.")
  var topP: Double?
  @Option(help: "Below 1 sharpens what texts are drawn by, above 1 flattens; 1 unless given.")
  var temperature: Float?
  @Option(help: "Rows x columns of the sheet, such as 8x8.") var grid: String?
  @Flag(help: "Lead from one image to another, row by row.") var interpolate = false
  @Flag(help: "Put the nearest training image below each.") var nearest = false
  @Option(
    parsing: .upToNextOption,
    help: "PNG files to encode and decode: each above what comes back of it.")
  var reconstruct: [String] = []
  @Flag(help: "Animate the samples that the run kept while it trained (APNG).") var training = false
  @Option(help: "The seed of what is drawn.") var seed: UInt64 = 0
  @Option(help: "The PNG file to write.") var out: String?
  @OptionGroup var output: OutputOptions

  private struct Reply: Encodable {
    let out: String
    let images, width, height: Int
  }

  private struct Texts: Encodable {
    let condition: String
    let texts: [String]
  }

  private var isText: Bool { condition != nil || image != nil }

  func validate() throws {
    if let count, count < 1 {
      throw ValidationError("--count must be at least 1, received \(count)")
    }
    if isText { return try validateText() }
    guard topP == nil, temperature == nil else {
      throw ValidationError("--top-p and --temperature belong to texts: --condition or --image")
    }
    try validatePictures()
  }

  private func validateText() throws {
    guard condition == nil || image == nil else {
      throw ValidationError("--condition and --image ask different models: give one of them")
    }
    let others = [
      grid == nil ? nil : "--grid", interpolate ? "--interpolate" : nil,
      nearest ? "--nearest" : nil, reconstruct.isEmpty ? nil : "--reconstruct",
      training ? "--training" : nil, out == nil ? nil : "--out",
    ].compactMap { $0 }
    guard others.isEmpty else {
      throw ValidationError("\(others.joined(separator: ", ")) belong to images, not to texts")
    }
    if let topP, !(topP > 0) {
      throw ValidationError("--top-p must be above 0, received \(topP)")
    }
    if let temperature, !(temperature > 0) {
      throw ValidationError("--temperature must be above 0, received \(temperature)")
    }
  }

  private func validatePictures() throws {
    guard chosen.folder != nil else {
      throw ValidationError(
        "--run FOLDER is needed for images: the finished run whose model makes them")
    }
    let kinds = [
      interpolate ? "--interpolate" : nil, nearest ? "--nearest" : nil,
      reconstruct.isEmpty ? nil : "--reconstruct", training ? "--training" : nil,
    ].compactMap { $0 }
    if kinds.count > 1 {
      throw ValidationError("\(kinds.joined(separator: " and ")) cannot be had in one picture")
    }
    if !reconstruct.isEmpty, count != nil || grid != nil {
      throw ValidationError("--reconstruct makes as many images as it is given files")
    }
    if training, count != nil || grid != nil {
      throw ValidationError("--training shows the samples as the run kept them")
    }
    if interpolate, count != nil, grid == nil {
      throw ValidationError("--interpolate fills whole rows: give --grid rather than --count")
    }
    let grid = try parsedGrid()
    if let grid, let count, count > grid.count {
      throw ValidationError("a grid of \(grid.rows)x\(grid.columns) holds no \(count) images")
    }
    guard let out else {
      throw ValidationError(
        "--out FILE.png is needed for images; for texts --condition LABEL or --image FILE")
    }
    guard out.lowercased().hasSuffix(".png") else {
      throw ValidationError("--out must name a .png file, received '\(out)'")
    }
  }

  private func parsedGrid() throws -> GeneratedPictures.Grid? {
    try grid.map { text in
      guard let grid = GeneratedPictures.Grid(text) else {
        throw ValidationError("--grid expects rows x columns such as 8x8, received '\(text)'")
      }
      return grid
    }
  }

  func run() throws {
    if isText { return try write() }
    let (runFolder, out) = (chosen.folder ?? "", out ?? "")
    if training {
      let frames = try GeneratedPictures.training(run: runFolder)
      try AtomicFile.write(AnimatedPNG.encode(frames), to: out)
      return try tell(frames.count, frames[0], in: out)
    }
    let pictures = try GeneratedPictures(run: runFolder)
    let grid = try parsedGrid() ?? .init(count: count ?? 64)
    let image: Image
    let made: Int
    if !reconstruct.isEmpty {
      image = try pictures.reconstructions(of: reconstruct)
      made = reconstruct.count
    } else if interpolate {
      image = try pictures.interpolations(grid, seed: seed)
      made = grid.count
    } else if nearest {
      image = try pictures.nearest(grid, seed: seed)
      made = grid.count
    } else {
      made = count ?? grid.count
      image = try pictures.samples(count: made, columns: grid.columns, seed: seed)
    }
    let enlarged = image.width <= 600 ? image.enlarged(2) : image
    try enlarged.writePNG(to: out)
    try tell(made, enlarged, in: out)
  }

  /// Writes texts, each piece as it is drawn.
  private func write() throws {
    var drawing = LoadedWriter.Drawing()
    drawing.count = count ?? 1
    drawing.seed = seed
    if let topP { drawing.topP = topP }
    if let temperature { drawing.temperature = temperature }
    func tell(_ piece: String?) -> Bool {
      if !output.json { Console.output(piece ?? "\n", terminator: "") }
      return true
    }
    let kind = image == nil ? SavedWriter.Kind.label : .picture
    let writer = SavedWriter(
      run: try chosen.path(
        of: "conditional-text-generation", with: "\(kind.rawValue)/model.safetensors"), kind)
    let texts =
      if let image {
        try writer.load().texts(about: Image(pngPath: image), drawing, tell)
      } else {
        try writer.load().texts(label: condition ?? "", drawing, tell)
      }
    if output.json {
      try Console.json(Texts(condition: condition ?? image ?? "", texts: texts))
    }
  }

  private func tell(_ images: Int, _ sheet: Image, in out: String) throws {
    if output.json {
      try Console.json(Reply(out: out, images: images, width: sheet.width, height: sheet.height))
    } else {
      Console.output("\(images) images in \(out)")
    }
  }
}
