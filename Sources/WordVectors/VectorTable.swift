import Messages

/// Named vectors of one dimension: words, contexts or documents.
public struct VectorTable: Sendable {
  /// The name of each row.
  public let words: [String]
  public let dimension: Int
  /// The rows one after the other: shape `(words.count, dimension)`.
  public let matrix: [Float]
  private let rows: [String: Int]
  /// What reading a file left out, for whoever asked for it to know.
  public internal(set) var notes: [String] = []

  /// - Parameters:
  ///   - words: the name of each row; where one repeats, its first row is the one found by name.
  ///   - matrix: `words.count × dimension` numbers, row by row.
  public init(words: [String], dimension: Int, matrix: [Float]) {
    require(
      dimension > 0 && matrix.count == words.count * dimension,
      "VectorTable expected \(words.count) × \(dimension) numbers, received \(matrix.count)")
    self.words = words
    self.dimension = dimension
    self.matrix = matrix
    rows = Dictionary(
      words.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
  }

  public var count: Int { words.count }

  /// The row of `word`, or `nil` if there is none of that name.
  public func row(of word: String) -> Int? { rows[word] }

  /// The vector in row `index`.
  public subscript(index: Int) -> ArraySlice<Float> {
    matrix[index * dimension..<(index + 1) * dimension]
  }

  /// The vector of `word`, or `nil` if there is none.
  public func vector(of word: String) -> [Float]? { row(of: word).map { Array(self[$0]) } }

  /// The cosine of two rows; 0 if one of them is zero.
  public func cosine(_ first: Int, _ second: Int) -> Float {
    var product = 0.0
    var firstSquare = 0.0
    var secondSquare = 0.0
    for (a, b) in zip(self[first], self[second]) {
      product += Double(a) * Double(b)
      firstSquare += Double(a) * Double(a)
      secondSquare += Double(b) * Double(b)
    }
    let norms = (firstSquare * secondSquare).squareRoot()
    return norms > 0 ? Float(product / norms) : 0
  }

  /// The same vectors scaled to unit length; zero vectors stay.
  public var normalized: VectorTable {
    var matrix = matrix
    for index in 0..<count {
      let range = index * dimension..<(index + 1) * dimension
      let square = matrix[range].reduce(0.0) { $0 + Double($1) * Double($1) }
      guard square > 0 else { continue }
      let scale = Float(1 / square.squareRoot())
      for k in range { matrix[k] *= scale }
    }
    return VectorTable(words: words, dimension: dimension, matrix: matrix)
  }
}
