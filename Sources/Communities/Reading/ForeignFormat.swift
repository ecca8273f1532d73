import Messages

/// Formats of networks that are not read, told by how a file begins, with the command that converts
/// them: a link list read from one would be half a network.
enum ForeignFormat: CaseIterable {
  case utf16, graphML, gexf, gml, json, dot, ucinet

  /// Throws `FileError` if `bytes`, the beginning of the file at `path`, are in one of them.
  static func refuse(_ bytes: UnsafeBufferPointer<UInt8>, path: String) throws {
    for format in allCases where format.isBegun(by: bytes) {
      throw FileError(
        path: path,
        reason: "is \(format.name); link lists, Pajek and the state, bipartite and multilayer "
          + "formats are read: \(format.command(path))")
    }
  }

  private func isBegun(by bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    if self == .utf16 {
      return bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
        || bytes.prefix(2).contains(0)
    }
    let beginning = String(decoding: bytes.prefix(4096), as: UTF8.self).lowercased()
    let text = beginning.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
    switch self {
    case .utf16: return false
    case .graphML: return text.hasPrefix("<") && !text.contains("<gexf")
    case .gexf: return text.hasPrefix("<")
    case .gml:
      return text.hasPrefix("creator") || text.hasPrefix("graph") && text.contains("[")
    case .json: return text.hasPrefix("{") || text.hasPrefix("[")
    case .dot:
      return ["graph", "digraph", "strict"].contains { text.hasPrefix($0) } && text.contains("{")
    case .ucinet: return text.hasPrefix("dl ") || text.hasPrefix("dl\n")
    }
  }

  private var name: String {
    switch self {
    case .utf16: "UTF-16 text"
    case .graphML: "GraphML (XML)"
    case .gexf: "GEXF (XML)"
    case .gml: "GML"
    case .json: "JSON"
    case .dot: "a DOT graph"
    case .ucinet: "a UCINET DL file"
    }
  }

  private func command(_ path: String) -> String {
    func networkX(_ read: String) -> String {
      "python3 -c \"import networkx as n; n.write_pajek(n.\(read), '\(path).net')\""
    }
    switch self {
    case .utf16: return "iconv -f utf-16 -t utf-8 \(path) > FILE"
    case .graphML: return networkX("read_graphml('\(path)')")
    case .gexf: return networkX("read_gexf('\(path)')")
    case .gml: return networkX("read_gml('\(path)')")
    case .json:
      return networkX("node_link_graph(__import__('json').load(open('\(path)')))")
    case .dot: return networkX("nx_pydot.read_dot('\(path)')")
    case .ucinet: return "write its links as lines “source target weight”"
    }
  }
}
