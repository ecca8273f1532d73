import Formats
import Memory
import Messages

/// What questions whose rows are known teach: which words of a question go with which attributes, 谁写的 with 作者.
///
/// A linear model on pairs of a gram of the question (one or two characters, its entity replaced by a mark) and a
/// part of the row (a character of the attribute, the kind of the value), hashed into `bucketCount` weights. A part
/// for the attribute as a whole makes it worse: most attributes are asked for once. The sum is added to the score that `AnswerEngine` has without it.
public struct LearntAttributes: Sendable {
  static let kind = SectionFile.Kind(code: "kla", version: 1, name: "a learnt attribute matcher")
  static let bucketCount = 1 << 20

  var weights = [Float](repeating: 0, count: bucketCount)

  init() {}

  /// Reads a file of `write(to:)`. Throws `FileError` if it is another kind of file, or damaged.
  public init(path: String) throws {
    let file = try SectionFile(path: path, kind: Self.kind)
    try file.verify()
    weights = Array(try file.values("weights", as: Float.self))
    guard weights.count == Self.bucketCount, weights.allSatisfy(\.isFinite) else {
      throw FileError(path: path, reason: "is damaged: its weights are no numbers")
    }
  }

  public func write(to path: String) throws {
    var file = SectionFileWriter(kind: Self.kind)
    let weights = Block(weights)
    file.add("weights", UnsafeRawBufferPointer(weights.buffer), owner: weights)
    try file.write(to: path)
  }

  /// The grams of a question that does not mention its entity any more.
  static func grams(_ question: Question, without mention: Range<Int>) -> [UInt64] {
    var scalars = question.scalars
    // No character has this number.
    scalars.replaceSubrange(mention, with: [UInt32.max])
    var grams: [UInt64] = []
    grams.reserveCapacity(scalars.count * 2)
    for (index, scalar) in scalars.enumerated() {
      if scalar != UInt32.max { grams.append(mixed(UInt64(scalar))) }
      if index > 0 { grams.append(mixed(UInt64(scalars[index - 1]) << 32 | UInt64(scalar))) }
    }
    return grams
  }

  /// The parts of a row that grams are paired with.
  static func parts(_ attribute: UnsafeBufferPointer<UInt8>, _ kind: ValueKind) -> [UInt64] {
    var parts = [mixed(0xFFFF_0000 | UInt64(kind.ordinal))]
    for scalar in AnswerEngine.scalars(attribute) { parts.append(mixed(UInt64(scalar) | 1 << 40)) }
    return parts
  }

  @inline(__always)
  static func bucket(_ gram: UInt64, _ part: UInt64) -> Int {
    Int(truncatingIfNeeded: mixed(gram ^ (part &* 0x9E37_79B9_7F4A_7C15)) & UInt64(bucketCount - 1))
  }

  private static func mixed(_ word: UInt64) -> UInt64 {
    var word = (word ^ (word >> 31)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  /// The sum over all pairs, divided by the root of the number of grams: long questions are hardly surer.
  func score(_ grams: [UInt64], _ parts: [UInt64]) -> Double {
    guard !grams.isEmpty else { return 0 }
    var sum: Float = 0
    weights.withUnsafeBufferPointer { weights in
      for part in parts { for gram in grams { sum += weights[Self.bucket(gram, part)] } }
    }
    return Double(sum) / Double(grams.count).squareRoot()
  }
}
