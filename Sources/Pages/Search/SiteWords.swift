import Parallel
import Text
import TextMining

/// The words that a site's texts are made of, found in them by Danlu's own word discovery.
enum SiteWords {
  /// Enough text to find the frequent words in.
  private static let sample = 1 << 20

  /// Chinese words of three to six characters, the most frequent first, at most 4,000. Words of two
  /// characters are pairs already.
  static func discovered(in texts: [String], threads: Int) throws -> [String] {
    var text = ""
    for one in texts {
      if text.utf8.count > sample { break }
      text += one + "\n"
    }
    guard text.utf8.count > 2000 else { return [] }
    var method = CohesionGlue.v5
    method.minCount = max(5, text.utf8.count / 200_000)
    var options = CorpusOptions()
    options.threads = threads
    let found = try method.words(of: TextSource(string: text), corpus: options)
    return found.words.sorted { ($1.count, $0.word) < ($0.count, $1.word) }.map(\.word)
      .filter { word in
        let scalars = word.unicodeScalars.map(\.value)
        return (3...SearchTerms.longestWord).contains(scalars.count)
          && scalars.allSatisfy(SearchTerms.isIdeograph)
      }.prefix(4000).map { $0 }
  }
}
