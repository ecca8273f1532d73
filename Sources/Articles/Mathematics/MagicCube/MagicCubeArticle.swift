import Recipes
import Reports
import Tracking

/// 分享：用LaTeX+MathJax画一个三维三阶环方: the printed cube's sums, and all cubes whose lines are magic.
public enum MagicCubeArticle: Article {
  public static let card = RecipeCard(
    name: "magic-cube", title: "分享：用LaTeX+MathJax画一个三维三阶环方",
    summary:
      "Checks the sums of the cube that the article prints, finds all magic cubes of order three, and "
      + "draws both.",
    date: "2019-03-28", archive: 6534, needsTorch: false, data: "the printed cube",
    duration: "1 s")

  public struct Settings: RecipeSettings {
    @Knob("classical cubes to draw, one of each class", in: 0...4) var drawings = 1

    public init() {}
  }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    [PrintedCube(), ClassicalCubes(drawings: run.settings.drawings)]
  }
}

/// What the article's cube is: its planes are magic, its lines are not, and two numbers stand twice.
private struct PrintedCube: Finding {
  private let cube = MagicCube.printed

  var claims: [Claim] {
    let planes = cube.sums(MagicCube.planes)
    let lines = Set(cube.sums(MagicCube.lines))
    return [
      Claim(
        id: "planes", statement: "planes of the printed cube, of 15, that sum to 126",
        measured: Double(planes.count { $0 == 126 }), equals: 15, within: 0),
      Claim(
        id: "missing",
        statement: "numbers of 1 to 27 that the printed cube lacks, as many standing twice",
        measured: Double(cube.missing.count), equals: 2, within: 0),
      Claim(
        id: "lines", statement: "it is no cube of magic lines: different sums of its 31 lines",
        measured: Double(lines.count), atLeast: 2),
    ]
  }

  var section: Report.Section? {
    let lines = cube.sums(MagicCube.lines)
    return Report.Section(
      "The printed cube",
      [
        .page(cube.svg, height: 460),
        .text(
          "All nine layers and all six diagonal planes sum to 126. Twice: "
            + "\(cube.repeated.map(String.init).joined(separator: ", ")); missing: "
            + "\(cube.missing.map(String.init).joined(separator: ", ")). Lines sum to "
            + "\(lines.min() ?? 0) up to \(lines.max() ?? 0). The article defines nothing: that the "
            + "planes are magic is an observation."), .code(cube.latex),
      ])
  }
}

/// Every cube of 1 to 27 whose 27 lines and 4 space diagonals sum to 42.
private struct ClassicalCubes: Finding {
  private let cubes: [MagicCube]
  private let classes: [MagicCube]
  private let drawings: Int

  init(drawings: Int) {
    cubes = MagicCube.all()
    classes = Set(cubes.map(\.canonical)).sorted { $0.cells.lexicographicallyPrecedes($1.cells) }
    self.drawings = drawings
  }

  var claims: [Claim] {
    [
      Claim(
        id: "count", statement: "magic cubes of order three", measured: Double(cubes.count),
        equals: 192, within: 0),
      Claim(
        id: "classes", statement: "classes of them under the 48 symmetries",
        measured: Double(classes.count), equals: 4, within: 0),
      Claim(
        id: "centers", statement: "all have 14 in the middle: cubes that do not",
        measured: Double(cubes.count { $0.cells[13] != 14 }), equals: 0, within: 0),
    ]
  }

  var section: Report.Section? {
    var blocks: [Report.Block] = [
      .text(
        "31 equations of rank 23 leave four cells free: 421,200 choices were tried, and neither the "
          + "number in the middle nor opposite pairs were assumed.")
    ]
    for cube in classes.prefix(drawings) { blocks.append(.page(cube.svg, height: 460)) }
    for cube in classes { blocks.append(.code(cube.latex)) }
    return Report.Section("Classical cubes", blocks)
  }
}
