import Synchronization

/// What the compiler recorded of the stored properties of a class or struct, which `Mirror` does not tell: whether
/// a reference is strong, and whether a property can be set anew.
enum StoredProperties {
  struct Traits: Sendable {
    /// Neither weak nor unowned.
    let isStrong: Bool
    let isVariable: Bool
  }

  /// The traits of all stored properties of `type`, those of its superclasses first: the order in which
  /// mirrors list them.
  static func traits(of type: Any.Type) -> [Traits] {
    let key = ObjectIdentifier(type)
    if let known = known.withLock({ $0[key] }) { return known }
    let traits = (0..<recursiveCount(type)).map { index -> Traits in
      var field = FieldMetadata()
      _ = recursiveChildMetadata(type, index: index, fieldMetadata: &field)
      field.freeName?(field.name)
      return Traits(isStrong: field.isStrong, isVariable: field.isVariable)
    }
    known.withLock { $0[key] = traits }
    return traits
  }

  private static let known = Mutex<[ObjectIdentifier: [Traits]]>([:])

  /// The layout that the Swift runtime fills (`_FieldReflectionMetadata` of its standard library).
  private struct FieldMetadata {
    var name: UnsafePointer<CChar>?
    var freeName: (@convention(c) (UnsafePointer<CChar>?) -> Void)?
    var isStrong = false
    var isVariable = false
  }

  // The runtime's own functions beneath `Mirror`, part of its stable interface.
  @_silgen_name("swift_reflectionMirror_recursiveCount")
  private static func recursiveCount(_: Any.Type) -> Int

  @_silgen_name("swift_reflectionMirror_recursiveChildMetadata")
  private static func recursiveChildMetadata(
    _: Any.Type, index: Int, fieldMetadata: UnsafeMutablePointer<FieldMetadata>
  ) -> Any.Type
}
