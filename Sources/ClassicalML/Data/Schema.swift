import Formats
import Messages

/// What the columns of a training file are called and hold; a file to predict is read by it.
public struct Schema: Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    case number
    /// One of these, sorted.
    case category([String])
    case date
    case text
    /// The features of a libsvm file, numbered from 1 there.
    case sparse(width: Int)

    public var name: String {
      switch self {
      case .number: "number"
      case .category(let names): "category of \(names.count)"
      case .date: "date"
      case .text: "text"
      case .sparse(let width): "\(width) sparse features"
      }
    }
  }

  public struct Column: Sendable, Equatable {
    public let name: String
    public let kind: Kind

    public init(_ name: String, _ kind: Kind) {
      self.name = name
      self.kind = kind
    }
  }

  public let columns: [Column]
  /// The column that is predicted.
  public let label: String
  /// Where the label stood among the columns of a file without names.
  public let labelPlace: Int
  /// The classes, sorted; empty where the label is a number.
  public let classes: [String]

  public init(columns: [Column], label: String, labelPlace: Int, classes: [String]) {
    self.columns = columns
    self.label = label
    self.labelPlace = labelPlace
    self.classes = classes
  }

  public var isRegression: Bool { classes.isEmpty }

  /// For each column its place in a file whose columns are `names`; `label` is `nil` if the file has none.
  ///
  /// By name, in any order. A file without names (`column1`, …) that lacks just the label is read by place.
  /// Throws `InputError` with the columns that are missing.
  func places(in names: [String], path: String) throws -> (columns: [Int], label: Int?) {
    var found: [String: Int] = [:]
    for (place, name) in names.enumerated() { found[name] = place }
    let isUnnamed =
      columns.allSatisfy { $0.name.hasPrefix("column") && Int($0.name.dropFirst(6)) != nil }
      && names.indices.allSatisfy { names[$0] == "column\($0 + 1)" }
    if isUnnamed, names.count == columns.count {
      return (Array(names.indices), nil)
    }
    let missing = columns.filter { found[$0.name] == nil }.map(\.name)
    guard missing.isEmpty else {
      let list = missing.prefix(8).joined(separator: ", ") + (missing.count > 8 ? ", …" : "")
      throw InputError(
        "\(path): lacks \(missing.count == 1 ? "the column" : "\(missing.count) columns") "
          + "\(list) of the \(columns.count) that the model was trained on; it has "
          + names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", …" : ""))
    }
    return (columns.map { found[$0.name] ?? 0 }, found[label])
  }

  /// The class called `name`; throws `InputError` if the training set had none.
  func classNumber(_ name: String) throws -> Int32 {
    guard let number = classes.firstIndex(of: name) else {
      throw InputError(
        "the label '\(name)' did not occur in training; there are "
          + classes.prefix(8).joined(separator: ", ") + (classes.count > 8 ? ", …" : ""))
    }
    return Int32(number)
  }
}
