import ArgumentParser
import Articles
import Formats
import Foundation
import Messages

struct CubeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cube",
    abstract: "Magic cubes of order three: checked, solved, counted, drawn.",
    discussion: """
      Examples:
        danlu cube check                          the cube that the article prints
        danlu cube solve --rule lines --format svg --out cube.svg
        danlu cube enumerate
      """, subcommands: [CubeCheck.self, CubeSolve.self, CubeEnumerate.self])
}

/// How a cube is written.
enum CubeFormat: String, CaseIterable, ExpressibleByArgument {
  case text, latex, tikz, svg

  func written(_ cube: MagicCube) -> String {
    switch self {
    case .text: cube.text
    case .latex: cube.latex
    case .tikz: cube.tikz
    case .svg: cube.svg
    }
  }
}

extension MagicCube.Rule: ExpressibleByArgument {}

private struct CubeOutput: Encodable {
  let cells: [Int]
  let planes, lines: [Int]
  let repeated, missing: [Int]
  let planesAreMagic, linesAreMagic: Bool

  init(_ cube: MagicCube) {
    cells = cube.cells
    planes = cube.sums(MagicCube.planes)
    lines = cube.sums(MagicCube.lines)
    repeated = cube.repeated
    missing = cube.missing
    planesAreMagic = cube.obeys(.planes)
    linesAreMagic = cube.obeys(.lines)
  }
}

struct CubeCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "The sums of a cube's planes and lines.",
    discussion: """
      Without a file: the cube that the article prints. A file has 27 numbers, layers from top to bottom,
      rows from back to front; what stands between numbers does not matter.

      Examples:
        danlu cube check
        danlu cube check mine.txt --json
      """)

  @Argument(help: "A file of 27 numbers, or - for standard input.") var file: String?
  @Option(help: "Also write it: text, latex, tikz or svg.") var format: CubeFormat?
  @OptionGroup var output: OutputOptions

  func run() throws {
    let cube = try file.map(Self.read) ?? .printed
    if output.json { return try Console.json(CubeOutput(cube)) }
    if let format { Console.output(format.written(cube)) }
    func counted(_ sums: [Int]) -> String {
      Dictionary(grouping: sums) { $0 }.sorted { $0.key < $1.key }.map {
        $1.count == 1 ? "\($0)" : "\($0) (\($1.count) times)"
      }.joined(separator: ", ")
    }
    Console.output("planes\t\(counted(cube.sums(MagicCube.planes)))")
    Console.output("lines\t\(counted(cube.sums(MagicCube.lines)))")
    func list(_ numbers: [Int]) -> String {
      numbers.isEmpty ? "none" : numbers.map(String.init).joined(separator: ", ")
    }
    Console.output("repeated\t\(list(cube.repeated))")
    Console.output("missing\t\(list(cube.missing))")
    let isWhole = cube.missing.isEmpty
    Console.output(
      "verdict\t"
        + (cube.obeys(.lines) && isWhole
          ? "a magic cube"
          : cube.obeys(.planes) ? "planes alone are magic" : "neither planes nor lines are magic")
        + (isWhole ? "" : ", not of the numbers 1 to 27"))
  }

  private static func read(_ path: String) throws -> MagicCube {
    let text = String(decoding: try ByteSource(path: path, isText: true).readAll(), as: UTF8.self)
    let numbers = text.split { !$0.isASCII || !($0.isNumber || $0 == "-") }.map { Int($0) }
    guard numbers.count == 27, !numbers.contains(nil),
      !numbers.contains(where: { abs($0 ?? 0) > 1_000_000 })
    else {
      throw FileError(
        path: path, reason: "27 whole numbers up to a million were expected, found \(numbers.count)"
      )
    }
    return MagicCube(cells: numbers.compactMap { $0 })
  }
}

struct CubeSolve: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "solve", abstract: "A cube whose planes or lines are magic.",
    discussion: """
      Examples:
        danlu cube solve --rule lines
        danlu cube solve --rule planes --fix 1,1,1=4 --seed 7 --format tikz
      """)

  @Option(help: "What sums alike: planes or lines.") var rule = MagicCube.Rule.lines
  @Option(help: "LAYER,ROW,COLUMN=NUMBER, all from 1. Repeatable.") var fix: [String] = []
  @Option(help: "Another seed gives another cube.") var seed: UInt64 = 0
  @Option(help: "How it is written: text, latex, tikz or svg.") var format = CubeFormat.text
  @Option(help: "Write to this file instead of standard output.") var out: String?
  @OptionGroup var output: OutputOptions

  func validate() throws { _ = try given() }

  private func given() throws -> [Int: Int] {
    var given: [Int: Int] = [:]
    for text in fix {
      let parts = text.split(separator: "=").map(String.init)
      let place = (parts.first ?? "").split(separator: ",").map { Int($0) ?? 0 }
      guard parts.count == 2, place.count == 3, place.allSatisfy({ 1...3 ~= $0 }),
        let number = Int(parts[1]), 1...27 ~= number
      else {
        throw OptionError(
          "fix", expected: "LAYER,ROW,COLUMN=NUMBER such as 1,1,1=4", received: "'\(text)'")
      }
      let cell = MagicCube.index(place[0] - 1, place[1] - 1, place[2] - 1)
      guard given[cell] == nil, !given.values.contains(number) else {
        throw OptionError("fix", "'\(text)': the cell or the number was given before")
      }
      given[cell] = number
    }
    return given
  }

  func run() throws {
    guard let cube = MagicCube.solved(rule, given: try given(), seed: seed) else {
      throw Failure(
        rule == .lines
          ? "no cube with magic lines has these numbers there"
          : "no cube with magic planes was found with these numbers there; another --seed may find one"
      )
    }
    if output.json { return try Console.json(CubeOutput(cube)) }
    if let out { return try AtomicFile.write(format.written(cube) + "\n", to: out) }
    Console.output(format.written(cube))
  }
}

struct CubeEnumerate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enumerate", abstract: "All cubes of 1 to 27 whose lines are magic.",
    discussion: """
      Examples:
        danlu cube enumerate
        danlu cube enumerate --all --json
      """)

  @Flag(help: "Print every cube, not one of each class.") var all = false
  @OptionGroup var output: OutputOptions

  private struct Output: Encodable {
    let cubes, classes: Int
    let seconds: Double
    let cells: [[Int]]
  }

  func run() throws {
    let start = DispatchTime.now().uptimeNanoseconds
    let cubes = MagicCube.all()
    let classes = Set(cubes.map(\.canonical)).sorted {
      $0.cells.lexicographicallyPrecedes($1.cells)
    }
    let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    let shown = all ? cubes : classes
    if output.json {
      return try Console.json(
        Output(
          cubes: cubes.count, classes: classes.count, seconds: seconds, cells: shown.map(\.cells)))
    }
    Console.output("\(cubes.count) cubes, \(classes.count) classes under rotation and reflection")
    for cube in shown { Console.output(cube.cells.map(String.init).joined(separator: " ")) }
    Console.note(String(format: "%.3f s", seconds))
  }
}
