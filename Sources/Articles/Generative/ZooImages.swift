import Datasets
import Formats
import Generative
import Messages
import Recipes
import Reports
import Torch
import Tracking

/// The images that a generative article learns from, three quarters for training.
struct ZooImages {
  let training: Dataset
  let heldOut: Dataset
  /// Channels and side.
  var channels: Int { training.inputShape[0] }
  var side: Int { training.inputShape[1] }

  /// What is drawn where the user has no images.
  enum Drawn {
    /// Pen strokes, 28×28.
    case strokes
    /// Soft discs, rings, squares and crosses, 16×16.
    case shapes
  }

  /// The user's images, brought to a size that the networks know, or `count` drawn ones.
  ///
  /// Throws `InputError` for fewer images than batches of that size need.
  init<Settings>(
    _ run: Running<Settings>, drawn count: Int, _ kind: Drawn = .strokes, batch: Int
  ) throws {
    let data = try Self.load(run.options.data, drawn: count, kind, seed: run.seed)
    guard data.count >= 2 * batch + 128 else {
      throw InputError(
        "\(data.count) images are too few for batches of \(batch); at least \(2 * batch + 128) are needed"
      )
    }
    let parts = data.split([0.75, 0.25], seed: run.seed)
    (training, heldOut) = (parts[0], parts[1])
  }

  private static func load(
    _ path: String?, drawn count: Int, _ kind: Drawn, seed: UInt64
  ) throws -> Dataset {
    guard let path else {
      switch kind {
      case .strokes: return try StrokeImages.dataset(count: count, seed: seed)
      case .shapes: return ToySets.shapes(count: count, seed: seed)
      }
    }
    let data = try ImageFolder.read(path: path)
    let (height, width) = (data.inputShape[1], data.inputShape[2])
    let sides = [16, 28, 32, 64]
    if height == width, sides.contains(height) { return data }
    let side = sides.min { abs($0 - max(height, width)) < abs($1 - max(height, width)) } ?? 28
    let resized = data.inputs.to(.float32).upsampledBilinear2d([side, side])
      .clamp(minimum: 0, maximum: 255).round().to(.uint8)
    return Dataset(inputs: resized, labels: data.labels, classNames: data.classNames)
  }
}

/// Contact sheets of a generator's images from noise that stays the same through a run; its section
/// shows the last one.
struct SampleSheet: Finding {
  static let count = 80
  let noise: Tensor
  private let sample: (Tensor) -> Tensor

  /// - Parameter sample: From noise `(N, n)` to images `(N, C, H, W)` in [−1, 1].
  init<Settings>(
    _ run: Running<Settings>, noiseSize: Int, _ sample: @escaping (_ noise: Tensor) -> Tensor
  ) {
    let random = RandomGenerator(seed: run.seed &+ 77)
    noise = Tensor.normal([Self.count, noiseSize], generator: random).to(run.device)
    self.sample = sample
  }

  /// The present samples, into the run's folder.
  func log<Settings>(_ run: Running<Settings>, step: Int) throws {
    try Self.log(sample(noise), tag: "samples", run, step: step)
  }

  /// Images of the data, into the run's folder.
  static func logReal<Settings>(_ images: ZooImages, _ run: Running<Settings>) throws {
    try log(images.training.subset(0..<count).scaledInputs(), tag: "real", run, step: 0)
  }

  private static func log<Settings>(
    _ images: Tensor, tag: String, _ run: Running<Settings>, step: Int
  ) throws {
    try run.run.log(image: contactSheet(images).enlarged(2), tag: tag, step: step)
  }

  /// Images `(N, C, H, W)` in [−1, 1] side by side.
  static func contactSheet(_ samples: Tensor, columns: Int = 16) -> Image {
    let (channels, height, width) = (samples.size(1), samples.size(2), samples.size(3))
    let images = samples.to(.cpu).unbound().map {
      Image(planes: $0.contiguous().floats(), width: width, height: height, channels: channels)
    }
    return Image.contactSheet(images, columns: columns, padding: 1, background: 96)
  }

  var section: Report.Section? {
    Report.Section(
      "Samples",
      [.images([.init(Self.contactSheet(sample(noise)), caption: "after the last step")])])
  }
}

/// The Fréchet distance of generated images to held-out ones.
struct FrechetQuality {
  let features: ImageFeatures
  /// The distance of training images to held-out ones: what a perfect generator would have.
  let floor: Double
  let count: Int
  private let real: GaussianFit

  init<Settings>(_ images: ZooImages, _ run: Running<Settings>) throws {
    features = try ImageFeatures(
      training: images.training, heldOut: images.heldOut, device: run.device, run.work)
    count = min(4000, images.heldOut.count)
    real = GaussianFit(features(images.heldOut.scaledInputs()))
    let known = images.training.subset(0..<min(count, images.training.count)).scaledInputs()
    floor = real.frechetDistance(to: GaussianFit(features(known)))
  }

  /// The distance of `count` samples from noise of its own.
  func distance(
    noiseSize: Int, seed: UInt64, device: Device, _ sample: (_ noise: Tensor) -> Tensor
  ) -> Double {
    let noise = Tensor.normal([count, noiseSize], generator: RandomGenerator(seed: seed &+ 991))
    return real.frechetDistance(to: GaussianFit(features(sample(noise.to(device)))))
  }

  /// How the distance was measured, in a sentence.
  func protocolText(_ images: ZooImages) -> String {
    let accuracy = features.accuracy.map { " (accuracy on held-out ones \(NumberText.short($0)))" }
    return
      "Fréchet distance ‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2(Σ₁Σ₂)^½) in \(features.description)"
      + "\(accuracy ?? ""), between \(count) samples of the generator in inference mode and the "
      + "\(images.heldOut.count) held-out images, at the last step. Not an Inception distance: "
      + "comparable within this run only."
  }
}

extension Running {
  /// The values of a figure as they were logged, step by step; also of a training that an earlier process
  /// made.
  func logged(_ figure: String) throws -> [Double] {
    try run.folder.metrics().records.compactMap { $0.values[figure] }
  }
}
