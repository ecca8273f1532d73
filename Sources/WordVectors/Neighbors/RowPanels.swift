import CVectorKernels

/// Unit rows in panels of 16: element k of the 16 rows of a panel lies together, so that one vector
/// instruction advances 16 dot products.
final class RowPanels: @unchecked Sendable {
  // Unchecked: written during initialization only.

  static let width = 16
  let rowCount: Int
  let dimension: Int
  let panelCount: Int
  let base: UnsafeMutablePointer<Float>

  /// Packs rows of `matrix`: those listed in `selection`, or all.
  init(matrix: [Float], dimension: Int, selection: [Int]? = nil) {
    rowCount = selection?.count ?? (matrix.count / dimension)
    self.dimension = dimension
    panelCount = (rowCount + Self.width - 1) / Self.width
    let floats = max(1, panelCount) * dimension * Self.width
    base = UnsafeMutableRawPointer.allocate(byteCount: floats * 4, alignment: 64)
      .bindMemory(to: Float.self, capacity: floats)
    base.initialize(repeating: 0, count: floats)
    for index in 0..<rowCount {
      let row = selection?[index] ?? index
      let values = matrix[row * dimension..<(row + 1) * dimension]
      let scale = inverseNorm(values)
      let start = base + index / Self.width * dimension * Self.width + index % Self.width
      for (k, value) in values.enumerated() { start[k * Self.width] = value * scale }
    }
  }

  deinit { base.deallocate() }

  /// The unit rows listed, one after the other.
  func rows(_ indices: [Int]) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(indices.count * dimension)
    for index in indices {
      let start = base + index / Self.width * dimension * Self.width + index % Self.width
      for k in 0..<dimension { result.append(start[k * Self.width]) }
    }
    return result
  }
}

/// 1 / ‖values‖, or 0 for a vector of zeros.
func inverseNorm(_ values: some Sequence<Float>) -> Float {
  let square = values.reduce(0.0) { $0 + Double($1) * Double($1) }
  return square > 0 ? Float(1 / square.squareRoot()) : 0
}
