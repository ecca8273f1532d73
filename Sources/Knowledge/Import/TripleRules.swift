import Formats
import Messages

/// How lines of text become triples.
///
/// A row is entity, attribute, value. The first two separators of a line count and no other: values keep
/// their commas. A value that opens with `"` and whose closing quote ends a line is read by RFC 4180, doubled
/// quotes and line breaks included. Spaces around the three count for nothing. Entities and attributes are
/// brought to Unicode's form NFC, values stay as they are.
public struct TripleRules: Sendable {
  /// Between entity and attribute, and between attribute and value.
  public let separator: [UInt8]

  /// Texts longer than this many bytes are refused.
  public static let longestText = 65_535

  /// Throws `OptionError` for an empty separator, a long one, and one with a quote or a line break.
  public init(separator: String) throws {
    let bytes = Array(separator.utf8)
    guard 1...8 ~= bytes.count, !bytes.contains(0x22), !bytes.contains(0x0A) else {
      throw OptionError(
        "separator", expected: "1 to 8 bytes without quotes and line breaks",
        received: "'\(separator)'")
    }
    self.separator = bytes
  }

  private init(bytes: [UInt8]) { separator = bytes }

  public static let comma = TripleRules(bytes: [0x2C])
  public static let tab = TripleRules(bytes: [0x09])

  /// Tabs for `.tsv` and `.tsv.gz`, commas for everything else.
  public static func rules(forPath path: String) -> TripleRules {
    let name = path.hasSuffix(".gz") ? path.dropLast(3) : path[...]
    return name.lowercased().hasSuffix(".tsv") ? .tab : .comma
  }

  /// First lines that name the columns.
  static let headers: Set<[String]> = [
    ["entity", "attribute", "value"], ["subject", "predicate", "object"],
    ["head", "relation", "tail"], ["实体", "属性", "值"], ["实体", "属性", "属性值"],
    ["实体名", "属性名", "属性值"],
  ]
}

/// A line that is no triple.
public struct MalformedRow: Sendable, Equatable, CustomStringConvertible {
  public let path: String
  /// Counted from 1.
  public let line: Int
  public let reason: String

  public var description: String { "\(path): line \(line): \(reason)" }
}
