import ClassicalML
import Formats
import Foundation
import Parallel
import Recipes
import Reports
import TextMining
import Tracking

/// 泰迪杯赛前培训之数据挖掘与建模“慢谈”: naive Bayes, hidden Markov models, logistic regression and combined
/// models on one data set, each shown as the generalization of the one before.
///
/// The task is to say of every character whether it begins, continues, ends or is a word. The article only
/// names the models; the chain between them is a reconstruction.
public enum DataMiningArticle: Article {
  public static let card = RecipeCard(
    name: "data-mining", title: "泰迪杯赛前培训之数据挖掘与建模“慢谈”",
    summary:
      "Tags characters by naive Bayes, a hidden Markov model, logistic regression and mixtures, and checks "
      + "that each contains the one before.",
    date: "2017-03-14", archive: 4271, needsTorch: false,
    data: "generated sentences of known words",
    ownData: "a text whose words are separated by spaces", duration: "5 s")

  public struct Settings: RecipeSettings {
    @Knob("generated sentences", in: 100...1_000_000) var sentences = 1500
    @Knob("characters, at most, that models without a chain learn from", in: 100...10_000_000)
    var characters = 8000

    public init() {}
  }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    let lines: [String]
    if let own = run.options.data {
      let bytes = try ByteSource(path: own, isText: true).readAll()
      lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    } else {
      lines = generated(run.settings.sentences, seed: run.seed)
    }
    let data = TaggedText(lines, limit: run.settings.characters)
    return [try ModelChainFinding(data, run)]
  }

  /// Words drawn by their weights, none twice in a row.
  static func generated(_ count: Int, seed: UInt64) -> [String] {
    var random = RandomStream(seed: seed, stream: 0x646D)
    let words = ExampleCorpora.syntheticVocabulary
    let total = words.reduce(0) { $0 + $1.weight }
    return (0..<count).map { _ in
      var line: [String] = []
      while line.count < 8 {
        var place = random.below(total)
        let word = words.first { word in
          place -= word.weight
          return place < 0
        }
        if let word, word.word != line.last { line.append(word.word) }
      }
      return line.joined(separator: " ")
    }
  }
}

/// Lines divided into four fifths to learn from and one to be judged by, as sequences and as rows of a
/// table: the character, the one before, the one behind.
struct TaggedText {
  private(set) var training = TaggedSequences()
  private(set) var test = TaggedSequences()
  let trainingRows: Examples
  let testRows: Examples

  init(_ lines: [String], limit: Int) {
    for (number, line) in lines.enumerated() {
      let (scalars, tags) = WordTags.read(line)
      guard !scalars.isEmpty else { continue }
      let symbols = scalars.map { Int32(bitPattern: $0) }
      if number % 5 == 0 {
        test.append(symbols, tags: tags)
      } else {
        training.append(symbols, tags: tags)
      }
    }
    let known = Set(training.symbols).sorted()
    trainingRows = Self.rows(training, known, limit: limit)
    testRows = Self.rows(test, known, limit: .max)
  }

  private static func rows(
    _ sequences: TaggedSequences, _ known: [Int32], limit: Int
  ) -> Examples {
    let places = Dictionary(uniqueKeysWithValues: known.enumerated().map { ($1, Int32($0)) })
    var columns: [[Int32]] = [[], [], []]
    for sequence in 0..<sequences.count where columns[0].count < limit {
      let range = sequences.starts[sequence]..<sequences.starts[sequence + 1]
      for place in range {
        for (column, neighbor) in [0, -1, 1].enumerated() {
          let other = place + neighbor
          columns[column].append(
            range.contains(other) ? places[sequences.symbols[other]] ?? -1 : -1)
        }
      }
    }
    let names = known.map { String(Unicode.Scalar(UInt32(bitPattern: $0)) ?? "?") }
    let schema = Schema(
      columns: ["character", "before", "behind"].map { Schema.Column($0, .category(names)) },
      label: "tag", labelPlace: 3, classes: WordTags.names)
    return Examples(
      schema: schema, frame: Frame(columns.map { .categories($0) }),
      targets: .classes(
        Array(sequences.tags.prefix(columns[0].count)), count: WordTags.names.count))
  }
}

extension Examples {
  /// The first column alone.
  fileprivate var charactersAlone: Examples {
    Examples(
      schema: Schema(
        columns: [schema.columns[0]], label: schema.label, labelPlace: 1, classes: schema.classes),
      frame: Frame([frame.columns[0]]), targets: targets)
  }
}

/// The models one after the other.
private struct ModelChainFinding: Finding {
  private var accuracies: [(model: String, accuracy: Double, sees: String)] = []
  /// Tags that differ between naive Bayes and a hidden Markov model whose transitions say nothing.
  private let differing: Int
  private let bayesLoss, logisticLoss: Double
  private let bestMember, stacked: Double

  private subscript(_ model: String) -> Double {
    accuracies.first { $0.model == model }?.accuracy ?? .nan
  }

  init(_ data: TaggedText, _ run: Running<DataMiningArticle.Settings>) throws {
    var options = TrainingOptions()
    options.seed = run.seed
    options.threads = 1
    let (alone, aloneTest) = (data.trainingRows.charactersAlone, data.testRows.charactersAlone)

    func trained(_ specification: ModelSpecification, _ examples: Examples) throws -> Predictor {
      try Predictor.fit(specification, examples, options, work: run.work)
    }
    func scores(_ predictor: Predictor, _ examples: Examples) -> ClassificationScores? {
      guard
        case .classes(let scores) = Scores(
          predictor.values(examples.frame), examples.targets, examples.schema)
      else { return nil }
      return scores
    }
    func accuracy(_ predictor: Predictor, _ examples: Examples) -> Double {
      scores(predictor, examples)?.accuracy ?? .nan
    }

    // 1. One character, and how often each tag has it.
    let bayes = try trained(try ModelSpecification(.naiveBayes), alone)
    accuracies.append(("naive Bayes", accuracy(bayes, aloneTest), "the character"))

    // 2. The same along a chain; with a chain that says nothing it is naive Bayes again.
    let chain = HiddenMarkov.fit(data.training, tagNames: WordTags.names)
    let loose = chain.withoutChain(as: data.training)
    var (right, total, differing) = (0, 0, 0)
    for sequence in 0..<data.test.count {
      let range = data.test.starts[sequence]..<data.test.starts[sequence + 1]
      let symbols = data.test.symbols[range]
      right += zip(chain.tags(symbols), data.test.tags[range]).count { $0 == $1 }
      total += symbols.count
      differing += zip(loose.tags(symbols), symbols).count { tag, symbol in
        loose.tags([symbol]) != [tag]
      }
    }
    self.differing = differing
    accuracies.append(
      ("hidden Markov", Double(right) / Double(max(1, total)), "the character and the tag before"))

    // 3. The linear score of naive Bayes, its weights chosen to be right; then with more columns.
    let logistic = try trained(try ModelSpecification(.softmax, ["C": 100]), alone)
    accuracies.append(("softmax", accuracy(logistic, aloneTest), "the character"))
    bayesLoss = scores(bayes, alone)?.logLoss ?? .nan
    logisticLoss = scores(logistic, alone)?.logLoss ?? .nan
    let wide = try ModelSpecification(.softmax, ["C": 10])
    let wideBayes = try ModelSpecification(.naiveBayes)
    let tree = try ModelSpecification(.forest, ["trees": 20])
    accuracies.append(
      (
        "naive Bayes, window", accuracy(try trained(wideBayes, data.trainingRows), data.testRows),
        "three characters"
      ))
    accuracies.append(
      (
        "softmax, window", accuracy(try trained(wide, data.trainingRows), data.testRows),
        "three characters"
      ))

    // 4. Sums of such scores.
    accuracies.append(
      ("forest", accuracy(try trained(tree, data.trainingRows), data.testRows), "three characters"))
    let members = [wideBayes, wide, tree]
    for (name, kind) in [("average", ModelKind.average), ("stacking", .stacking)] {
      let model = try trained(try ModelSpecification(kind, members: members), data.trainingRows)
      accuracies.append((name, accuracy(model, data.testRows), "three models"))
    }
    bestMember =
      accuracies.filter { $0.model.hasSuffix("window") || $0.model == "forest" }
      .map(\.accuracy).max() ?? .nan
    stacked = accuracies.last?.accuracy ?? .nan

    // 5. Sums whose members are learnt with their weights, where libtorch is there to do it.
    if NetworkTraining.isAvailable {
      options.networkTrainer = NetworkTraining.trainer
      let network = try trained(
        try ModelSpecification(.network, ["passes": 5]), data.trainingRows)
      accuracies.append(("network", accuracy(network, data.testRows), "three characters"))
    }
  }

  var claims: [Claim] {
    [
      Claim(
        id: "chain-contains-bayes",
        statement: "tags of a hidden Markov model without a chain that are not naive Bayes's",
        measured: Double(differing), equals: 0, within: 0),
      Claim(
        id: "chain-helps", statement: "accuracy of the hidden Markov model less naive Bayes's",
        measured: self["hidden Markov"] - self["naive Bayes"], atLeast: 0.01),
      Claim(
        id: "softmax-fits-better",
        statement:
          "log loss of naive Bayes less softmax regression's, on the rows both learnt from",
        measured: bayesLoss - logisticLoss, atLeast: 0),
      Claim(
        id: "window-helps",
        statement: "accuracy of softmax regression on three characters less on one",
        measured: self["softmax, window"] - self["softmax"], atLeast: 0.01),
      Claim(
        id: "mixture", statement: "accuracy of stacking less its best member's",
        measured: stacked - bestMember, atLeast: -0.01),
    ]
  }

  var metrics: [String: Double] {
    Dictionary(
      uniqueKeysWithValues: accuracies.map {
        ("accuracy/" + $0.model.replacingOccurrences(of: ", ", with: "-"), $0.accuracy)
      })
  }

  var section: Report.Section? {
    Report.Section(
      "The chain",
      [
        .table(
          Report.Table(
            columns: ["model", "sees", "accuracy"],
            rows: accuracies.map { [.text($0.model), .text($0.sees), .number($0.accuracy)] })),
        .text(
          "Naive Bayes adds up logarithms of frequencies: a linear score. A hidden Markov model adds that of "
            + "the tag before. Logistic regression keeps the linear score and chooses its weights so that the "
            + "tags come out right, which lets in columns that depend on each other. Mixtures add such scores "
            + "with weights of their own, as a network's layer does; a network learns its members too (a row of "
            + "the table where libtorch is set up)."),
      ])
  }
}
