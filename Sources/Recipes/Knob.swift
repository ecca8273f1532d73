import Formats
import Synchronization

/// A setting of a recipe: its default, what it does, which values make sense.
///
///     @Knob("Adam's learning rate", in: 1e-6...1) var rate = 2e-4
///     @Knob("the players' losses") var loss = AdversarialLoss.Name.hinge
///
/// On the command line the property `generatorWeight` is `--set generator-weight=…`. Values of an
/// enumeration are its raw values.
@propertyWrapper
public struct Knob<Value: KnobValue>: Sendable {
  private let help: String
  private let expectation: String
  private let isValid: @Sendable (Value) -> Bool
  // A box, so that settings which have just been made can be filled by name.
  private let box: Box

  private final class Box: Sendable {
    let value: Mutex<Value>
    init(_ value: Value) { self.value = Mutex(value) }
  }

  public var wrappedValue: Value { box.value.withLock { $0 } }

  /// A knob that takes every value of its kind, or those that `isValid` holds for; `expectation` says
  /// which these are.
  public init(
    wrappedValue: Value, _ help: String, expects expectation: String = Value.expectation,
    where isValid: @escaping @Sendable (Value) -> Bool = { _ in true }
  ) {
    box = Box(wrappedValue)
    self.help = help
    self.expectation = expectation
    self.isValid = isValid
  }

  /// A knob for numbers of a range.
  public init(
    wrappedValue: Value, _ help: String, in range: some KnobRange<Value> & Sendable
  ) {
    self.init(
      wrappedValue: wrappedValue, help, expects: "\(Value.expectation) \(range.words)",
      where: { range.contains($0) })
  }
}

/// What a setting may be.
public protocol KnobValue: Sendable {
  /// `an integer`.
  static var expectation: String { get }
  /// The values, where they can be listed.
  static var choices: [String] { get }
  /// The value that `text` stands for.
  init?(knob text: String)
  var json: JSONValue { get }
}

extension KnobValue {
  public static var choices: [String] { [] }
}

extension Int: KnobValue {
  public static var expectation: String { "an integer" }
  public init?(knob text: String) { self.init(text) }
  public var json: JSONValue { .integer(self) }
}

extension Double: KnobValue {
  public static var expectation: String { "a number" }
  public init?(knob text: String) {
    guard let value = Double(text), value.isFinite else { return nil }
    self = value
  }
  public var json: JSONValue { .number(self) }
}

extension Bool: KnobValue {
  public static var expectation: String { "true or false" }
  public init?(knob text: String) { self.init(text) }
  public var json: JSONValue { .bool(self) }
}

extension KnobValue where Self: CaseIterable & RawRepresentable, RawValue == String {
  public static var expectation: String { "one of \(choices.joined(separator: ", "))" }
  public static var choices: [String] { allCases.map(\.rawValue) }
  public init?(knob text: String) { self.init(rawValue: text) }
  public var json: JSONValue { .string(rawValue) }
}

/// A range that can say in words which values it holds.
public protocol KnobRange<Bound> {
  associatedtype Bound
  func contains(_ value: Bound) -> Bool
  var words: String { get }
}

extension ClosedRange: KnobRange {
  public var words: String { "from \(lowerBound) to \(upperBound)" }
}

extension Range: KnobRange {
  public var words: String { "from \(lowerBound) up to but not including \(upperBound)" }
}

extension PartialRangeFrom: KnobRange {
  public var words: String { "of at least \(lowerBound)" }
}

/// A knob as lists and parsers see it.
protocol AnyKnob {
  var description: KnobDescription { get }
  /// Takes the value that `text` stands for; returns what was expected if it stands for none.
  func assign(_ text: String) -> String?
}

/// What `danlu recipes NAME` shows of a knob.
struct KnobDescription {
  let help: String
  let value: JSONValue
  let choices: [String]
  let expectation: String
}

extension Knob: AnyKnob {
  var description: KnobDescription {
    KnobDescription(
      help: help, value: wrappedValue.json, choices: Value.choices, expectation: expectation)
  }

  func assign(_ text: String) -> String? {
    guard let value = Value(knob: text), isValid(value) else { return expectation }
    box.value.withLock { $0 = value }
    return nil
  }
}
