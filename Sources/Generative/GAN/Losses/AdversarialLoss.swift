import Messages
import Torch

/// Which way a discriminator's score points.
public enum ScorePolarity: String, Sendable {
  /// Real samples score high.
  case realHigh
  /// Real samples score low.
  case realLow
}

/// The losses of both players as functions of the discriminator's scores, which are what it gives
/// before any activation: T(x_r) and T(x_f), each `(B)`. Both losses are minimized.
///
/// All are the batch means of the formulas beside them; sp(t) = ln(1 + e^t).
public struct AdversarialLoss: Sendable {
  public let name: String
  public let polarity: ScorePolarity
  /// Whether the generator's gradient depends on the scores of real samples too.
  public let needsRealInGeneratorStep: Bool
  /// Whether sample i of the real batch is compared with sample i of the fake one, so that both
  /// batches must be equally large.
  public let isPaired: Bool
  /// Whether a constraint or a penalty on the discriminator must keep the loss bounded.
  public let needsLipschitzConstraint: Bool
  private let ofDiscriminator: @Sendable (_ real: Tensor, _ fake: Tensor) -> Tensor
  private let ofGenerator: @Sendable (_ fake: Tensor, _ real: Tensor) -> Tensor

  public init(
    name: String, polarity: ScorePolarity, needsRealInGeneratorStep: Bool = false,
    isPaired: Bool = false, needsLipschitzConstraint: Bool = false,
    discriminator: @escaping @Sendable (_ real: Tensor, _ fake: Tensor) -> Tensor,
    generator: @escaping @Sendable (_ fake: Tensor, _ real: Tensor) -> Tensor
  ) {
    self.name = name
    self.polarity = polarity
    self.needsRealInGeneratorStep = needsRealInGeneratorStep
    self.isPaired = isPaired
    self.needsLipschitzConstraint = needsLipschitzConstraint
    ofDiscriminator = discriminator
    ofGenerator = generator
  }

  /// ℓ_D of scores `(B)`, a scalar.
  public func discriminator(real: Tensor, fake: Tensor) -> Tensor {
    if isPaired {
      require(
        real.shape == fake.shape,
        "\(name) compares samples in pairs: expected equal batches, received \(real.shape) real and "
          + "\(fake.shape) fake")
    }
    return ofDiscriminator(real, fake)
  }

  /// ℓ_G of scores `(B)`, a scalar.
  public func generator(fake: Tensor, real: Tensor) -> Tensor { ofGenerator(fake, real) }

  /// How much higher real samples score than fake ones, in this loss's own direction.
  public func margin(real: Tensor, fake: Tensor) -> Tensor {
    let difference = real.mean() - fake.mean()
    return polarity == .realHigh ? difference : -difference
  }

  // MARK: - The usual ones

  /// D: sp(−T(x_r)) + sp(T(x_f)); G: sp(−T(x_f)), the non-saturating form. Goodfellow et al. 2014.
  public static let standard = AdversarialLoss(
    name: "sgan", polarity: .realHigh,
    discriminator: { real, fake in (-real).softplus().mean() + fake.softplus().mean() },
    generator: { fake, _ in (-fake).softplus().mean() })

  /// D as `standard`; G: −sp(T(x_f)), that is ln(1 − σ(T(x_f))), the form of the minimax game, whose
  /// gradient vanishes where the discriminator is sure. Goodfellow et al. 2014.
  public static let saturating = AdversarialLoss(
    name: "sgan-saturating", polarity: .realHigh,
    discriminator: { real, fake in (-real).softplus().mean() + fake.softplus().mean() },
    generator: { fake, _ in -fake.softplus().mean() })

  /// D: (T(x_r) − 1)² + T(x_f)²; G: (T(x_f) − 1)². Mao et al. 2016.
  public static let leastSquares = AdversarialLoss(
    name: "lsgan", polarity: .realHigh,
    discriminator: { real, fake in (real - 1).square().mean() + fake.square().mean() },
    generator: { fake, _ in (fake - 1).square().mean() })

  /// D: relu(1 − T(x_r)) + relu(1 + T(x_f)); G: −T(x_f).
  public static let hinge = AdversarialLoss(
    name: "hinge", polarity: .realHigh,
    discriminator: { real, fake in (1 - real).relu().mean() + (1 + fake).relu().mean() },
    generator: { fake, _ in -fake.mean() })

  /// The hinge loss with the signs of the article: D: relu(1 + T(x_r)) + relu(1 − T(x_f));
  /// G: T(x_f). Su Jianlin, kexue.fm/archives/6387.
  public static let hingeRealLow = AdversarialLoss(
    name: "hinge-low", polarity: .realLow,
    discriminator: { real, fake in (1 + real).relu().mean() + (1 - fake).relu().mean() },
    generator: { fake, _ in fake.mean() })

  /// D: sp(−(T(x_r) − T(x_f))); G: sp(−(T(x_f) − T(x_r))), in pairs. Jolicoeur-Martineau 2018.
  public static let relativistic = AdversarialLoss(
    name: "rsgan", polarity: .realHigh, needsRealInGeneratorStep: true, isPaired: true,
    discriminator: { real, fake in (fake - real).softplus().mean() },
    generator: { fake, real in (real - fake).softplus().mean() })

  /// D: sp(−(T(x_r) − mean T(x_f))) + sp(T(x_f) − mean T(x_r)); G: the roles swapped.
  public static let relativisticAverage = AdversarialLoss(
    name: "rasgan", polarity: .realHigh, needsRealInGeneratorStep: true,
    discriminator: { real, fake in
      (fake.mean() - real).softplus().mean() + (fake - real.mean()).softplus().mean()
    },
    generator: { fake, real in
      (real.mean() - fake).softplus().mean() + (real - fake.mean()).softplus().mean()
    })

  /// D: (T(x_r) − mean T(x_f) − 1)² + (T(x_f) − mean T(x_r) + 1)²; G: the roles swapped.
  /// Jolicoeur-Martineau 2018.
  public static let relativisticLeastSquares = AdversarialLoss(
    name: "ralsgan", polarity: .realHigh, needsRealInGeneratorStep: true,
    discriminator: { real, fake in
      (real - fake.mean() - 1).square().mean() + (fake - real.mean() + 1).square().mean()
    },
    generator: { fake, real in
      (fake - real.mean() - 1).square().mean() + (real - fake.mean() + 1).square().mean()
    })

  /// D: T(x_f) − T(x_r); G: −T(x_f). The discriminator needs what keeps it bounded: spectral
  /// normalization in every layer, clipped weights, a gradient penalty or a pair penalty. Arjovsky et
  /// al. 2017.
  public static let wasserstein = AdversarialLoss(
    name: "wgan", polarity: .realHigh, needsLipschitzConstraint: true,
    discriminator: { real, fake in fake.mean() - real.mean() },
    generator: { fake, _ in -fake.mean() })

  /// `wasserstein` with the signs of WGAN-div's and O-GAN's code: D: T(x_r) − T(x_f); G: T(x_f).
  public static let wassersteinRealLow = AdversarialLoss(
    name: "wgan-low", polarity: .realLow, needsLipschitzConstraint: true,
    discriminator: { real, fake in real.mean() - fake.mean() },
    generator: { fake, _ in fake.mean() })

  /// All of the above.
  public static let all: [AdversarialLoss] = Name.allCases.map { AdversarialLoss($0) }

  /// The losses by name.
  public enum Name: String, Sendable, CaseIterable {
    case standard = "sgan"
    case saturating = "sgan-saturating"
    case leastSquares = "lsgan"
    case hinge = "hinge"
    case hingeRealLow = "hinge-low"
    case relativistic = "rsgan"
    case relativisticAverage = "rasgan"
    case relativisticLeastSquares = "ralsgan"
    case wasserstein = "wgan"
    case wassersteinRealLow = "wgan-low"
  }

  public init(_ name: Name) {
    self =
      switch name {
      case .standard: .standard
      case .saturating: .saturating
      case .leastSquares: .leastSquares
      case .hinge: .hinge
      case .hingeRealLow: .hingeRealLow
      case .relativistic: .relativistic
      case .relativisticAverage: .relativisticAverage
      case .relativisticLeastSquares: .relativisticLeastSquares
      case .wasserstein: .wasserstein
      case .wassersteinRealLow: .wassersteinRealLow
      }
  }
}
