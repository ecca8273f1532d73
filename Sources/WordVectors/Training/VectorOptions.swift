import Messages

/// What is trained, and how.
public struct VectorOptions: Sendable, Equatable, Codable {
  public enum Method: String, Sendable, Codable, CaseIterable {
    /// JoSE as its program trains it: one hinge for (word, context), one for (word, document).
    case spherical = "jose"
    /// JoSE as its paper states it: one hinge for word, context and document together.
    case sphericalJoint = "jose-joint"
    /// Skip-gram with negative sampling.
    case skipGram = "skip-gram"
    /// Continuous bag of words with negative sampling.
    case bagOfWords = "cbow"

    public var isSpherical: Bool { self == .spherical || self == .sphericalJoint }
  }

  public var method: Method
  public var dimension = 100
  /// The widest window: each position draws its own width from 1 to this.
  public var window = 5
  /// Negatives drawn for each pair.
  public var negatives: Int
  public var epochs: Int
  /// The learning rate at the start; it falls linearly.
  public var learningRate: Float
  /// The learning rate at the end, and its floor.
  public var finalLearningRate: Float
  /// The threshold t of subsampling: a word of frequency f is kept with probability √(t/f) + t/f.
  /// 0 keeps every word.
  public var subsampling = 1e-3
  /// The margin of the hinges (spherical methods).
  public var margin: Float = 0.15
  /// Trains one vector for each document too; the spherical methods need them.
  public var documents: Bool
  /// Draws one set of negatives for a position instead of one for each of its pairs: faster, and not
  /// quite the same.
  public var sharedNegatives = false
  public var seed: UInt64 = 1
  /// One thread gives the same bytes for the same seed; more race for rows without locks.
  public var threads = 1

  /// The usual settings of a method: those of the JoSE program, and those of word2vec's libraries.
  public init(_ method: Method) {
    self.method = method
    negatives = method.isSpherical ? 2 : 5
    epochs = method.isSpherical ? 10 : 5
    learningRate = method.isSpherical ? 0.04 : 0.025
    finalLearningRate = method.isSpherical ? 4e-6 : 1e-4
    documents = method.isSpherical
  }

  /// The settings in one line.
  public var summary: String {
    "\(method.rawValue), dimension \(dimension), window \(window), negatives \(negatives)"
      + "\(sharedNegatives ? " (shared)" : ""), epochs \(epochs), rate \(learningRate) to "
      + "\(finalLearningRate), subsampling \(subsampling)"
      + "\(method.isSpherical ? ", margin \(margin)" : ""), documents \(documents ? "on" : "off"), "
      + "seed \(seed)"
  }

  /// Throws `OptionError` for a setting that cannot be trained with.
  public func check() throws(OptionError) {
    func require(
      _ holds: Bool, _ name: String, _ expected: String, _ received: some CustomStringConvertible
    ) throws(OptionError) {
      if !holds { throw OptionError(name, expected: expected, received: received) }
    }
    try require((1...16_384).contains(dimension), "dimension", "from 1 to 16384", dimension)
    try require((1...1000).contains(window), "window", "from 1 to 1000", window)
    try require((1...255).contains(negatives), "negatives", "from 1 to 255", negatives)
    try require(epochs > 0, "epochs", "at least 1", epochs)
    try require(
      learningRate > 0 && learningRate.isFinite, "learningRate", "a positive number", learningRate)
    try require(
      finalLearningRate >= 0 && finalLearningRate <= learningRate, "finalLearningRate",
      "a number from 0 to the learning rate \(learningRate)", finalLearningRate)
    try require(
      subsampling >= 0 && subsampling.isFinite, "subsampling", "0 (off) or a positive number",
      subsampling)
    try require(margin.isFinite && abs(margin) <= 4, "margin", "a number from −4 to 4", margin)
    try require(threads > 0, "threads", "at least 1", threads)
    try require(
      documents || method != .sphericalJoint, "documents",
      "to be on for \(Method.sphericalJoint.rawValue)",
      "off")
  }
}
