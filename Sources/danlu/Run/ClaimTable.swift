import Tracking

/// The claims of a run as people read them.
enum ClaimTable {
  static func show(_ summary: RunSummary) {
    Console.output("")
    for claim in summary.claims {
      Console.output("\(claim.holds ? "✓" : "✗") \(claim.statement)")
      Console.output("    expected \(claim.expected), measured \(claim.measuredText)")
    }
    let holding = summary.claims.count { $0.holds }
    Console.output("")
    Console.output("\(holding) of \(summary.claims.count) claims hold.  \(summary.run)/report.html")
  }
}
