import Generative
import Recipes
import Reports

/// What the articles on GANs without a constraint say of images.
struct UnconstrainedImages: Finding {
  let comparison: ImageComparison

  var metrics: [String: Double] { comparison.metrics }

  var claims: [Claim] {
    let qp = comparison.distance("GAN-QP")
    return [
      Claim(
        id: "learnt",
        statement: "without a Lipschitz constraint it trains: Fréchet distance after training over "
          + "that of the untrained generator", measured: qp / comparison.untrained, atMost: 0.3),
      Claim(
        id: "quality",
        statement: "it is better than WGAN-GP: Fréchet distance over WGAN-GP's, one seed",
        measured: qp / comparison.distance("WGAN-GP"), atMost: 1),
      Claim(
        id: "time-penalty",
        statement: "WGAN-GP takes half as long again: time of its round over GAN-QP's",
        measured: (comparison.result("WGAN-GP")?.milliseconds ?? .nan)
          / (comparison.result("GAN-QP")?.milliseconds ?? .nan), atLeast: 1.25),
      Claim(
        id: "time-plain", statement: "it takes no longer than SGAN: time of a round over SGAN's",
        measured: (comparison.result("GAN-QP")?.milliseconds ?? .nan)
          / (comparison.result("SGAN")?.milliseconds ?? .nan), atMost: 1.1),
    ]
  }

  var section: Report.Section? { comparison.section }
}

/// GAN-QP on the mixture: G4 of the acceptance tests.
struct Potential: Finding {
  let plane: PlaneComparison

  var metrics: [String: Double] { plane.metrics }
  var section: Report.Section? { plane.section }

  var claims: [Claim] {
    ["L1", "L2", "L1, D ten times as fast"].flatMap { kind in
      let id = kind == "L1, D ten times as fast" ? "rates" : kind.lowercased()
      let result = plane.coverage("GAN-QP \(kind)", deviations: 3)
      return [
        Claim(
          id: "modes-\(id)", statement: "GAN-QP \(kind) finds all modes of the ring",
          measured: Double(plane.coverage("GAN-QP \(kind)", deviations: 6)?.covered() ?? 0),
          atLeast: 8),
        Claim(
          id: "quality-\(id)", statement: "GAN-QP \(kind): share of samples within 3σ of a mode",
          measured: result?.quality ?? .nan, atLeast: 0.8),
      ]
    }
  }
}
