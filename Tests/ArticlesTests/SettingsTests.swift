import Formats
import TestSupport
import Testing

@testable import Articles
@testable import Recipes

@Suite struct SettingsTests {
  enum Loss: String, CaseIterable, KnobValue {
    case hinge
    case standard = "sgan"
  }

  struct Toy: RecipeSettings {
    @Knob("how deep") var layers = 3
    @Knob("how fast", in: 0...1) var rate = 0.5
    @Knob("the losses") var loss = Loss.hinge
    @Knob("says more") var verbose = false
    @Knob("λ", in: 0..<1) var generatorWeight = 0.25
    @Knob("pairs", expects: "an even number", where: { $0 % 2 == 0 }) var pairs = 2
    @Knob("count", in: 1...) var count = 1
  }

  func settings(_ pairs: KeyValuePairs<String, String>) throws -> Toy {
    try Toy(pairs.map { ($0.key, $0.value) }, of: "toy")
  }

  func error(_ key: String, _ text: String) -> String {
    message { _ = try settings([key: text]) }
  }

  @Test func defaultsAndValues() throws {
    let standard = Toy()
    #expect(standard.layers == 3 && standard.rate == 0.5 && standard.loss == .hinge)
    let changed = try settings([
      "layers": "5", "rate": "1e-3", "loss": "sgan", "verbose": "true", "layers": "6",
      "generator-weight": "0.5", "generatorWeight": "0.75",
    ])
    #expect(changed.layers == 6 && changed.rate == 0.001 && changed.loss == .standard)
    #expect(changed.verbose && changed.generatorWeight == 0.75)
    #expect(Toy().layers == 3, "settings share nothing")
  }

  @Test func whatIsWrittenReadsBack() throws {
    let changed = try settings(["rate": "0.125", "loss": "sgan", "generator-weight": "0.5"])
    #expect(changed.json["rate"] == .number(0.125) && changed.json["generator-weight"] == 0.5)
    let members = try #require(changed.json.members)
    let again = try Toy(
      members.map { ($0.key, $0.value.stringValue ?? $0.value.text()) }, of: "toy")
    #expect(again.json == changed.json)
  }

  @Test func descriptionsNameKeysDefaultsAndChoices() {
    let described = Toy().descriptions
    #expect(
      described.map(\.key) == [
        "layers", "rate", "loss", "verbose", "generator-weight", "pairs", "count",
      ])
    #expect(described[2].choices == ["hinge", "sgan"] && described[2].valueText == "hinge")
    #expect(described[0].help == "how deep")
  }

  @Test func mistakesAreExplained() {
    #expect(error("layer", "5") == "toy has no setting 'layer'; did you mean 'layers'?")
    #expect(error("rtae", "5") == "toy has no setting 'rtae'; did you mean 'rate'?")
    #expect(
      error("zzzzzzzz", "5")
        == "toy has no setting 'zzzzzzzz'; it has layers, rate, loss, verbose, generator-weight, "
        + "pairs, count")
    #expect(error("layers", "2.5") == "setting layers expects an integer, received '2.5'")
    #expect(error("layers", "") == "setting layers expects an integer, received ''")
    #expect(error("rate", "nan") == "setting rate expects a number from 0.0 to 1.0, received 'nan'")
    #expect(error("rate", "1.5") == "setting rate expects a number from 0.0 to 1.0, received '1.5'")
    #expect(error("verbose", "maybe") == "setting verbose expects true or false, received 'maybe'")
    #expect(error("loss", "wgan") == "setting loss expects one of hinge, sgan, received 'wgan'")
    #expect(error("pairs", "3") == "setting pairs expects an even number, received '3'")
    #expect(error("count", "0") == "setting count expects an integer of at least 1, received '0'")
    #expect(error("", "5").hasPrefix("toy has no setting ''"))
    #expect(
      message { _ = try NoSettings([("steps", "3")], of: "toy") }
        == "toy has no setting 'steps'; it has none")
  }
}
