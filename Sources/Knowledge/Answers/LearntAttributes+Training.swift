import Foundation
import Messages
import Parallel

extension LearntAttributes {
  /// A question and the row that answers it.
  public struct Example: Sendable {
    public let question: String
    public let entity: String
    public let attribute: String

    public init(question: String, entity: String, attribute: String) {
      self.question = question
      self.entity = entity
      self.attribute = attribute
    }
  }

  public struct Training: Sendable {
    public var passes = 5
    /// The step of AdaGrad.
    public var rate: Float = 0.02
    public var seed: UInt64 = 0

    public init() {}
  }

  /// One question's rows: all that its mentions have.
  private struct Case {
    struct Row {
      let grams: Int
      let parts: [UInt64]
      /// Without what is learnt.
      let score: Double
      let mentionScore: Double
      let isRight: Bool
    }

    var grams: [[UInt64]] = []
    var rows: [Row] = []
  }

  /// How much surer a score of 1 more makes the model.
  private static let sharpness = 4.0

  /// Learns from `examples` whose rows stand in `base`; also returns how many do not.
  ///
  /// For each question the right row is to outscore the other rows of its mentions (a softmax), and a row is to
  /// pass the threshold if it is right and to fail it if the right one is taken away (a logistic loss on the
  /// best other row). Throws `InputError` if no example can be used.
  public static func learn(
    _ examples: [Example], _ base: KnowledgeBase, _ training: Training = Training(),
    work: Work = .silent
  ) throws -> (model: LearntAttributes, unused: Int) {
    let engine = AnswerEngine(base)
    var cases: [Case] = []
    try work.phase("reading questions", of: examples.count, unit: "questions") { phase in
      for example in examples {
        if let found = self.rows(example, engine) { cases.append(found) }
        try phase.advance(1)
      }
    }
    guard !cases.isEmpty else {
      throw InputError(
        "none of the \(examples.count) questions names its entity and has its row in the base: "
          + "expected lines of question, entity and attribute")
    }
    var model = LearntAttributes()
    var squares = [Float](repeating: 1e-2, count: bucketCount)
    var random = RandomStream(seed: training.seed)
    var order = Array(cases.indices)
    try work.phase("learning", of: training.passes * cases.count, unit: "questions") { phase in
      for _ in 0..<training.passes {
        order.shuffle(using: &random)
        for index in order { model.step(cases[index], training, &squares) }
        try phase.advance(cases.count)
      }
    }
    return (model, examples.count - cases.count)
  }

  private static func rows(_ example: Example, _ engine: AnswerEngine) -> Case? {
    let base = engine.base
    guard let entity = base.entities.number(of: example.entity),
      let attribute = base.attributes.number(of: example.attribute)
    else { return nil }
    let question = Question(example.question)
    let asked = AskedAttributes(question, base)
    var found = Case()
    for mention in engine.mentions(question) {
      let grams = found.grams.count
      found.grams.append(Self.grams(question, without: mention.range))
      for pair in base.pairs(of: mention.entity) {
        let kind = ValueKind(base.values[Int(pair.value)])
        found.rows.append(
          Case.Row(
            grams: grams, parts: parts(base.attributes.bytes(Int(pair.attribute)), kind),
            score: engine.attributeScore(question, mention, pair, asked),
            mentionScore: mention.score,
            isRight: mention.entity == entity && Int(pair.attribute) == attribute))
      }
    }
    return found.rows.contains(where: \.isRight) ? found : nil
  }

  private mutating func step(_ item: Case, _ training: Training, _ squares: inout [Float]) {
    let scores = item.rows.map { score(item.grams[$0.grams], $0.parts) + $0.score }
    let totals = zip(scores, item.rows).map { Self.sharpness * ($0 + $1.mentionScore) }
    let largest = totals.max() ?? 0
    let exponentials = totals.map { exp($0 - largest) }
    let sum = exponentials.reduce(0, +)
    let rightCount = Double(item.rows.count(where: \.isRight))
    var slopes = zip(exponentials, item.rows).map { $0 / sum - ($1.isRight ? 1 / rightCount : 0) }
    // The best right row is to pass the threshold, the best other one is not.
    for isRight in [true, false] {
      let of = item.rows.indices.filter { item.rows[$0].isRight == isRight }
      guard let best = of.max(by: { totals[$0] < totals[$1] }) else { continue }
      let margin = Self.sharpness * (scores[best] - AnswerEngine.defaultThreshold)
      slopes[best] += 0.5 * (1 / (1 + exp(-margin)) - (isRight ? 1 : 0))
    }
    for (row, slope) in zip(item.rows, slopes) where abs(slope) > 1e-4 {
      let grams = item.grams[row.grams]
      guard !grams.isEmpty else { continue }
      let gradient = Float(Self.sharpness * slope / Double(grams.count).squareRoot())
      for part in row.parts {
        for gram in grams {
          let bucket = Self.bucket(gram, part)
          squares[bucket] += gradient * gradient
          weights[bucket] -= training.rate * gradient / squares[bucket].squareRoot()
        }
      }
    }
  }
}
