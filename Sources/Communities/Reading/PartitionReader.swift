import Formats
import Messages

/// Reads partitions from `.clu`, `.tree` and `.ftree` files.
public enum PartitionReader {
  /// The partition of `network` in the file at `path`. Throws `FileError` for anything malformed,
  /// for units that are missing or listed twice, and for ids the network does not have.
  public static func read(path: String, network: Network) throws -> Partition {
    try read(bytes: ByteSource(path: path).readAll(), name: path, network: network)
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
  /// Lines name states, because a comment of the file says so.
  private var listsStates = false
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
        let text = scanner.lineText(from: place)
        if text.contains("state level") || text.contains("state_id") { listsStates = true }
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
      guard scanner.name() != nil else { throw treeFailure(scanner, place) }
      scanner.skipBlanks()
      guard let id = scanner.unsigned() else { throw treeFailure(scanner, place) }
      let ranks = first.split(separator: ":", omittingEmptySubsequences: false)
      guard ranks.allSatisfy({ UInt32($0) != nil }) else { throw treeFailure(scanner, place) }
      guard ranks.count <= Self.deepestPath else {
        throw failure("a path of \(ranks.count) levels; at most \(Self.deepestPath) are read")
      }
      try assign(id, to: module(path: ranks.dropLast()))
    } else {
      guard let id = UInt32(first), let module = scanner.unsigned() else {
        throw failure(
          "expected “node_id module [flow]”, found “\(scanner.lineText(from: place))”")
      }
      try assign(id, to: self.module(path: [Substring(String(module))]))
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

  private mutating func assign(_ id: UInt32, to module: Int) throws {
    if network.states != nil && !listsStates {
      guard let node = network.nodeIds.firstPlace(of: id) else {
        throw failure("the network has no node \(id)")
      }
      for unit in unitsOfNode[node] {
        guard moduleOf[unit] < 0 || moduleOf[unit] == module else {
          throw failure(
            "node \(id) is in several modules; a state network needs a file that lists states")
        }
        moduleOf[unit] = module
      }
      return
    }
    let kind = network.states == nil ? "node" : "state"
    guard let unit = units.number(of: id) else {
      throw failure("the network has no \(kind) \(id)")
    }
    guard moduleOf[Int(unit)] < 0 else { throw failure("\(kind) \(id) is listed twice") }
    moduleOf[Int(unit)] = module
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
