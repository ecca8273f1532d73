import ArgumentParser
import Articles
import Formats
import Foundation
import Messages

struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Make images with the model of a finished run.",
    discussion: """
      Works for runs of the recipes that leave a model of images: gan-qp, wgan-div, o-gan, bigan-qp, \
      cascading-rejection, glann, vae-infomax. The same seed gives the same images.

      Examples:
        danlu generate --run runs/o-gan-20260101-120000 --out samples.png
        danlu generate --run RUN --grid 4x16 --interpolate --out between.png
        danlu generate --run RUN --nearest --count 16 --out nearest.png
        danlu generate --run RUN --reconstruct a.png b.png --out rebuilt.png
        danlu generate --run RUN --training --out training.png     # animated; browsers play it
      """)

  @Option(name: .customLong("run"), help: "The folder of the finished run.") var runFolder: String
  @Option(help: "How many images; as many as the grid holds unless given.") var count: Int?
  @Option(help: "Rows x columns of the sheet, such as 8x8.") var grid: String?
  @Flag(help: "Lead from one image to another, row by row.") var interpolate = false
  @Flag(help: "Put the nearest training image below each.") var nearest = false
  @Option(
    parsing: .upToNextOption,
    help: "PNG files to encode and decode: each above what comes back of it.")
  var reconstruct: [String] = []
  @Flag(help: "Animate the samples that the run kept while it trained (APNG).") var training = false
  @Option(help: "The seed of the noise.") var seed: UInt64 = 0
  @Option(help: "The PNG file to write.") var out: String
  @OptionGroup var output: OutputOptions

  private struct Reply: Encodable {
    let out: String
    let images, width, height: Int
  }

  func validate() throws {
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
    if let count, count < 1 {
      throw ValidationError("--count must be at least 1, received \(count)")
    }
    if interpolate, count != nil, grid == nil {
      throw ValidationError("--interpolate fills whole rows: give --grid rather than --count")
    }
    let grid = try parsedGrid()
    if let grid, let count, count > grid.count {
      throw ValidationError("a grid of \(grid.rows)x\(grid.columns) holds no \(count) images")
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
    if training {
      let frames = try GeneratedPictures.training(run: runFolder)
      try AtomicFile.write(AnimatedPNG.encode(frames), to: out)
      return try tell(frames.count, frames[0])
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
    try tell(made, enlarged)
  }

  private func tell(_ images: Int, _ sheet: Image) throws {
    if output.json {
      try Console.json(Reply(out: out, images: images, width: sheet.width, height: sheet.height))
    } else {
      Console.output("\(images) images in \(out)")
    }
  }
}
