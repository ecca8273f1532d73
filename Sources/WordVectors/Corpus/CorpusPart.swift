/// A stretch of the corpus that one thread trains on: whole documents, or a piece of a long one.
struct CorpusPart: Sendable, Equatable {
  /// The documents it touches.
  var documents: Range<Int>
  /// Its tokens; all of those documents', unless a long document is divided.
  var tokens: Range<Int>

  /// Divides a corpus into parts of about the same number of tokens. The division depends on the
  /// corpus alone, not on the number of threads.
  static func divide(_ corpus: EncodedCorpus, splitsDocuments: Bool) -> [CorpusPart] {
    let size = min(100_000, max(2_000, corpus.tokenCount / 128))
    var parts: [CorpusPart] = []
    var first = 0
    for document in 0..<corpus.documentCount {
      let end = corpus.offsets[document + 1]
      guard end - corpus.offsets[first] >= size || document == corpus.documentCount - 1 else {
        continue
      }
      var start = corpus.offsets[first]
      // Only a document of more than a part's size leaves more than two parts' worth here.
      while splitsDocuments, end - start > 2 * size {
        let cut = start + size
        parts.append(
          CorpusPart(
            documents: first..<documentAfter(cut, from: first, in: corpus), tokens: start..<cut))
        start = cut
        while corpus.offsets[first + 1] <= start { first += 1 }
      }
      parts.append(CorpusPart(documents: first..<document + 1, tokens: start..<end))
      first = document + 1
    }
    return parts
  }

  private static func documentAfter(
    _ token: Int, from first: Int, in corpus: EncodedCorpus
  ) -> Int {
    var document = first
    while corpus.offsets[document + 1] < token { document += 1 }
    return document + 1
  }
}
