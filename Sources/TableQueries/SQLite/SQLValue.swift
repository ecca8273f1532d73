import Formats
import Foundation

/// A value of SQL.
public enum SQLValue: Sendable, Equatable {
  case null
  case integer(Int)
  case real(Double)
  case text(String)
  /// Bytes, of which no more than their number is read.
  case bytes(count: Int)

  /// A number as an integer where it is one.
  public init(_ number: Double) {
    self = Int(exactly: number).map(SQLValue.integer) ?? .real(number)
  }

  public var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value
    default: nil
    }
  }

  /// As people read it; nothing for `null`.
  public var text: String {
    switch self {
    case .null: ""
    case .integer(let value): String(value)
    case .real(let value): String(format: "%.12g", value)
    case .text(let value): value
    case .bytes(let count): "(\(count) bytes)"
    }
  }

  public var json: JSONValue {
    switch self {
    case .null: .null
    case .integer(let number): .integer(number)
    case .real(let number): .number(number)
    case .text, .bytes: .string(text)
    }
  }

  /// As SQL writes it, for people to read: values are never put into a statement this way.
  public var literal: String {
    switch self {
    case .null: "NULL"
    case .text(let value): "'" + value.replacing("'", with: "''") + "'"
    case .integer, .real, .bytes: text
    }
  }
}
