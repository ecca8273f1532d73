import Formats
import Memory
import Messages
import Parallel

/// Reads networks: link lists, Pajek, and the state, bipartite and multilayer formats of the field.
///
/// Lines of a link list are `source target [weight]`, by ids or, in a file of its own form, by names
/// (`LinkTable`); `#` starts a comment; headings start with `*`.
/// The direction of links is the flow model's affair, so `*Edges`, `*Arcs` and `*Links` read alike.
/// Blocks of links are parsed on several threads, with the same result as on one.
public struct NetworkReader {
  private let path: String
  private let threads: Int
  private var section = Section.links
  /// What an unknown heading said, and its line: an error if links follow.
  private var unknownHeading = (text: "", line: 0)
  /// Within a list of something else (*Partition, *Vector …), which has *Vertices of its own.
  private var isInOtherList = false
  private var matrix: MatrixMarket?
  private var table: LinkTable?
  private var line = 0
  var draft = NetworkDraft()

  enum Section {
    case vertices, links, bipartite, states, multilayer, intra, inter, ignored, unknown
  }

  /// Reads the network at `path` (`-`: standard input; gzip is recognized). Throws `FileError` with
  /// the line for anything malformed, `OptionError` for options that cannot be honored.
  public static func read(
    path: String, options: NetworkReadingOptions = NetworkReadingOptions(), threads: Int = 1,
    work: Work = .silent
  ) throws -> Network {
    try options.check()
    let source = try ByteSource(path: path, isText: true)
    var reader = NetworkReader(path: path, threads: threads)
    try work.phase("reading", unit: "bytes") { try reader.consume(source, $0) }
    try work.check()
    return try reader.finish(options)
  }

  /// Reads a network from bytes that are already in memory.
  public static func read(
    bytes: [UInt8], name: String = "network",
    options: NetworkReadingOptions = NetworkReadingOptions()
  ) throws -> Network {
    var reader = NetworkReader(path: name, threads: 1)
    try bytes.withUnsafeBufferPointer {
      try ForeignFormat.refuse($0, path: name)
      reader.table = LinkTable($0)
      try reader.parse($0)
    }
    return try reader.finish(options)
  }

  private init(path: String, threads: Int) {
    self.path = path
    self.threads = threads
  }

  private func finish(_ options: NetworkReadingOptions) throws -> Network {
    var draft = draft
    if let table { draft.name(table.names) }
    if let matrix, matrix.isSymmetric, options.isDirected { draft.links.appendReversed() }
    do {
      var network = try draft.network(options)
      if draft.widerLines > 0 {
        network.notes.append(
          "\(draft.widerLines) lines have columns behind the weight, which are not read")
      }
      if let unread = table?.unread, !unread.isEmpty {
        network.notes.append("columns that are not read: \(unread.joined(separator: ", "))")
      }
      return network
    } catch let error as InputError {
      throw FileError(path: path, reason: error.problem)
    }
  }

  /// Whole lines at a time; what follows the last line end waits for the next block.
  private mutating func consume(_ source: ByteSource, _ phase: Work.Phase) throws {
    var buffer = Block<UInt8>(zeros: threads > 1 ? 8 << 20 : 1 << 20)
    var filled = 0
    while true {
      if filled == buffer.count {
        // One line is longer than the block.
        let larger = Block<UInt8>(zeros: buffer.count * 2)
        larger.pointer.update(from: buffer.pointer, count: filled)
        buffer = larger
      }
      let count = try source.read(
        into: UnsafeMutableRawBufferPointer(
          start: buffer.pointer + filled, count: buffer.count - filled))
      try phase.advance(count)
      if line == 0, filled == 0 {
        let beginning = UnsafeMutableBufferPointer(start: buffer.pointer, count: count)
        try ForeignFormat.refuse(UnsafeBufferPointer(beginning), path: path)
        matrix = try MatrixMarket(beginning, path: path)
        draft.hasHeadings = matrix != nil
        if matrix == nil { table = LinkTable(UnsafeBufferPointer(beginning)) }
      }
      let total = filled + count
      var whole = total
      if count > 0 {
        while whole > filled, buffer[whole - 1] != ByteScanner.newline { whole -= 1 }
        if whole == filled {
          filled = total
          continue
        }
      }
      try parse(UnsafeBufferPointer(start: buffer.pointer, count: whole))
      if count == 0 { return }
      (buffer.pointer).update(from: buffer.pointer + whole, count: total - whole)
      filled = total - whole
    }
  }

  private mutating func parse(_ bytes: UnsafeBufferPointer<UInt8>) throws {
    var scanner = ByteScanner(bytes)
    if line == 0, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { scanner.position = 3 }
    if table != nil { return try parseTable(&scanner) }
    while scanner.position < scanner.end {
      if section == .links || section == .bipartite {
        try parseLinks(&scanner)
        guard scanner.position < scanner.end else { return }
      }
      line += 1
      scanner.skipBlanks()
      let byte = scanner.byte
      if byte == UInt8(ascii: "*") {
        try parseHeading(&scanner)
      } else if section == .unknown {
        try refuseLinks(scanner)
      } else if !scanner.isAtLineEnd, byte != UInt8(ascii: "%"), section != .ignored {
        let place = scanner.position
        do {
          try draft.parseLine(&scanner, in: section)
        } catch let error as InputError {
          throw failure(line, "\(error.problem), found “\(scanner.lineText(from: place))”")
        }
      }
      scanner.skipLine()
    }
  }

  private mutating func parseTable(_ scanner: inout ByteScanner) throws {
    while scanner.position < scanner.end {
      line += 1
      let place = scanner.position
      do {
        var end = place
        while end < scanner.end, scanner.start[end] != ByteScanner.newline { end += 1 }
        if let link = try table?.parse(try scanner.name(place, end)) {
          draft.links.append(link.source, link.target, link.weight)
        }
      } catch let error as InputError {
        throw failure(line, "\(error.problem), found “\(scanner.lineText(from: place))”")
      }
      scanner.skipLine()
    }
  }

  private func failure(_ line: Int, _ reason: String) -> FileError {
    FileError(path: path, reason: "line \(line): \(reason)")
  }

  private mutating func parseHeading(_ scanner: inout ByteScanner) throws {
    let place = scanner.position
    let heading = scanner.word()?.lowercased() ?? ""
    scanner.skipBlanks()
    let number = scanner.unsigned()
    draft.hasHeadings = true
    if heading == "*network" { isInOtherList = false }
    guard !isInOtherList else {
      section = .ignored
      return
    }
    switch heading {
    case "*vertices":
      section = .vertices
      draft.declaredVertices = number.map(Int.init)
    case "*edges", "*arcs", "*links": section = .links
    case "*bipartite":
      guard let number else {
        throw failure(line, "*Bipartite needs the id of the first feature node behind it")
      }
      section = .bipartite
      draft.firstFeature = number
    case "*states": section = .states
    case "*multilayer": section = .multilayer
    case "*intra": section = .intra
    case "*inter": section = .inter
    case "*network":
      // What stands before the first network is none of its lines.
      guard draft.links.count == 0 else {
        throw failure(line, "a second network begins; give each a file of its own")
      }
      section = .ignored
    case "*contexts", "*description", "*title": section = .ignored
    case "*partition", "*vector", "*permutation", "*cluster", "*hierarchy":
      section = .ignored
      isInOtherList = true
    default:
      unknownHeading = (scanner.lineText(from: place), line)
      // A number, or a name so near a known one, announces lines that matter.
      guard number == nil, nearestName(to: heading, among: Self.headings) == nil else {
        throw unknown
      }
      section = .unknown
    }
    do {
      try draft.enter(section)
    } catch let error as InputError {
      throw failure(line, error.problem)
    }
  }

  private static let headings = [
    "*vertices", "*edges", "*arcs", "*links", "*bipartite", "*states", "*multilayer", "*intra",
    "*inter", "*contexts",
  ]

  private var unknown: FileError {
    failure(
      unknownHeading.line,
      "unknown heading “\(unknownHeading.text)”; known are *Vertices, *Edges, *Arcs, *Links, "
        + "*Bipartite, *States, *Multilayer, *Intra, *Inter, *Contexts")
  }

  /// Lines below an unknown heading may be a description, not two numbers.
  private func refuseLinks(_ scanner: ByteScanner) throws {
    var scanner = scanner
    guard scanner.unsigned() != nil else { return }
    scanner.skipBlanks()
    if scanner.unsigned() != nil { throw unknown }
  }

  /// Links up to the next heading or the end of the block.
  private mutating func parseLinks(_ scanner: inout ByteScanner) throws {
    let length = scanner.end - scanner.position
    if threads > 1, length > 1 << 18 {
      try parseLinksInParallel(&scanner)
      return
    }
    var links = LinkLines(links: draft.links)
    try finish(&links, links.parse(&scanner))
  }

  private mutating func finish(_ lines: inout LinkLines, _ problem: String?) throws {
    line += lines.count
    draft.widerLines += lines.widerLines
    if let problem { throw failure(line, problem) }
  }

  private mutating func parseLinksInParallel(_ scanner: inout ByteScanner) throws {
    // Pieces end at line ends; a heading in one of them ends the parallel part there.
    var starts = [scanner.position]
    for piece in 1..<threads {
      var place = scanner.position + (scanner.end - scanner.position) * piece / threads
      while place < scanner.end, scanner.start[place] != ByteScanner.newline { place += 1 }
      starts.append(min(scanner.end, place + 1))
    }
    starts.append(scanner.end)
    let bytes = SharedBytes(start: scanner.start)
    let pieces = starts
    let results = try parallelMap(count: threads, threads: threads) { index -> ParsedPiece in
      let range = max(pieces[index], pieces[0])..<max(pieces[index], pieces[index + 1])
      var part = ByteScanner(
        UnsafeBufferPointer(start: bytes.start + range.lowerBound, count: range.count))
      var lines = LinkLines(links: NetworkLinks())
      let problem = lines.parse(&part)
      return ParsedPiece(
        links: lines.links, lines: lines.count, widerLines: lines.widerLines, problem: problem,
        stop: range.lowerBound + part.position, isComplete: part.position >= part.end)
    }
    for result in results {
      draft.links.append(contentsOf: result.links)
      line += result.lines
      draft.widerLines += result.widerLines
      if let problem = result.problem { throw failure(line, problem) }
      scanner.position = result.stop
      if !result.isComplete { return }
    }
  }
}

/// Bytes that several threads read while their owner waits.
private struct SharedBytes: @unchecked Sendable {
  // Unchecked: nobody writes while the parts are parsed.
  let start: UnsafePointer<UInt8>
}

private struct ParsedPiece: Sendable {
  let links: NetworkLinks
  let lines: Int
  let widerLines: Int
  let problem: String?
  let stop: Int
  let isComplete: Bool
}

/// The fast loop over lines `source target [weight]`.
struct LinkLines {
  let links: NetworkLinks
  private(set) var count = 0
  /// Lines with more columns, which are not read.
  private(set) var widerLines = 0

  init(links: NetworkLinks) { self.links = links }

  /// Parses up to a heading or the end; returns what is wrong with line `count`, if anything is.
  mutating func parse(_ scanner: inout ByteScanner) -> String? {
    while scanner.position < scanner.end {
      scanner.skipBlanks()
      let byte = scanner.byte
      if byte == UInt8(ascii: "*") { return nil }
      count += 1
      if scanner.isAtLineEnd || byte == UInt8(ascii: "%") {
        scanner.skipLine()
        continue
      }
      let place = scanner.position
      guard let source = scanner.unsigned() else { return problem(scanner, place) }
      let separator = scanner.skipSeparator()
      guard let target = scanner.unsigned() else { return problem(scanner, place) }
      let second = scanner.skipSeparator()
      var weight = 1.0
      if !scanner.isAtLineEnd {
        guard let value = scanner.decimal() else { return problem(scanner, place) }
        guard value >= 0, value.isFinite else {
          return "weights are finite and ≥ 0, found “\(scanner.lineText(from: place))”"
        }
        weight = value
        let third = scanner.skipSeparator()
        if !scanner.isAtLineEnd {
          if third == .bareComma, scanner.isAtNumber { return commaProblem(scanner, place) }
          widerLines += scanner.isAtNumber ? 1 : 0
        }
      }
      if second == .bareComma, separator != .bareComma { return commaProblem(scanner, place) }
      links.append(source, target, weight)
      scanner.skipLine()
    }
    return nil
  }

  private func commaProblem(_ scanner: ByteScanner, _ place: Int) -> String {
    "\(ColumnCommas.decimalComma.problem), found “\(scanner.lineText(from: place))”"
  }

  private func problem(_ scanner: ByteScanner, _ place: Int) -> String {
    "expected “source target [weight]” with ids 0…4294967295, found “"
      + scanner.lineText(from: place) + "”"
  }
}
