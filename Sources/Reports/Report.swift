import Formats
import Messages

/// A page that shows what a run found: one HTML file with everything inside, which opens without a
/// network, in light and dark, and prints.
public struct Report: Sendable {
  public var title: String
  /// A sentence under the title.
  public var summary: String?
  public var article: Article?
  public var claims: [Claim]
  public var sections: [Section]
  /// Shown folded, at the end.
  public var configuration: JSONValue?

  public init(
    title: String, summary: String? = nil, article: Article? = nil, claims: [Claim] = [],
    sections: [Section] = [], configuration: JSONValue? = nil
  ) {
    self.title = title
    self.summary = summary
    self.article = article
    self.claims = claims
    self.sections = sections
    self.configuration = configuration
  }

  /// What the run follows.
  public struct Article: Sendable, Equatable {
    public var title: String
    /// A link if it begins with `https://` or `http://`.
    public var address: String?
    public var date: String?

    public init(title: String, address: String? = nil, date: String? = nil) {
      self.title = title
      self.address = address
      self.date = date
    }
  }

  /// A heading and what stands under it.
  public struct Section: Sendable {
    public var title: String
    public var blocks: [Block]

    public init(_ title: String, _ blocks: [Block]) {
      self.title = title
      self.blocks = blocks
    }
  }

  public enum Block: Sendable {
    /// Paragraphs, separated by empty lines.
    case text(String)
    case chart(Chart)
    case table(Table)
    /// Narrow tables side by side, as many as fit.
    case tables([Table])
    /// Pictures side by side; small ones are enlarged.
    case images([Figure])
    /// Text as it is, in a fixed-width font.
    case code(String)
    /// A self-contained HTML page inside this one, of that many pixels in height. Its scripts run, cut
    /// off from the page around it.
    case page(String, height: Int)
  }

  /// A picture with a line below it.
  public struct Figure: Sendable {
    public var image: Image
    public var caption: String

    public init(_ image: Image, caption: String = "") {
      self.image = image
      self.caption = caption
    }
  }

  /// Rows of cells; numbers are aligned to the right.
  public struct Table: Sendable {
    public enum Cell: Sendable, Equatable, ExpressibleByStringLiteral, ExpressibleByFloatLiteral,
      ExpressibleByIntegerLiteral, ExpressibleByStringInterpolation
    {
      case text(String)
      case number(Double)

      public init(stringLiteral value: String) { self = .text(value) }
      public init(floatLiteral value: Double) { self = .number(value) }
      public init(integerLiteral value: Int) { self = .number(Double(value)) }
    }

    public var columns: [String]
    public var rows: [[Cell]]
    public var caption: String?

    /// Traps if a row has another number of cells than there are columns.
    public init(columns: [String], rows: [[Cell]], caption: String? = nil) {
      for row in rows {
        require(
          row.count == columns.count,
          "Table expected rows of \(columns.count) cells, received \(row.count)")
      }
      self.columns = columns
      self.rows = rows
      self.caption = caption
    }
  }

  /// Writes the page to `path`, whole or not at all.
  public func write(to path: String) throws { try AtomicFile.write(html(), to: path) }
}
