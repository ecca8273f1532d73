extension MagicCube {
  /// A drawing in parallel projection: 27 numbers, 54 edges between neighbors, those not on a face in view
  /// dashed.
  public var svg: String {
    func point(_ x: Int, _ y: Int, _ z: Int) -> (x: Int, y: Int) {
      (70 + 120 * z + 52 * (2 - y), 150 + 120 * x - 40 * (2 - y))
    }
    var parts: [String] = []
    func edge(_ from: (Int, Int, Int), _ to: (Int, Int, Int)) {
      let a = point(from.0, from.1, from.2)
      let b = point(to.0, to.1, to.2)
      // In view are the top (x = 0), the front (y = 2) and the right side (z = 2).
      let isSeen = from.0 == 0 && to.0 == 0 || from.1 == 2 && to.1 == 2 || from.2 == 2 && to.2 == 2
      let style = isSeen ? "stroke=\"#345\"" : "stroke=\"#c66\" stroke-dasharray=\"3 4\""
      parts.append(
        "<line x1=\"\(a.x)\" y1=\"\(a.y)\" x2=\"\(b.x)\" y2=\"\(b.y)\" \(style) stroke-width=\"1.5\"/>"
      )
    }
    for x in 0..<3 {
      for y in 0..<3 {
        for z in 0..<3 {
          if x < 2 { edge((x, y, z), (x + 1, y, z)) }
          if y < 2 { edge((x, y, z), (x, y + 1, z)) }
          if z < 2 { edge((x, y, z), (x, y, z + 1)) }
        }
      }
    }
    for x in 0..<3 {
      for y in 0..<3 {
        for z in 0..<3 {
          let place = point(x, y, z)
          parts.append("<circle cx=\"\(place.x)\" cy=\"\(place.y)\" r=\"14\" fill=\"#fff\"/>")
          parts.append(
            "<text x=\"\(place.x)\" y=\"\(place.y + 6)\" text-anchor=\"middle\" font-size=\"17\" "
              + "font-family=\"sans-serif\">\(cells[Self.index(x, y, z)])</text>")
        }
      }
    }
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 500 440\" width=\"500\" "
      + "height=\"440\">\(parts.joined(separator: "\n"))</svg>"
  }

  /// The layers side by side as a LaTeX array.
  public var latex: String {
    let rows = (0..<3).map { y in
      (0..<3).map { x in
        (0..<3).map { "\(cells[Self.index(x, y, $0)])" }.joined(separator: " & ")
      }.joined(separator: " & ")
    }
    return "\\begin{array}{|ccc|ccc|ccc|}\n\\hline\n" + rows.joined(separator: " \\\\\n")
      + " \\\\\n\\hline\n\\end{array}"
  }

  /// The same drawing for TikZ.
  public var tikz: String {
    func place(_ x: Int, _ y: Int, _ z: Int) -> String { "(\(x)\(y)\(z))" }
    var lines = ["\\begin{tikzpicture}[scale=1.6]"]
    var edges: [String] = []
    for x in 0..<3 {
      for y in 0..<3 {
        for z in 0..<3 {
          let across = Double(z) + 0.45 * Double(2 - y)
          let up = Double(2 - x) + 0.35 * Double(2 - y)
          lines.append(
            "\\node[circle,draw,fill=white,inner sep=1pt,minimum size=6mm] \(place(x, y, z)) at "
              + "(\(Self.decimal(across)),\(Self.decimal(up))) {\(cells[Self.index(x, y, z)])};")
          for (a, b, c) in [(x + 1, y, z), (x, y + 1, z), (x, y, z + 1)]
          where a < 3 && b < 3 && c < 3 {
            let isSeen = x == 0 && a == 0 || y == 2 && b == 2 || z == 2 && c == 2
            edges.append(
              "\\draw[\(isSeen ? "" : "red,dotted")] \(place(x, y, z)) -- \(place(a, b, c));")
          }
        }
      }
    }
    return (lines + edges + ["\\end{tikzpicture}"]).joined(separator: "\n")
  }

  private static func decimal(_ value: Double) -> String {
    "\(Double(Int((value * 100).rounded())) / 100)"
  }

  /// The layers one below the other, columns in line.
  public var text: String {
    (0..<3).map { x in
      (0..<3).map { y in
        (0..<3).map { z in
          let number = "\(cells[Self.index(x, y, z)])"
          return String(repeating: " ", count: max(0, 2 - number.count)) + number
        }.joined(separator: " ")
      }.joined(separator: "\n")
    }.joined(separator: "\n\n")
  }
}
