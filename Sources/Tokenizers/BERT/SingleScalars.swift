import Memory

/// The ids of tokens of one scalar, by the scalar.
struct SingleScalars: Sendable {
  private let ids: Block<Int32>

  init(_ vocabulary: Vocabulary) {
    ids = Block(repeating: -1, count: 1 << 16)
    for (id, token) in vocabulary.tokens.enumerated() {
      guard let scalar = token.unicodeScalars.first, token.unicodeScalars.count == 1,
        scalar.value < 1 << 16
      else { continue }
      ids[Int(scalar.value)] = Int32(id)
    }
  }

  @inline(__always)
  func id(_ scalar: UInt32, _ vocabulary: Vocabulary) -> Int? {
    guard scalar >= 1 << 16 else {
      let id = ids.pointer[Int(scalar)]
      return id < 0 ? nil : Int(id)
    }
    return withUnsafePointer(to: scalar) {
      vocabulary.id(Vocabulary.hash(Vocabulary.emptyHash, scalar), $0, 1)
    }
  }
}
