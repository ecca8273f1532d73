import Formats
import HTTPTypes

/// The form of a JSON value: what the OpenAPI file says of it, and what is checked before a handler sees it.
indirect enum Schema: Sendable {
  case string(maxLength: Int, minLength: Int = 0, choices: [String] = [])
  case integer(ClosedRange<Int>)
  case number(ClosedRange<Double>)
  case boolean
  case array(Schema, count: ClosedRange<Int>)
  case object([Property])
  /// An object whose keys are the data: names of metrics, of settings.
  case map(Schema, maxCount: Int)
  /// `null` or what is in it; answers only.
  case optional(Schema)
  /// Anything; answers only.
  case any

  struct Property: Sendable {
    let name: String
    let schema: Schema
    let about: String
    let isRequired: Bool
    /// What is taken where nothing is given.
    let fallback: JSONValue?

    /// A property that must be there; with `fallback`, one that need not.
    init(_ name: String, _ schema: Schema, _ about: String, fallback: JSONValue? = nil) {
      self.name = name
      self.schema = schema
      self.about = about
      self.fallback = fallback
      isRequired = fallback == nil
    }

    init(optional name: String, _ schema: Schema, _ about: String) {
      self.name = name
      self.schema = schema
      self.about = about
      fallback = nil
      isRequired = false
    }
  }

  static func text(_ maxLength: Int, _ minLength: Int = 1) -> Schema {
    .string(maxLength: maxLength, minLength: minLength)
  }

  static func choice(_ choices: [String]) -> Schema {
    .string(maxLength: choices.map(\.count).max() ?? 0, choices: choices)
  }

  /// In answers, whose lengths nobody has to limit.
  static let text = Schema.string(maxLength: .max)
  static let count = Schema.integer(0 ... .max)
  static let number = Schema.number(-.infinity ... .infinity)

  static func list(_ schema: Schema) -> Schema { .array(schema, count: 0 ... .max) }

  private static let whole = "the body"

  /// `value` with what it leaves out. Throws `Problem` (422) that names the place where it is not of this form.
  func checked(_ value: JSONValue, at place: String = whole) throws -> JSONValue {
    func fail(_ expected: String) -> Problem {
      Problem(
        .unprocessableContent, "\(place): \(expected) expected, received \(Self.shown(value))")
    }
    switch self {
    case .any: return value
    case .boolean:
      guard value.boolValue != nil else { throw fail("true or false") }
      return value
    case .string(let maxLength, let minLength, let choices):
      guard let text = value.stringValue else { throw fail("a text") }
      if !choices.isEmpty {
        guard choices.contains(text) else {
          throw fail("one of \(choices.joined(separator: ", "))")
        }
        return value
      }
      let length = text.unicodeScalars.count
      guard length >= minLength else { throw fail("at least \(minLength) characters") }
      guard length <= maxLength else {
        throw Problem(
          .unprocessableContent,
          "\(place): at most \(maxLength) characters expected, received \(length)")
      }
      return value
    case .integer(let range):
      // 3.0 is an integer in JSON Schema.
      guard let number = value.integerValue ?? value.integralNumber, range.contains(number) else {
        throw fail("an integer\(Self.words(range))")
      }
      return .integer(number)
    case .number(let range):
      guard value.stringValue == nil, let number = value.doubleValue, range.contains(number) else {
        throw fail("a number from \(range.lowerBound) to \(range.upperBound)")
      }
      return .number(number)
    case .array(let element, let count):
      guard let values = value.arrayValue else { throw fail("a list") }
      guard count.contains(values.count) else {
        throw Problem(
          .unprocessableContent,
          "\(place): \(count.lowerBound) to \(count.upperBound) elements expected, received "
            + "\(values.count)")
      }
      return .array(
        try values.enumerated().map { try element.checked($1, at: "\(place)[\($0)]") })
    case .map(let element, let maxCount):
      guard let members = value.members, members.count <= maxCount else {
        throw fail("an object of at most \(maxCount) members")
      }
      return .object(
        try members.map {
          JSONMember($0.key, try element.checked($0.value, at: "\(place).\($0.key.prefix(40))"))
        })
    case .optional(let schema):
      return value == .null ? value : try schema.checked(value, at: place)
    case .object(let properties):
      guard let members = value.members else { throw fail("an object") }
      for member in members where !properties.contains(where: { $0.name == member.key }) {
        throw Problem(
          .unprocessableContent,
          "\(place): '\(member.key.prefix(40))' is none of "
            + properties.map(\.name).joined(separator: ", "))
      }
      let isWhole = place == Self.whole
      return .object(
        try properties.compactMap { property in
          guard let given = value[property.name] else {
            guard !property.isRequired else {
              throw Problem(.unprocessableContent, "\(place): \(property.name) is missing")
            }
            return property.fallback.map { JSONMember(property.name, $0) }
          }
          return JSONMember(
            property.name,
            try property.schema.checked(
              given, at: isWhole ? property.name : "\(place).\(property.name)"))
        })
    }
  }

  private static func words(_ range: ClosedRange<Int>) -> String {
    range.upperBound == .max
      ? " of at least \(range.lowerBound)" : " from \(range.lowerBound) to \(range.upperBound)"
  }

  private static func shown(_ value: JSONValue) -> String {
    let text = value.text()
    return text.count > 60 ? text.prefix(60) + "…" : text
  }

  /// As JSON Schema (2020-12) writes it.
  var json: JSONValue {
    switch self {
    case .any: return .object([])
    case .boolean: return ["type": "boolean"]
    case .string(let maxLength, let minLength, let choices):
      if !choices.isEmpty {
        return ["type": "string", "enum": .array(choices.map(JSONValue.string))]
      }
      var members = [JSONMember("type", "string")]
      if minLength > 0 { members.append(JSONMember("minLength", .integer(minLength))) }
      if maxLength < .max { members.append(JSONMember("maxLength", .integer(maxLength))) }
      return .object(members)
    case .integer(let range):
      var members = [JSONMember("type", "integer")]
      if range.lowerBound > .min {
        members.append(JSONMember("minimum", .integer(range.lowerBound)))
      }
      if range.upperBound < .max {
        members.append(JSONMember("maximum", .integer(range.upperBound)))
      }
      return .object(members)
    case .number(let range):
      guard range.lowerBound.isFinite else { return ["type": "number"] }
      return [
        "type": "number", "minimum": .number(range.lowerBound),
        "maximum": .number(range.upperBound),
      ]
    case .array(let element, let count):
      var members = [JSONMember("type", "array"), JSONMember("items", element.json)]
      if count.lowerBound > 0 { members.append(JSONMember("minItems", .integer(count.lowerBound))) }
      if count.upperBound < .max {
        members.append(JSONMember("maxItems", .integer(count.upperBound)))
      }
      return .object(members)
    case .map(let element, let maxCount):
      return [
        "type": "object", "additionalProperties": element.json, "maxProperties": .integer(maxCount),
      ]
    case .optional(let schema): return ["oneOf": [schema.json, ["type": "null"]]]
    case .object(let properties):
      let required = properties.filter(\.isRequired).map { JSONValue.string($0.name) }
      var members = [
        JSONMember("type", "object"),
        JSONMember(
          "properties",
          .object(
            properties.map { property in
              var members = (property.schema.json.members ?? [])
              members.append(JSONMember("description", .string(property.about)))
              if let fallback = property.fallback {
                members.append(JSONMember("default", fallback))
              }
              return JSONMember(property.name, .object(members))
            })), JSONMember("additionalProperties", false),
      ]
      if !required.isEmpty { members.append(JSONMember("required", .array(required))) }
      return .object(members)
    }
  }
}

extension JSONValue {
  /// The integer that a number with a decimal point is.
  fileprivate var integralNumber: Int? {
    if case .number(let value) = self { Int(exactly: value) } else { nil }
  }
}
