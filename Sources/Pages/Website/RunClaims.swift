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
      hash.add(name)
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
      "\(claims.count) 条命题，\(holding) 条成立", "\(holding) of \(claims.count) claims hold")
  }

  /// The table, as reports have it.
  func table(_ language: PageLanguage) -> String {
    let (expected, measured) = (language("预期", "Expected"), language("实测", "Measured"))
    let rows = claims.map { claim in
      """
      <tr><td class="verdict"><span class="chip \(claim.holds ? "holds" : "fails")">\
      \(claim.holds ? language("成立", "holds") : language("不成立", "fails"))</span></td>\
      <td class="statement" lang="en">\(HTMLText.escaped(claim.statement))\
      <code>\(HTMLText.escaped(claim.id))</code></td>\
      <td class="figure" data-label="\(expected)">\(HTMLText.escaped(claim.expected))</td>\
      <td class="figure" data-label="\(measured)">\(HTMLText.escaped(claim.measuredText))</td></tr>
      """
    }
    return """
      <div class="scroll" tabindex="0"><table class="claims">
      <thead><tr><th><span class="visually-hidden">\(language("结论", "Verdict"))</span></th>\
      <th>\(language("命题", "Claim"))</th><th class="figure">\(expected)</th>\
      <th class="figure">\(measured)</th></tr></thead>
      <tbody>\(rows.joined(separator: "\n"))</tbody></table></div>
      """
  }
}
