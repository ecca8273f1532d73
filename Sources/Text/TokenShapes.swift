/// Tokens that are told by their form, without a dictionary. Each can be switched off by its name; a word
/// of the dictionary or of the user outranks them all.
public struct TokenShapes: OptionSet, Sendable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// `https://example.com/a?b=c`, `www.example.com`.
  public static let url = TokenShapes(rawValue: 1)
  /// `name@example.com`.
  public static let email = TokenShapes(rawValue: 2)
  /// `#话题#`, `#topic`.
  public static let topic = TokenShapes(rawValue: 4)
  /// `@name`, up to a blank or a sign.
  public static let mention = TokenShapes(rawValue: 8)
  /// Digits with their decimals, date and time signs, percent, and 年 月 日 时 分 万 亿 千 百 余 多.
  public static let number = TokenShapes(rawValue: 16)
  /// Two or more Chinese numerals, 第 before one or more, with 年, 月 or 日.
  public static let numeral = TokenShapes(rawValue: 32)
  /// Letters, with hyphens, points and apostrophes between two: `T-shirt`, `Node.js`.
  public static let latin = TokenShapes(rawValue: 64)
  /// Letters and digits that touch or have a hyphen between them, and a point between digits: `5G`,
  /// `PM2.5`, `v1.2.3`, `COVID-19`, `5W-30`, `100ml`; letters with `++` or, if it is one letter, `#`: `C++`, `C#`.
  public static let mixed = TokenShapes(rawValue: 128)
  /// A sign that is repeated: `——`, `……`, `...`.
  public static let repeated = TokenShapes(rawValue: 256)

  public static let all = TokenShapes(rawValue: 511)

  /// Every shape by name, in the order in which they are tried.
  public static let names: [(name: String, shape: TokenShapes)] = [
    ("url", .url), ("email", .email), ("topic", .topic), ("mention", .mention), ("number", .number),
    ("numeral", .numeral), ("latin", .latin), ("mixed", .mixed), ("repeated", .repeated),
  ]
}
