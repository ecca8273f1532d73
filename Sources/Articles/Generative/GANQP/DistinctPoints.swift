import Generative
import Layers
import Optimizers
import Recipes
import Reports
import Torch

/// Two points that never meet: what the best discriminator says, and how strongly it pulls.
struct DistinctPoints: Finding {
  private struct Row {
    let name: String
    let difference: Double
    /// ‖∂ℓ_G/∂θ‖ after training the discriminator over that before.
    let pull: Double
  }
  private var rows: [Row] = []

  init(_ run: Running<GANQPArticle.Settings>) {
    let real = Tensor([[1.0, 1]]).to(.float32)
    let fake = Tensor([[-1.0, -1]]).to(.float32)
    for row in [
      ZooRow(name: "GAN-QP", game: GANQPArticle.Metric.l1.game),
      ZooRow(name: "SGAN, saturating", game: .init(.saturating)),
    ] {
      let random = RandomGenerator(seed: run.seed)
      // Weights as small as PyTorch's, so that the discriminator begins indifferent.
      let small = Initializer.varianceScaling(1.0 / 3, distribution: .uniform)
      let discriminator = Sequential(
        Dense(2, 64, weightInitializer: small, generator: random), Activation(.leakyReLU(0.2)),
        Dense(64, 64, weightInitializer: small, generator: random), Activation(.leakyReLU(0.2)),
        Dense(64, 1, weightInitializer: small, generator: random))
      let players = AdversarialPlayers(
        generator: Dense(2, 2, generator: random), discriminator: discriminator, game: row.game,
        generatorOptimizer: row.rule,
        discriminatorOptimizer: Adam(learningRate: 1e-3, epsilon: 1e-8))
      func pull() -> Double {
        let point = fake.clone().requiringGradient()
        let scores = players.scores(point)
        let loss = row.game.loss.generator(fake: scores, real: players.scores(real))
        return gradients(of: loss, withRespectTo: [point])[0].norm().item()
      }
      let before = pull()
      for _ in 0..<run.settings.gapSteps {
        let found = players.discriminatorGradients(real: real, fake: fake, noise: fake)
        players.discriminatorOptimizer.step(gradients: found.gradients)
      }
      let difference = (players.scores(real) - players.scores(fake)).item()
      rows.append(Row(name: row.name, difference: difference, pull: pull() / before))
    }
  }

  var claims: [Claim] {
    [
      Claim(
        id: "optimum",
        statement: "the best difference of two points is λd, here 20, where WGAN's has no bound",
        measured: rows[0].difference, equals: 20, within: 0.1),
      Claim(
        id: "pull",
        statement: "the better the discriminator, the stronger it pulls: the generator's gradient "
          + "after over before", measured: rows[0].pull, atLeast: 10),
      Claim(
        id: "vanishing",
        statement: "where the minimax form of SGAN has lost its gradient: the same",
        measured: rows[1].pull, atMost: 0.01),
    ]
  }

  var section: Report.Section? {
    Report.Section(
      "Two points that never meet",
      [
        .table(
          Report.Table(
            columns: ["", "T(real) − T(fake)", "gradient after / before"],
            rows: rows.map { [.text($0.name), .number($0.difference), .number($0.pull)] },
            caption: "Real (1, 1), fake (−1, −1); a perceptron 2 × 64 trained against both."))
      ])
  }
}
