/// Small networks of the field whose codelengths are known, as link lists: lines
/// `source target [weight]`.
public enum ExampleNetworks {
  /// Two triangles joined by one link; the shortest two-level description has 2.320730357 bits.
  public static let twoTriangles = "1 2\n1 3\n2 3\n3 4\n4 5\n4 6\n5 6\n"

  /// Triangles of triangles (Rosvall and Bergstrom 2011); 3.371875026 bits with modules of modules.
  public static let nineTriangles: String = {
    var lines = ""
    for k in 0..<9 {
      let a = 3 * k + 1
      lines += "\(a) \(a + 1)\n\(a) \(a + 2)\n\(a + 1) \(a + 2)\n"
    }
    for (a, b) in [
      (2, 4), (3, 7), (6, 8), (11, 13), (12, 16), (15, 17), (20, 22), (21, 25), (24, 26),
    ] { lines += "\(a) \(b)\n" }
    return lines + "5 10 0.8\n9 19 0.8\n18 23 0.8\n"
  }()

  /// Zachary's karate club (1977), weighted by the kinds of contact.
  public static let karate = links(
    """
    1 → 2:4 3:5 4:3 5:3 6:3 7:3 8:2 9:2 11:2 12:3 13:1 14:3 18:2 20:2 22:2 32:2;
    2 → 3:6 4:3 8:4 14:5 18:1 20:2 22:2 31:2; 3 → 4:3 8:4 9:5 10:1 14:3 28:2 29:2 33:2;
    4 → 8:3 13:3 14:3; 5 → 7:2 11:3; 6 → 7:5 11:3 17:3; 7 → 17:3; 9 → 31:3 33:3 34:4; 10 → 34:2;
    14 → 34:3; 15 → 33:3 34:2; 16 → 33:3 34:4; 19 → 33:1 34:2; 20 → 34:1; 21 → 33:3 34:1;
    23 → 33:2 34:3; 24 → 26:5 28:4 30:3 33:5 34:4; 25 → 26:2 28:3 32:2; 26 → 32:7; 27 → 30:4 34:2;
    28 → 34:4; 29 → 32:2 34:2; 30 → 33:4 34:2; 31 → 33:3 34:3; 32 → 33:4 34:4; 33 → 34:5
    """)

  /// A directed weighted network of 25 nodes, one of the map equation's usual examples.
  public static let modular = links(
    """
    1 → 3:2; 2 → 3:4 5:4; 3 → 4:5 5:5 6:4; 5 → 6:4 7:3 2:4; 4 → 6:3; 7 → 8:3 9:5 10:4;
    8 → 9:4 12:3 7:5; 9 → 10:5 11:2 12:3; 11 → 12:2 13:2; 10 → 13:3 24:4; 12 → 13:3;
    13 → 14:2 11:3; 14 → 15:4 17:4; 15 → 16:3 17:5; 16 → 17:4; 17 → 18:1;
    18 → 20:4 21:2 22:4 25:2; 20 → 21:4 22:2 19:3; 21 → 22:2; 19 → 22:4; 22 → 23:4 24:5 25:2;
    23 → 24:5; 24 → 25:3; 25 → 18:6; 6 → 3:1
    """)

  /// Lines `source target weight` from adjacency such as `1 → 2:4 3:5; 2 → 3:6`.
  private static func links(_ adjacency: String) -> String {
    adjacency.split(separator: ";").map { row in
      let parts = row.split(separator: "→")
      let source = parts[0].filter { !$0.isWhitespace }
      return parts[1].split(whereSeparator: \.isWhitespace).map { entry in
        "\(source) " + entry.split(separator: ":").joined(separator: " ") + "\n"
      }.joined()
    }.joined()
  }
}
