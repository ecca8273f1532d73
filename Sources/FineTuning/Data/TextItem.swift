/// One example: what a model reads, and what is right if that is known.
public struct TextItem: Sendable, Equatable {
  /// A label of scalars of the text.
  public struct Span: Sendable, Hashable {
    public var label: String
    public var range: Range<Int>

    public init(_ label: String, _ range: Range<Int>) {
      self.label = label
      self.range = range
    }
  }

  /// What the file calls it, or its place in the file from 1.
  public var id: String
  /// The text; the passage of a question; what another text is generated from.
  public var text: String
  /// The second text of a pair; the question; the text that is to be generated.
  public var second: String?
  /// The class.
  public var label: String?
  /// The entities; `nil` if they are not known.
  public var spans: [Span]?
  /// What answers the question, empty if the passage does not tell; `nil` if that is not known.
  public var answers: [String]?
  /// Where the first answer begins, in scalars.
  public var answerStart: Int?

  public init(id: String = "", text: String, second: String? = nil, label: String? = nil) {
    self.id = id
    self.text = text
    self.second = second
    self.label = label
  }
}

extension String {
  /// The scalars of `range`.
  func scalars(_ range: Range<Int>) -> String {
    let view = unicodeScalars
    let start = view.index(view.startIndex, offsetBy: range.lowerBound)
    return String(view[start..<view.index(start, offsetBy: range.count)])
  }
}
