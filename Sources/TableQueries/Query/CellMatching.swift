/// Words of a question matched with cells.
public enum CellMatching {
  /// Insertions, deletions and replacements that make `left` into `right`; `nil` if more than `limit`.
  public static func distance(
    _ left: [Unicode.Scalar], _ right: [Unicode.Scalar], limit: Int = .max
  ) -> Int? {
    if abs(left.count - right.count) > limit { return nil }
    var row = Array(0...right.count)
    for (index, scalar) in left.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      var least = row[0]
      for (place, other) in right.enumerated() {
        let value = Swift.min(
          row[place] + 1, row[place + 1] + 1, diagonal + (scalar == other ? 0 : 1))
        diagonal = row[place + 1]
        row[place + 1] = value
        least = Swift.min(least, value)
      }
      if least > limit { return nil }
    }
    let distance = row[right.count]
    return distance <= limit ? distance : nil
  }

  /// The cell that `text` means: the same but for case and width, else the one of the smallest edit distance.
  ///
  /// Of cells at equal distance the one wins that holds `text`, then the first. A cell has to share something with
  /// `text`: `nil` where none does.
  public static func nearest(to text: String, among cells: [String]) -> (
    cell: String, distance: Int
  )? {
    let wanted = FoldedText.scalars(text).filter { $0 != " " }
    guard !wanted.isEmpty else { return nil }
    let letters = Set(wanted)
    var best: (cell: String, distance: Int, holds: Bool)?
    for cell in cells {
      let scalars = FoldedText.scalars(cell).filter { $0 != " " }
      if scalars == wanted { return (cell, 0) }
      guard scalars.contains(where: letters.contains),
        let distance = distance(wanted, scalars, limit: best?.distance ?? .max)
      else { continue }
      let holds = contains(scalars, wanted) || contains(wanted, scalars)
      if let best, distance == best.distance, best.holds || !holds { continue }
      best = (cell, distance, holds)
    }
    return best.map { ($0.cell, $0.distance) }
  }

  /// Whether `part` stands in `text`.
  public static func contains(_ text: [Unicode.Scalar], _ part: [Unicode.Scalar]) -> Bool {
    guard !part.isEmpty, part.count <= text.count else { return false }
    return (0...text.count - part.count).contains { text[$0..<$0 + part.count].elementsEqual(part) }
  }
}
