import Formats
import Messages

/// Reads partitions from `.clu`, `.tree` and `.ftree` files.
public enum PartitionReader {
  /// The partition of `network` in the file at `path`. Throws `FileError` for anything malformed,
  /// for units that are missing or listed twice, and for ids the network does not have.
  public static func read(path: String, network: Network) throws -> Partition {
    try read(bytes: ByteSource(path: path, isText: true).readAll(), name: path, network: network)
  }

  /// The same from bytes that are already in memory; `name` stands in messages.
  public static func read(bytes: [UInt8], name: String, network: Network) throws -> Partition {
    try bytes.withUnsafeBufferPointer { bytes in
      var reading = PartitionReading(name: name, network: network)
      try reading.parse(ByteScanner(bytes))
      return try reading.partition()
    }
  }
}

/// A partition file while it is read.
private struct PartitionReading {
  let name: String
  let network: Network
  private var line = 0
  /// What stands behind the module (.clu) or the name (.tree) of each line, in order.
  private var columns = Columns()
  private var parents: [Int] = []
  private var numbers: [String: Int] = [:]
  private var moduleOf: [Int]
  private let units: IdNumbers
  private let unitsOfNode: [[Int]]

  init(name: String, network: Network) {
    self.name = name
    self.network = network
    moduleOf = Array(repeating: -1, count: network.unitCount)
    let ids = network.states?.ids ?? network.nodeIds
    units = IdNumbers(total: ids.count) { visit in for id in ids { visit(id) } }
    var lists: [[Int]] = []
    if let states = network.states {
      lists = Array(repeating: [], count: network.nodeCount)
      for (state, node) in states.nodes.enumerated() { lists[Int(node)].append(state) }
    }
    unitsOfNode = lists
  }

  /// Trees are walked recursively; no real one comes near this.
  private static let deepestPath = 256

  private func failure(_ reason: String) -> FileError {
    FileError(path: name, reason: "line \(line): \(reason)")
  }

  mutating func parse(_ bytes: ByteScanner) throws {
    var scanner = bytes
    while scanner.position < scanner.end {
      line += 1
      scanner.skipBlanks()
      let place = scanner.position
      switch scanner.byte {
      case UInt8(ascii: "*"): return  // The links of an ftree.
      case UInt8(ascii: "#"):
        columns.take(comment: scanner.lineText(from: place))
      case ByteScanner.newline: break
      default:
        try parseLine(&scanner)
      }
      scanner.position = max(scanner.position, place)
      scanner.skipLine()
    }
  }

  private mutating func parseLine(_ scanner: inout ByteScanner) throws {
    let place = scanner.position
    guard let first = scanner.word() else {
      throw failure("expected a node id or a path, found “\(scanner.lineText(from: place))”")
    }
    scanner.skipBlanks()
    if first.contains(":") {
      // path flow "name" id [ids]
      guard scanner.decimal() != nil else { throw treeFailure(scanner, place) }
      scanner.skipBlanks()
      do {
        guard try NodeName.readLeaf(&scanner) != nil else { throw treeFailure(scanner, place) }
      } catch let error as InputError {
        throw failure(error.problem)
      }
      scanner.skipBlanks()
      guard let id = scanner.unsigned() else { throw treeFailure(scanner, place) }
      let ranks = first.split(separator: ":", omittingEmptySubsequences: false)
      guard ranks.allSatisfy({ UInt32($0) != nil }) else { throw treeFailure(scanner, place) }
      guard ranks.count <= Self.deepestPath else {
        throw failure("a path of \(ranks.count) levels; at most \(Self.deepestPath) are read")
      }
      try assign(Unit(id, behind: &scanner, columns), to: module(path: ranks.dropLast()))
    } else {
      guard let id = UInt32(first), let module = scanner.unsigned() else {
        throw failure(
          "expected “node_id module [flow]”, found “\(scanner.lineText(from: place))”")
      }
      scanner.skipBlanks()
      if !scanner.isAtLineEnd, scanner.decimal() == nil {
        throw failure(
          "expected “node_id module [flow]”, found “\(scanner.lineText(from: place))”")
      }
      try assign(
        Unit(id, behind: &scanner, columns), to: self.module(path: [Substring(String(module))]))
    }
  }

  private func treeFailure(_ scanner: ByteScanner, _ place: Int) -> FileError {
    failure("expected “path flow \"name\" node_id”, found “\(scanner.lineText(from: place))”")
  }

  /// The module at `path`, its ancestors made where they are new.
  private mutating func module(path: ArraySlice<Substring>) -> Int {
    var key = ""
    var parent = -1
    for rank in path {
      key += ":" + rank
      if let number = numbers[key] {
        parent = number
      } else {
        numbers[key] = parents.count
        parents.append(parent)
        parent = parents.count - 1
      }
    }
    return parent
  }

  private mutating func assign(_ given: Unit, to module: Int) throws {
    guard let states = network.states else {
      let node = given.node ?? given.first
      guard let unit = units.number(of: node) else {
        throw failure("the network has no node \(node)")
      }
      return try assign(unit: Int(unit), to: module, called: "node \(node)")
    }
    if let layers = states.layers {
      // State ids are numbers of the run that wrote the file: node and layer say which state is meant.
      if let node = given.node, let layer = given.layer {
        let place = try unitsOfNode(called: node).first { layers[$0] == layer }
        guard let place else { throw failure("the network has no node \(node) in layer \(layer)") }
        return try assign(unit: place, to: module, called: "node \(node) in layer \(layer)")
      }
      guard !columns.listsStates else {
        throw failure(
          "states of a multilayer network are told by the columns node_id and layer_id, which the "
            + "file has not: their ids are numbers of the run that wrote it")
      }
    }
    guard !columns.listsStates else {
      guard let unit = units.number(of: given.first) else {
        throw failure("the network has no state \(given.first)")
      }
      let node = network.nodeIds[Int(states.nodes[Int(unit)])]
      if let said = given.node, said != node {
        throw failure(
          "state \(given.first) belongs to node \(node), the file says to node \(said); is it that of "
            + "another network?")
      }
      return try assign(unit: Int(unit), to: module, called: "state \(given.first)")
    }
    for unit in try unitsOfNode(called: given.first) {
      guard moduleOf[unit] < 0 || moduleOf[unit] == module else {
        throw failure(
          "node \(given.first) is in several modules; a state network needs a file that lists states"
        )
      }
      moduleOf[unit] = module
    }
  }

  private func unitsOfNode(called id: UInt32) throws -> [Int] {
    guard let node = network.nodeIds.firstPlace(of: id) else {
      throw failure("the network has no node \(id)")
    }
    return unitsOfNode[node]
  }

  private mutating func assign(unit: Int, to module: Int, called name: String) throws {
    guard moduleOf[unit] < 0 else { throw failure("\(name) is listed twice") }
    moduleOf[unit] = module
  }

  func partition() throws -> Partition {
    let missing = moduleOf.indices.filter { moduleOf[$0] < 0 }
    if let first = missing.first {
      let id = network.states?.ids[first] ?? network.nodeIds[first]
      throw FileError(
        path: name,
        reason: "\(missing.count) of the network's \(network.unitCount) "
          + "\(network.states == nil ? "nodes" : "states") are in no module, the first is \(id)")
    }
    // A module holds either modules or units.
    let inner = Set(parents)
    if let unit = moduleOf.indices.first(where: { inner.contains(moduleOf[$0]) }) {
      throw FileError(
        path: name,
        reason: "\(network.states == nil ? "node" : "state") "
          + "\(network.states?.ids[unit] ?? network.nodeIds[unit]) stands beside modules; a module "
          + "holds either modules or nodes")
    }
    return Partition(paths: ModulePaths(parents: parents, moduleOf: moduleOf))
  }
}

/// Which ids a partition file gives, as its head says: `# state_id module flow node_id layer_id`.
private struct Columns {
  private(set) var listsStates = false
  /// The columns behind the first id, names of ids only.
  private(set) var further: [String] = []

  mutating func take(comment: String) {
    if comment.contains("state level") { listsStates = true }
    let words = comment.dropFirst().split(whereSeparator: \.isWhitespace).map(String.init)
    let ids = words.filter { ["state_id", "node_id", "layer_id"].contains($0) }
    guard let first = ids.first, words.contains("module") || words.contains("path") else { return }
    listsStates = first == "state_id"
    further = Array(ids.dropFirst())
  }
}

/// The ids of one line.
private struct Unit {
  /// A state's id where the file lists states, otherwise a node's.
  let first: UInt32
  private(set) var node: UInt32?
  private(set) var layer: UInt32?

  init(_ first: UInt32, behind scanner: inout ByteScanner, _ columns: Columns) {
    self.first = first
    for column in columns.further {
      scanner.skipBlanks()
      guard let id = scanner.unsigned() else { return }
      if column == "node_id" { node = id } else { layer = id }
    }
    if !columns.listsStates { node = first }
  }
}

extension [UInt32] {
  /// Where `value` stands in an ascending list.
  func firstPlace(of value: UInt32) -> Int? {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low < count && self[low] == value ? low : nil
  }
}
