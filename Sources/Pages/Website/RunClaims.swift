import Formats
import Foundation
import Reports
import Tracking

/// What the newest finished run of a recipe measured.
struct RunClaims: Sendable {
  /// The run folder's name.
  let run: String
  let seconds: Double
  let claims: [Claim]
  let hash: ContentHash

  /// The newest finished run of each recipe among a folder's run folders. Damaged ones are passed over,
  /// as is a folder that is not there.
  static func newest(in folder: String) -> [String: RunClaims] {
    var newest: [String: (time: Double, claims: RunClaims)] = [:]
    for name in (try? Folder.names(in: folder)) ?? [] {
      let run = RunFolder(path: folder + "/" + name)
      var status = stat()
      guard stat(run.claimsPath, &status) == 0, let summary = try? run.summary(),
        !summary.claims.isEmpty
      else { continue }
      let time = modificationTime(status)
      if let other = newest[summary.recipe], other.time >= time { continue }
      var hash = ContentHash()
      hash.add("\(name) \(summary.seconds)")
      for claim in summary.claims {
        hash.add(
          "\(claim.id) \(claim.statement) \(claim.expected) \(claim.measuredText) \(claim.holds)")
      }
      newest[summary.recipe] = (
        time,
        RunClaims(run: name, seconds: summary.seconds, claims: summary.claims, hash: hash)
      )
    }
    return newest.mapValues(\.claims)
  }

  private static func modificationTime(_ status: stat) -> Double {
    #if canImport(Darwin)
      let time = status.st_mtimespec
    #else
      let time = status.st_mtim
    #endif
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// How many hold, in words.
  func verdict(_ language: PageLanguage) -> String {
    let holding = claims.count(where: \.holds)
    return language(
      "\(claims.count) 条论断，\(holding) 条成立", "\(holding) of \(claims.count) claims hold")
  }
}
