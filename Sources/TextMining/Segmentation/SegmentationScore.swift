import Formats
import Messages
import Parallel
import Text

/// How well a segmentation agrees with a gold one: precision, recall and F1 of word spans, and the
/// recall of gold words outside a vocabulary.
public struct SegmentationScore: Sendable, Equatable {
  public private(set) var lines = 0
  public private(set) var goldWords = 0
  public private(set) var predictedWords = 0
  public private(set) var correctWords = 0
  /// Gold words outside the vocabulary, and how many of them were found; 0 without a vocabulary.
  public private(set) var unknownWords = 0
  public private(set) var correctUnknownWords = 0

  public init() {}

  public var precision: Double { ratio(correctWords, predictedWords) }
  public var recall: Double { ratio(correctWords, goldWords) }
  public var f1: Double { ratio(2 * correctWords, goldWords + predictedWords) }
  public var unknownShare: Double { ratio(unknownWords, goldWords) }
  public var unknownRecall: Double { ratio(correctUnknownWords, unknownWords) }

  private func ratio(_ part: Int, _ whole: Int) -> Double {
    whole > 0 ? Double(part) / Double(whole) : 0
  }

  /// Adds a line: words in order. Returns false, and adds nothing, if the texts differ.
  public mutating func add(gold: [Substring], predicted: [Substring], vocabulary: WordList?) -> Bool
  {
    func ends(_ words: [Substring]) -> [Int] {
      var position = 0
      return words.map {
        position += $0.unicodeScalars.count
        return position
      }
    }
    let goldEnds = ends(gold)
    let predictedEnds = ends(predicted)
    guard gold.joined() == predicted.joined() else { return false }
    lines += 1
    goldWords += gold.count
    predictedWords += predicted.count
    var other = 0
    for (index, end) in goldEnds.enumerated() {
      while other < predictedEnds.count, predictedEnds[other] < end { other += 1 }
      let start = index > 0 ? goldEnds[index - 1] : 0
      let found =
        other < predictedEnds.count && predictedEnds[other] == end
        && (other > 0 ? predictedEnds[other - 1] : 0) == start
      correctWords += found ? 1 : 0
      if let vocabulary, !vocabulary.contains(String(gold[index])) {
        unknownWords += 1
        correctUnknownWords += found ? 1 : 0
      }
    }
    return true
  }

  /// Lines of words of a file: UTF-8 or GB18030, line ends of any kind.
  public static func lines(of path: String) throws -> [[Substring]] {
    let bytes = try TextConversion.utf8(ofFile: path)
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines.map(words)
  }

  /// The words of a line: what spaces of any kind separate (`ScalarClass.isSpace`).
  public static func words(_ line: some Collection<UInt8>) -> [Substring] {
    // Scalars, not characters: a combining mark after a space would hide the space.
    String(decoding: line, as: UTF8.self).unicodeScalars.split {
      ScalarClass.isSpace($0.value)
    }.compactMap { word in
      // What nobody sees is a part of no word, here as in the segmenter.
      guard word.contains(where: { ScalarClass.of($0.value) == .ignorable }) else {
        return Substring(word)
      }
      var visible = Substring.UnicodeScalarView()
      visible.append(contentsOf: word.filter { ScalarClass.of($0.value) != .ignorable })
      return visible.isEmpty ? nil : Substring(visible)
    }
  }

  /// The same for a line that may be long; throws `Cancelled` where the work is asked to stop.
  public static func words(_ line: UnsafeBufferPointer<UInt8>, work: Work) throws -> [Substring] {
    var words: [Substring] = []
    var start = 0
    while start < line.count {
      try work.check()
      var end = min(line.count, start + 1 << 20)
      while end < line.count, line[end] > 0x20 { end += 1 }
      words += Self.words(line[start..<end])
      start = end
    }
    return words
  }

  /// Compares two line-aligned segmentations; throws at the first line whose texts differ.
  public init(
    gold: [[Substring]], predicted: [[Substring]], vocabulary: WordList?, names: (String, String)
  ) throws {
    guard gold.count == predicted.count else {
      throw InputError(
        "\(names.0) has \(gold.count) lines, \(names.1) has \(predicted.count): line-aligned "
          + "segmentations of the same text are needed")
    }
    for (index, pair) in zip(gold, predicted).enumerated()
    where !add(gold: pair.0, predicted: pair.1, vocabulary: vocabulary) {
      throw InputError(
        "line \(index + 1): \(names.0) and \(names.1) hold different texts "
          + "(\"\(pair.0.joined().prefix(20))\" and \"\(pair.1.joined().prefix(20))\")")
    }
  }
}
