import Messages
import Torch

/// Finds the parameters and modules among the stored properties of one module, by reflection.
///
/// Followed are optionals, arrays, dictionaries (by sorted key), tuples, structs and the values of enums,
/// in any nesting. Weak and unowned references are no parts. What lies in a set, which has no order, or
/// in an object that is no module cannot be followed.
struct PartWalk {
  private(set) var parts: [(name: String, part: Module.Part)] = []
  /// Objects that are no modules, and the properties that hold them.
  private(set) var objects: [(name: String, object: AnyObject)] = []
  private(set) var generators: [(name: String, generator: RandomGenerator)] = []
  /// Whether every later walk will find the same: no property that can be set could hold a part.
  private(set) var isFixed = true

  init(_ module: Module) {
    let traits = StoredProperties.traits(of: type(of: module))
    var mirrors: [Mirror] = []
    var next: Mirror? = Mirror(reflecting: module)
    while let mirror = next {
      mirrors.append(mirror)
      next = mirror.superclassMirror
    }
    var index = 0
    for mirror in mirrors.reversed() {
      for (position, trait) in zip(mirror.children.indices, traits[index...])
      where trait.isStrong && mirror.subjectType != Module.self {
        let child = mirror.children[position]
        guard let label = child.label else { continue }
        collect(child.value, name: PartWalk.propertyName(label))
        if trait.isVariable && PartWalk.mayHold(child.value) { isFixed = false }
      }
      index += mirror.children.count
    }
  }

  /// The name in the source of a property whose storage the compiler named.
  private static func propertyName(_ label: String) -> String {
    let lazy = "$__lazy_storage_$_"
    return label.hasPrefix(lazy) ? String(label.dropFirst(lazy.count)) : label
  }

  private mutating func collect(_ value: Any, name: String) {
    switch value {
    case let parameter as Parameter: return parts.append((name, .parameter(parameter)))
    case let module as Module: return parts.append((name, .module(module)))
    case let generator as RandomGenerator: return generators.append((name, generator))
    case is Tensor: return
    default: break
    }
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional:
      for child in mirror.children { collect(child.value, name: name) }
    case .collection:
      for (index, child) in mirror.children.enumerated() {
        collect(child.value, name: "\(name).\(index)")
      }
    case .dictionary:
      let entries = mirror.children.compactMap { child -> (key: String, value: Any)? in
        guard let pair = child.value as? (key: AnyHashable, value: Any) else { return nil }
        return ("\(pair.key)", pair.value)
      }
      for entry in entries.sorted(by: { $0.key < $1.key }) {
        collect(entry.value, name: "\(name).\(entry.key)")
      }
    case .struct:
      for (index, child) in PartWalk.strongChildren(of: value, mirror).enumerated() {
        collect(child.value, name: "\(name).\(child.label ?? "\(index)")")
      }
    case .tuple, .enum:
      for (index, child) in mirror.children.enumerated() {
        let label = child.label.map { $0.hasPrefix(".") ? String($0.dropFirst()) : $0 }
        collect(child.value, name: "\(name).\(label ?? "\(index)")")
      }
    case .set:
      let known = parts.count
      for child in mirror.children { collect(child.value, name: name) }
      require(
        parts.count == known,
        "the parts of '\(name)' lie in a set, which has no order to name them by; use an array")
    case .class:
      if type(of: value) is AnyClass { objects.append((name, value as AnyObject)) }
    default: break
    }
  }

  /// The children of a mirror of `value`, without the weak and unowned references of a struct.
  private static func strongChildren(of value: Any, _ mirror: Mirror) -> [Mirror.Child] {
    guard mirror.displayStyle == .struct else { return Array(mirror.children) }
    let traits = StoredProperties.traits(of: type(of: value))
    // A struct with a mirror of its own shows what it likes.
    guard traits.count == mirror.children.count else { return Array(mirror.children) }
    return strongChildren(of: mirror, traits[...])
  }

  /// The children that are strong; the others are not even read, as what is unowned may be gone.
  private static func strongChildren(
    of mirror: Mirror, _ traits: ArraySlice<StoredProperties.Traits>
  ) -> [Mirror.Child] {
    zip(mirror.children.indices, traits).filter(\.1.isStrong).map { mirror.children[$0.0] }
  }

  /// Whether a property that now has `value` could hold a part at another time.
  private static func mayHold(_ value: Any) -> Bool {
    if value is Parameter || value is Module { return true }
    if let empty = value as? any Emptiable, empty.isWithoutElements {
      return !type(of: empty).elementTypes.allSatisfy(isPlain)
    }
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .enum: return true
    case .class: return false
    case nil where mirror.children.isEmpty: return false
    default: return mirror.children.contains { mayHold($0.value) }
    }
  }

  private static func isPlain(_ type: Any.Type) -> Bool {
    let plain: [Any.Type] = [
      Int.self, Double.self, Float.self, Bool.self, String.self, Tensor.self, RandomGenerator.self,
    ]
    return plain.contains { $0 == type } || "\(type)".contains("->")
  }

  /// The parameters that `object`, which is no module, leads to.
  static func parameters(in object: AnyObject) -> [Parameter] {
    var found: [Parameter] = []
    var seen: Set<ObjectIdentifier> = []
    func search(_ value: Any) {
      switch value {
      case let parameter as Parameter: return found.append(parameter)
      case let module as Module:
        guard seen.insert(ObjectIdentifier(module)).inserted else { return }
        return found.append(contentsOf: module.namedParameters().map(\.parameter))
      case is Tensor, is RandomGenerator: return
      default: break
      }
      var next: Mirror? = Mirror(reflecting: value)
      guard next?.displayStyle == .class else {
        for child in next.map({ strongChildren(of: value, $0) }) ?? [] { search(child.value) }
        return
      }
      guard seen.insert(ObjectIdentifier(value as AnyObject)).inserted else { return }
      let traits = StoredProperties.traits(of: type(of: value))
      var index = traits.count
      while let mirror = next {
        index -= mirror.children.count
        for child in strongChildren(of: mirror, traits.dropFirst(max(0, index))) {
          search(child.value)
        }
        next = mirror.superclassMirror
      }
    }
    search(object)
    return found
  }
}

/// A value whose type says what it would hold if it held something.
private protocol Emptiable {
  var isWithoutElements: Bool { get }
  static var elementTypes: [Any.Type] { get }
}

extension Optional: Emptiable {
  var isWithoutElements: Bool { if case .none = self { true } else { false } }
  static var elementTypes: [Any.Type] { [Wrapped.self] }
}

extension Array: Emptiable {
  var isWithoutElements: Bool { isEmpty }
  static var elementTypes: [Any.Type] { [Element.self] }
}

extension Dictionary: Emptiable {
  var isWithoutElements: Bool { isEmpty }
  static var elementTypes: [Any.Type] { [Value.self] }
}
