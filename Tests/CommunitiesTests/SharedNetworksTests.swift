import Foundation
import Testing

@testable import Communities

/// Networks of the shared data folder with the codelengths the reference program reached.
@Suite struct SharedNetworksTests {
  static let folder: URL = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let data = ProcessInfo.processInfo.environment["DANLU_DATA"]
    return (data.map { URL(fileURLWithPath: $0) } ?? root.appending(path: "../shared/data"))
      .appending(path: "networks")
  }()

  static var isThere: Bool { FileManager.default.fileExists(atPath: folder.path) }

  static let names = [
    "cond-mat", "dolphins", "football", "jazz", "karate", "lastfm-friends", "lesmis",
    "lfr-1000-mu10", "lfr-1000-mu30", "lfr-1000-mu50", "netscience", "polbooks",
  ]

  static func isSlow(_ name: String) -> Bool { name == "cond-mat" || name == "lastfm-friends" }

  @Test(.enabled(if: isThere, "needs ../shared/data/networks (or DANLU_DATA)"), arguments: names)
  func atMostTheListedBest(_ name: String) throws {
    let folder = Self.folder.appending(path: name)
    let expected =
      try JSONSerialization.jsonObject(
        with: Data(contentsOf: folder.appending(path: "\(name).expected.json"))) as? [String: Any]
    let plain = folder.appending(path: "\(name).net").path
    let isPacked = !FileManager.default.fileExists(atPath: plain)
    let network = try NetworkReader.read(path: isPacked ? plain + ".gz" : plain)
    var options = InfomapOptions()
    let isThorough = ProcessInfo.processInfo.environment["DANLU_SLOW"] != nil
    options.trials = Self.isSlow(name) && !isThorough ? 5 : 50
    for isTwoLevel in [true, false] {
      options.isTwoLevel = isTwoLevel
      let result = try Infomap.run(network, options: options)
      let listed =
        expected?[isTwoLevel ? "two_level" : "multi_level"] as? [String: Any]
      let best = try #require(listed?["codelength"] as? Double)
      #expect(result.codelength <= best + 1e-6)
      let oneLevel = try #require(expected?["one_level_codelength"] as? Double)
      #expect(abs(result.oneLevelCodelength - oneLevel) < 1e-9)
    }
    // The reference's own partition costs what the reference says.
    let listed = expected?["two_level"] as? [String: Any]
    let clu = folder.appending(path: "\(name).two-level.clu" + (isPacked ? ".gz" : "")).path
    let partition = try PartitionReader.read(path: clu, network: network)
    let evaluated = try Infomap.evaluate(network, partition: partition)
    let best = try #require(listed?["codelength"] as? Double)
    #expect(abs(evaluated.codelength - best) < 1e-9)
  }
}
