import Formats
import Generative
import Messages
import Recipes
import Torch
import Tracking

/// Sheets of images by the model of a finished run.
public struct GeneratedPictures {
  /// Rows and columns of a sheet.
  public struct Grid: Sendable, Equatable {
    public let rows: Int
    public let columns: Int

    /// A square that holds `count`, or as near to one as can be.
    public init(count: Int) {
      columns = max(1, Int(Double(count).squareRoot().rounded(.up)))
      rows = (max(1, count) + columns - 1) / columns
    }

    /// From `8x8`, rows first; `nil` for anything else.
    public init?(_ text: String) {
      let parts = text.lowercased().split(separator: "x", omittingEmptySubsequences: false)
        .map { Int($0) }
      guard parts.count == 2, let rows = parts[0], let columns = parts[1], rows > 0, columns > 0,
        !rows.multipliedReportingOverflow(by: columns).overflow
      else { return nil }
      self.rows = rows
      self.columns = columns
    }

    public var count: Int { rows * columns }
  }

  private let model: ImageModel
  private let known: Tensor
  private let path: String

  /// The pictures that the run in `path` can make. Throws where it can make none.
  public init(run path: String) throws {
    (model, known) = try ImageModel.load(path: path)
    self.path = path
  }

  /// The sheets of samples that a run kept while it trained, in order; of any run that keeps some.
  public static func training(run path: String) throws -> [Image] {
    _ = try RecipeSession.recipeName(at: path)
    let folder = RunFolder(path: path).samplesPath
    let names = try Folder.names(in: folder).filter { $0.hasPrefix("samples-") }.sorted()
    guard !names.isEmpty else {
      throw InputError("\(path) kept no samples while it trained")
    }
    let frames = try names.map { try Image(pngPath: "\(folder)/\($0)") }
    guard
      frames.allSatisfy({
        ($0.width, $0.height, $0.channels)
          == (frames[0].width, frames[0].height, frames[0].channels)
      })
    else { throw FileError(path: folder, reason: "holds samples of different sizes") }
    return frames
  }

  /// Throws where a sheet of so many images would have more than 2²⁸ pixels.
  private func check(_ count: Int) throws {
    let pixels = Double(count) * model.shape.map(Double.init).reduce(1, *)
    guard pixels <= 268_435_456 else {
      let largest = 268_435_456 / model.shape.reduce(1, *)
      throw InputError(
        "a sheet of \(count) images of \(model.shape[1])×\(model.shape[2]) pixels would be too large; "
          + "up to \(largest) images would work")
    }
  }

  private func noise(_ count: Int, _ seed: UInt64) -> Tensor {
    .normal([count, model.noiseSize], generator: RandomGenerator(seed: seed))
  }

  private func sheet(_ images: Tensor, _ columns: Int) -> Image {
    SampleSheet.contactSheet(images, columns: columns)
  }

  /// n of the noise `(N, n)` that images are made from.
  public var noiseSize: Int { model.noiseSize }

  /// The noise that `samples` of this seed begins with.
  public func noise(seed: UInt64) -> [Float] { noise(1, seed).array(Float.self) }

  /// The images of given noise, one a row of `noiseSize` numbers. Traps on rows of another length.
  public func images(of noise: [[Float]], columns: Int) throws -> Image {
    require(
      noise.allSatisfy { $0.count == noiseSize },
      "images expected noise of \(noiseSize) numbers, received \(noise.map(\.count))")
    try check(noise.count)
    return sheet(
      model.images(Tensor(noise.flatMap { $0 }, shape: [noise.count, noiseSize])), columns)
  }

  /// New images, row by row.
  public func samples(count: Int, columns: Int, seed: UInt64) throws -> Image {
    try check(count)
    return sheet(model.images(noise(count, seed)), columns)
  }

  /// Rows that lead from one new image to another, along arcs on which the noise stays normal:
  /// cos(tπ/2) z + sin(tπ/2) z'.
  public func interpolations(_ grid: Grid, seed: UInt64) throws -> Image {
    try check(grid.count)
    let ends = noise(2 * grid.rows, seed)
    let angles =
      Tensor.linspace(0, Double.pi / 2, count: grid.columns, dtype: .float32).expandingAxis(1)
    let rows = (0..<grid.rows).map { row in
      angles.cos() * ends[2 * row] + angles.sin() * ends[2 * row + 1]
    }
    return sheet(model.images(.concatenate(rows)), grid.columns)
  }

  /// New images, each with the nearest of the kept training images below it.
  public func nearest(_ grid: Grid, seed: UInt64) throws -> Image {
    try check(2 * grid.count)
    let made = model.images(noise(grid.count, seed))
    let found = known.gatherRows(NearestNeighborMatching.nearest(to: made, among: known))
    let rows = (0..<grid.rows).flatMap { row in
      let range = row * grid.columns..<(row + 1) * grid.columns
      return [made[range], found[range]]
    }
    return sheet(.concatenate(rows), grid.columns)
  }

  /// The pictures in `files`, each above what comes back when it is encoded and decoded.
  ///
  /// Throws `InputError` where the run has no encoder, `FileError` for a picture of another size. Gray and
  /// color are converted.
  public func reconstructions(of files: [String]) throws -> Image {
    guard model.codes(.zeros([1] + model.shape)) != nil else {
      throw InputError(
        "\(path) has no encoder to rebuild pictures by; runs of o-gan, bigan-qp and vae-infomax have one"
      )
    }
    let (channels, height, width) = (model.shape[0], model.shape[1], model.shape[2])
    let pictures = try files.map { file -> Tensor in
      let picture = try Image(pngPath: file)
      guard (picture.height, picture.width) == (height, width) else {
        throw FileError(
          path: file,
          reason: "is \(picture.height)×\(picture.width); the run's images are \(height)×\(width)")
      }
      let pixels = picture.converted(toChannels: channels).pixels
      let values = Tensor(pixels, shape: [height, width, channels]).permuted(2, 0, 1)
      return values.to(.float32) / 127.5 - 1
    }
    let images = Tensor.stack(pictures)
    let rebuilt = model.codes(images).map(model.images) ?? images
    let columns = min(16, files.count)
    let blank = Tensor.full([1] + model.shape, -1, dtype: .float32)
    func padded(_ row: Tensor) -> Tensor {
      row.size(0) == columns
        ? row : .concatenate([row] + (row.size(0)..<columns).map { _ in blank })
    }
    let rows = stride(from: 0, to: files.count, by: columns).flatMap { start in
      let range = start..<min(files.count, start + columns)
      return [padded(images[range]), padded(rebuilt[range])]
    }
    return sheet(.concatenate(rows), columns)
  }
}
