import Formats
import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: hasBinary, binaryReason), .serialized) struct UsageTests {
  static let commands = [
    [], ["doctor"], ["recipes"], ["run"], ["sql"], ["verify"], ["communities"], ["words"],
    ["words", "discover"], ["words", "segment"], ["words", "score"], ["words", "domain"],
    ["words", "count"], ["words", "templates"], ["vectors"], ["vectors", "train"],
    ["vectors", "similar"], ["vectors", "analogy"], ["vectors", "evaluate"],
    ["vectors", "cluster"], ["vectors", "infer"],
  ]

  @Test(arguments: commands) func helpShowsExamplesAndNeedsNoLibtorch(_ command: [String]) throws {
    var help = Command(command + ["--help"])
    help.environment = ["DANLU_TORCH": "/nowhere"]
    let outcome = try help.run()
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    let name = (["danlu"] + command).joined(separator: " ")
    #expect(outcome.output.contains("USAGE: \(name)"))
    let discussion = outcome.output.split(separator: "USAGE:")[0]
    #expect(discussion.contains("\n  \(name)") || discussion.contains(" \(name) "), "no example")
    #expect(command.count != 1 || outcome.output.contains("-h, --help"))
  }

  @Test func theVersionIsTold() throws {
    let outcome = try succeed("--version")
    #expect(outcome.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
  }

  @Test func wrongUsageIsStatus2AndExplained() throws {
    try expectUsage("run", says: "a recipe's name is missing; 'danlu recipes' lists them")
    try expectUsage("run", "det-epx", says: "there is no recipe 'det-epx'; did you mean 'det-exp'?")
    try expectUsage("recipes", "smothing", says: "did you mean 'smoothing'?")
    try expectUsage("verify", "det-exp", "dropuot", says: "did you mean 'dropout'?")
    try expectUsage("run", "dropout", "--stpes", "3", says: "Unknown option '--stpes'")
    try expectUsage("rnu", "dropout", says: "rnu")
    try expectUsage(
      "run", "dropout", "--set", "ratee=0.5",
      says: "dropout has no setting 'ratee'; did you mean 'rate'?")
    try expectUsage(
      "run", "dropout", "--set", "rate=often",
      says: "setting rate expects a number between 0 and 1, received 'often'")
    try expectUsage(
      "run", "dropout", "--set", "rate", says: "--set expects key=value, received 'rate'")
    try expectUsage(
      "run", "gan-single-loss", "--steps", "0",
      says:
        "Error: setting steps expects an integer of at least 1, received '0'\nUsage: danlu run [")
    try expectUsage("run", "dropout", "--steps", "3", says: "dropout has no setting 'steps'")
    try expectUsage("run", "dropout", "--batch", "-3", says: "--batch")
    try expectUsage("run", "dropout", "--steps", "many", says: "many")
    try expectUsage("run", "dropout", "--precision", "fp8", says: "one of auto, fp32, bf16")
    try expectUsage(
      "run", "--resume", "x", "--seed", "3", "--set", "rate=0.5",
      says: "--seed, --set cannot be changed")
  }

  @Test func recipesAreListedAsTextAndJSON() throws {
    let text = try succeed("recipes")
    #expect(text.output.contains("det-exp") && text.errors.isEmpty)
    let list = try #require(try succeed("recipes", "--json").json().arrayValue)
    let names = list.compactMap { $0["name"]?.stringValue }
    #expect(names.contains("dropout") && Set(names).count == names.count)
    let heads = text.output.split(separator: "\n").filter { !$0.hasPrefix(" ") }
    #expect(heads.map { String($0.prefix { $0 != " " }) } == names)
    let tails = text.output.split(separator: "\n").filter { $0.hasPrefix(" ") }
    #expect(tails.allSatisfy { $0.count <= 80 })
    let one = try succeed("recipes", "dropout")
    #expect(
      one.output.contains("rate=0.6") && one.output.contains("https://kexue.fm/archives/4521"))
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "no /dev/full here"))
  func anAnswerThatCannotBeWrittenIsAFailure() throws {
    for arguments in [["recipes", "--json"], ["recipes"], ["doctor", "--json"]] {
      var command = Command(arguments)
      command.redirection = "> /dev/full"
      let outcome = try command.run()
      #expect(outcome.status == 1, "\(arguments)")
      #expect(
        outcome.lastError == "danlu: standard output: cannot write: No space left on device")
    }
  }

  @Test func doctorSaysWhatIsThereAndWhatIsMissing() throws {
    let outcome = try Command("doctor", "--json").run()
    let answer = try outcome.json()
    let checks = try #require(answer["checks"]?.arrayValue)
    let names = Set(checks.compactMap { $0["name"]?.stringValue })
    #expect(
      names.isSuperset(of: [
        "Swift", "C++ compiler", "Python's pip", "Processor", "libtorch", "Disk",
      ]))
    let missing = checks.filter { $0["status"]?.stringValue == "missing" }
    #expect(answer["ok"]?.boolValue == missing.isEmpty)
    #expect(outcome.status == (missing.isEmpty ? 0 : 1))
    for check in missing { #expect(check["remedy"]?.stringValue?.isEmpty == false) }
    #expect(missing.isEmpty == hasTorch)
  }

  @Test func doctorNamesALibtorchThatIsNotThere() throws {
    var command = Command("doctor")
    command.environment = ["DANLU_TORCH": "/nowhere", "DANLU_CACHE": "/nowhere"]
    let outcome = try command.run()
    #expect(outcome.status == 1 && outcome.output.contains("✗ libtorch"))
    #expect(outcome.output.contains("/nowhere") && outcome.output.contains("→ make setup"))
  }
}

@Suite(.enabled(if: hasBinary, binaryReason), .serialized) struct PlainRecipeTests {
  @Test func theFirstExampleRunsWithoutLibtorchAndEveryClaimHolds() throws {
    try withTemporaryFolder { folder in
      var command = Command("run", "infomap", "--out", folder + "/run", "--json")
      command.environment = ["DANLU_TORCH": "/nowhere"]
      let outcome = try command.run()
      #expect(outcome.status == 0, "\(outcome.errors)")
      let claims = try #require(outcome.json()["claims"]?.arrayValue)
      #expect(claims.count >= 10)
      for claim in claims {
        #expect(claim["holds"]?.boolValue == true, "\(claim["statement"]?.stringValue ?? "")")
      }
      let report = try text(folder + "/run/report.html")
      #expect(report.contains("<svg") && report.contains("</html>"))
    }
  }
}
