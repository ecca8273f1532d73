/// A text of Markdown as HTML, and what else a page needs to know of it.
struct RenderedText: Sendable {
  var html = ""
  var headings: [Heading] = []
  /// Its words, for search: what stands between two headings, formulas as they are read.
  var passages: [Passage] = []
  var hasFormulas = false
  /// `\eqref`s and links that lead nowhere; what the author of a page is told.
  var problems: [String] = []

  struct Heading: Sendable, Equatable {
    let level: Int
    /// The `id` of its element.
    let anchor: String
    let html: String
  }

  struct Passage: Sendable, Equatable {
    /// Of the heading above; empty before the first.
    let anchor: String
    var text: String
  }
}
