import Generative
import Messages
import Optimizers
import Recipes
import Reports
import Torch

/// The gradients of the one loss beside those of the players' own losses, in float64, and what λ does.
struct GradientComparison: Finding {
  /// The largest differences of a form's gradients to the players' own.
  private struct Row {
    let form: String
    let discriminator: Double
    let generator: Double
  }

  private let oneLoss: Row
  private let leaner: [Row]
  private let bracket: Double
  private let bracketGradient: Double
  private let sgdRatio: Double
  private let adamRatio: Double

  init(
    _ models: OneLossModels, _ run: Running<GANSingleLossArticle.Settings>, _ images: ZooImages
  ) {
    let players = models.players(seed: run.seed &+ 1, dtype: .float64)
    let random = RandomGenerator(seed: run.seed &+ 2)
    let real = images.training.subset(0..<8).scaledInputs().to(.float64).to(run.device)
    let noise = Tensor.normal([8, models.noiseSize], dtype: .float64, generator: random)
      .to(run.device)
    // A penalty draws its points at random: the same ones for every form.
    func seeded<Result>(_ body: () -> Result) -> Result {
      RandomGenerator.seedAll(run.seed &+ 3)
      return body()
    }
    // Power iterations have converged, so that another round of them changes nothing.
    for _ in 0..<500 { players.discriminator.advanceSpectralNorms() }
    let fake = players.generator(noise)
    let own = seeded {
      players.discriminatorGradients(real: real, fake: fake, noise: noise)
    }.gradients
    let generator = players.generatorGradients(fake: fake, noise: noise, real: real)
      .gradients
    func row(_ form: String, _ gradients: () -> PlayerGradients) -> Row {
      let found = seeded(gradients)
      return Row(
        form: form, discriminator: Self.distance(found.discriminator, own),
        generator: Self.distance(found.generator, generator))
    }
    oneLoss = row("one loss") { JointStep().gradients(players, real: real, noise: noise) }
    leaner = [
      row("split, two backward passes") {
        SplitStep(sharesBackward: false).gradients(players, real: real, noise: noise)
      },
      row("split, shared backward pass") {
        SplitStep().gradients(players, real: real, noise: noise)
      },
    ]
    let value = seeded {
      JointStep().loss(players, real: real, fake: players.generator(noise), noise: noise).bracket
    }
    bracket = abs(value.item())
    bracketGradient = Optimizer.norm(of: players.generatorOptimizer.gradients(of: value)).item()

    func displacement(_ weight: Double, _ rule: any OptimizerSpecification) -> Double {
      let players = models.players(seed: run.seed &+ 1, dtype: .float64, rule: rule)
      let before = players.generator.parameters.map { $0.value.detach().clone() }
      _ = seeded { JointStep(generatorWeight: weight).update(players, real: real, noise: noise) }
      return Optimizer.norm(
        of: zip(players.generator.parameters, before).map { $0.value.detach() - $1 }
      ).item()
    }
    let sgd = SGD(learningRate: 1e-3)
    sgdRatio = displacement(0.1, sgd) / displacement(1, sgd)
    let adam = Adam(learningRate: 1e-4, beta1: 0.5, epsilon: 1e-10)
    adamRatio = displacement(0.1, adam) / displacement(1, adam)
  }

  /// The largest difference over all parameters, relative to the largest entry of `b`'s tensor.
  private static func distance(_ a: [Tensor?], _ b: [Tensor?]) -> Double {
    zip(a, b).map { pair in
      guard let first = pair.0, let second = pair.1 else {
        return pair.0 == nil && pair.1 == nil ? 0 : .infinity
      }
      let scale = max(second.abs().max().item(), 1e-12)
      return (first - second).abs().max().item() / scale
    }.max() ?? 0
  }

  var claims: [Claim] {
    [
      Claim(
        id: "gradient-discriminator",
        statement:
          "the one loss has the discriminator's own gradient: largest relative difference, float64",
        measured: oneLoss.discriminator, atMost: 1e-10),
      Claim(
        id: "gradient-generator",
        statement: "the one loss has the generator's own gradient: largest relative difference",
        measured: oneLoss.generator, atMost: 1e-10),
      Claim(
        id: "gradient-split",
        statement: "so have the leaner forms: two gradient calls, and one shared backward pass",
        measured: leaner.flatMap { [$0.discriminator, $0.generator] }.max() ?? .nan,
        atMost: 1e-10),
      Claim(
        id: "bracket",
        statement: "the second bracket's value is 0, while it trains the generator "
          + "(norm of its gradient \(NumberText.short(bracketGradient)))",
        measured: bracket, atMost: bracketGradient > 0 ? 0 : -1),
      Claim(
        id: "lambda-sgd", statement: "λ = 0.1 makes the generator's step a tenth: SGD",
        measured: sgdRatio, equals: 0.1, within: 0.001),
      Claim(
        id: "lambda-adam",
        statement: "under Adam λ = 0.1 changes next to nothing: ratio of the generator's steps",
        measured: adamRatio, atLeast: 0.95),
    ]
  }

  var section: Report.Section? {
    let table = Report.Table(
      columns: ["form", "discriminator", "generator"],
      rows: ([oneLoss] + leaner).map {
        [.text($0.form), .number($0.discriminator), .number($0.generator)]
      },
      caption: "Largest relative difference over all parameters, float64, 8 images.")
    return Report.Section("Gradients against each player's own loss", [.table(table)])
  }
}
