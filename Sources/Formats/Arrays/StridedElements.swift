/// Elements that lie in memory in another order than their indices count.
enum StridedElements {
  /// The elements of an array of that shape, the last index fastest.
  ///
  /// - Parameters:
  ///   - offset: The element that index (0, …, 0) names.
  ///   - strides: How many elements one step along each axis is.
  ///   - width: Bytes of an element.
  static func inRowMajorOrder(
    _ bytes: UnsafeRawBufferPointer, from offset: Int, shape: [Int], strides: [Int], width: Int
  ) -> [UInt8] {
    let count = shape.reduce(1, *)
    var result: [UInt8] = []
    result.reserveCapacity(count * width)
    var index = [Int](repeating: 0, count: shape.count)
    var source = offset
    for _ in 0..<count {
      result.append(contentsOf: bytes[source * width..<(source + 1) * width])
      var axis = shape.count - 1
      while axis >= 0 {
        index[axis] += 1
        source += strides[axis]
        if index[axis] < shape[axis] { break }
        source -= strides[axis] * shape[axis]
        index[axis] = 0
        axis -= 1
      }
    }
    return result
  }
}
