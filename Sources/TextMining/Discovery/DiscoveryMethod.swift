import Messages
import Parallel
import Text

/// A way to find the words of raw text, without labels or a dictionary. A value holds the options of
/// its own method and no others.
public protocol DiscoveryMethod: Sendable {
  /// How a corpus must have been read for this method.
  var reading: CorpusReading { get }

  /// Throws for options that cannot be honored.
  func check() throws(OptionError)

  /// The words of a corpus that was read as `reading` says; another one traps.
  ///
  /// - Parameter explained: words whose explanation is wanted too, kept or not.
  func words(
    of corpus: TextCorpus, explaining explained: [String], work: Work
  ) throws -> DiscoveryResult
}

extension DiscoveryMethod {
  public var reading: CorpusReading { .segments }

  /// Reads a text and finds its words.
  public func words(
    of source: TextSource, corpus options: CorpusOptions = CorpusOptions(),
    explaining explained: [String] = [], work: Work = .silent
  ) throws -> DiscoveryResult {
    try check()
    let corpus = try TextCorpus.read(source, as: reading, options: options, work: work)
    var result = try words(of: corpus, explaining: explained, work: work)
    if reading == .withoutAtoms, !explained.isEmpty, source.isReadableTwice {
      let counts = try KeywordInContext.count(explained, in: source, work: work)
      for index in result.explanations.indices {
        result.explanations[index].textCount = counts[result.explanations[index].word]
      }
    }
    return result
  }

  public func words(of corpus: TextCorpus, work: Work = .silent) throws -> DiscoveryResult {
    try words(of: corpus, explaining: [], work: work)
  }

  /// Traps where the corpus was read for another method, or options were not checked.
  func requireFit(_ corpus: TextCorpus) throws {
    try check()
    require(
      corpus.reading == reading,
      "\(Self.self) expects a corpus read as \(reading), received one read as \(corpus.reading)")
  }
}

/// The checks that several methods share.
enum MethodOptions {
  static func check(minCount: Int) throws(OptionError) {
    if minCount < 1 { throw OptionError("minCount", expected: "at least 1", received: minCount) }
  }

  static func check(order: Int) throws(OptionError) {
    if !(2...PackedGram.maxLength).contains(order) {
      throw OptionError("order", expected: "n-grams of 2 to 4 characters", received: order)
    }
  }

  static func check(minPMI: Double) throws(OptionError) {
    if minPMI.isNaN { throw OptionError("minPMI", expected: "a number", received: minPMI) }
  }
}
