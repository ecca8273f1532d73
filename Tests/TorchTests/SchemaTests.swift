import Foundation
import TestSupport
import Testing

@testable import Torch

/// Every operator that the sources name, against the schemas that Scripts/golden/torch_schemas.py
/// recorded: an argument that moved in a new libtorch shows here with its name, not as a wrong number.
@Suite(.enabled(if: hasTorch, torchReason)) struct SchemaTests {
  struct Name: Hashable {
    let name: String
    let overload: String
  }

  /// The operators that the sources of all targets name.
  static func namedInSources() throws -> Set<Name> {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Sources")
    let files = try #require(
      FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
    let call =
      /\bOperator\(\s*(?:named:\s*)?"(?:aten::)?(\w+)"(?:\s*,\s*(?:overload:\s*)?"(\w*)")?\s*\)/
    var names: Set<Name> = []
    for case let file as URL in files where file.pathExtension == "swift" {
      let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
      let text = lines.filter { !$0.drop(while: \.isWhitespace).hasPrefix("//") }
        .joined(separator: "\n")
      for match in text.matches(of: call) {
        names.insert(Name(name: String(match.1), overload: String(match.2 ?? "")))
      }
    }
    return names
  }

  /// The recorded schemas for the version of libtorch that is open.
  static func recorded() throws -> [Name: String] {
    let version = LibTorch.version.split(separator: ".").prefix(2).joined(separator: ".")
    let file = try #require(
      Bundle.module.url(
        forResource: "schemas-\(version)", withExtension: "txt", subdirectory: "Golden"),
      "no schemas are recorded for libtorch \(version); Scripts/golden/torch_schemas.py makes them")
    var schemas: [Name: String] = [:]
    for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
      let title = line.prefix { $0 != "(" }.dropFirst("aten::".count).split(separator: ".")
      schemas[Name(name: String(title[0]), overload: title.count > 1 ? String(title[1]) : "")] =
        String(line)
    }
    return schemas
  }

  @Test func schemasAreTheRecordedOnes() throws {
    let names = try Self.namedInSources()
    let recorded = try Self.recorded()
    #expect(names.count > 150)
    for name in names {
      let schema = try Operator(named: "aten::\(name.name)", overload: name.overload).schema
      #expect(schema == recorded[name], "\(name.name).\(name.overload)")
    }
    #expect(
      Set(recorded.keys).subtracting(names).map(\.name) == [], "recorded, but not called any more")
  }

  @Test func allNamesAreListed() throws {
    let names = Set(try Operator.allNames())
    #expect(names.count > 2000)
    #expect(names.contains("aten::add.Tensor"))
    #expect(names.contains("aten::relu"))
  }
}
