import Formats
import Foundation
import Parallel
import Recipes
import Reports
import Tracking
import WordVectors

/// JoSE：球面上的词向量和句向量: words, contexts and documents as unit vectors trained together, the
/// gradient step on the sphere, and the clustering of documents.
public enum Jose: Recipe {
  public static let card = RecipeCard(
    name: "jose", title: "JoSE：球面上的词向量和句向量",
    summary:
      "Trains unit vectors of words and documents, checks the step on the sphere, and clusters the "
      + "documents by cosine, against means of skip-gram vectors.",
    date: "2019-11-11", archive: 7063, needsTorch: false,
    data: "generated documents of four topics; --data: the folder of 20news-bydate-*.jsonl.gz",
    duration: "3 s",
    settings: [
      Setting(
        "method", .text("jose"), choices: ["jose", "jose-joint"],
        help: "jose: as its program trains it; jose-joint: as its paper states it"),
      Setting("dimension", .integer(50), help: "length of the vectors"),
      Setting("window", .integer(5), help: "widest window"),
      Setting("epochs", .integer(5), help: "passes over the text"),
      Setting("threads", .integer(1), help: "1 gives the same numbers for the same seed"),
    ])

  public static func run(_ context: RecipeContext) throws -> RecipeResult {
    let data = try context.options.data.map(JoseDocuments.newsgroups) ?? .topics()
    let check = try SphericalMeasurements.checkSteps(
      samples: 200, dimension: context.settings.integer("dimension"), seed: context.seed)
    let (vocabulary, corpus) = try data.encoded()
    func train(_ method: VectorOptions.Method) throws -> VectorModel {
      let trainer = try VectorTrainer(
        corpus: corpus, vocabulary: vocabulary, options: options(method, context))
      try trainer.train(progress: context.progress, cancellation: context.cancellation)
      return trainer.embedding()
    }
    let method =
      VectorOptions.Method(rawValue: context.settings.text("method")) ?? .spherical
    let spherical = try train(method)
    guard let documents = spherical.documents else {
      throw RecipeError("\(method.rawValue) trained no document vectors")
    }
    let means = try meanVectors(train(.skipGram).words, corpus)
    let scores = try JoseScores(documents, data, context)
    let meanScores = try JoseScores(means, data, context)

    var claims = [
      Claim(
        id: "norms", statement: "word, context and document vectors have norm 1: largest error",
        measured: [spherical.words, spherical.contexts, documents]
          .map(SphericalMeasurements.largestNormError).max() ?? .nan, atMost: 1e-5),
      Claim(
        id: "tangent", statement: "the direction (I − xxᵀ)g is orthogonal to x: largest |cosine|",
        measured: check.tangency, atMost: 1e-12),
      Claim(
        id: "parametrization",
        statement:
          "it is ‖θ‖ times the gradient of an unconstrained θ with x = θ/‖θ‖: largest difference",
        measured: check.parametrization, atMost: 1e-6),
      Claim(
        id: "closed-form",
        statement: "one fused step equals the step by its definition: largest difference",
        measured: check.closedForm, atMost: 1e-5),
      Claim(
        id: "beats-means",
        statement: "documents cluster no worse than means of skip-gram vectors: difference in NMI",
        measured: scores.agreement.normalizedMutualInformation
          - meanScores.agreement.normalizedMutualInformation, atLeast: 0),
    ]
    claims += data.claims(scores, words: spherical.words)
    return RecipeResult(
      steps: corpus.tokenCount * context.settings.integer("epochs"),
      metrics: [
        "nmi/jose": scores.agreement.normalizedMutualInformation,
        "nmi/means": meanScores.agreement.normalizedMutualInformation,
        "purity/jose": scores.agreement.purity,
      ],
      claims: claims,
      sections: [
        JoseScores.section([("document vectors", scores), ("means of words", meanScores)]),
        cosines(documents, data),
      ])
  }

  private static func options(
    _ method: VectorOptions.Method, _ context: RecipeContext
  ) -> VectorOptions {
    var options = VectorOptions.defaults(for: method)
    options.dimension = context.settings.integer("dimension")
    options.window = context.settings.integer("window")
    options.epochs = context.settings.integer("epochs")
    options.threads = context.settings.integer("threads")
    options.seed = context.seed
    return options
  }

  /// Each document as the mean of its words' vectors.
  private static func meanVectors(_ words: VectorTable, _ corpus: EncodedCorpus) -> VectorTable {
    let dimension = words.dimension
    var matrix = [Float](repeating: 0, count: corpus.documentCount * dimension)
    for document in 0..<corpus.documentCount {
      let tokens = corpus.document(document)
      let share = 1 / Float(max(1, tokens.count))
      for token in tokens {
        for (k, value) in words[Int(token)].enumerated() {
          matrix[document * dimension + k] += value * share
        }
      }
    }
    return VectorTable(
      words: (0..<corpus.documentCount).map(String.init), dimension: dimension, matrix: matrix)
  }

  /// Cosines of random pairs of documents, of one class and of two.
  private static func cosines(_ documents: VectorTable, _ data: JoseDocuments) -> Report.Section {
    var random = RandomStream(seed: 1)
    var same: [Double] = []
    var other: [Double] = []
    while same.count < 1000 || other.count < 1000 {
      let first = random.below(documents.count)
      let second = random.below(documents.count)
      guard first != second else { continue }
      let cosine = Double(documents.cosine(first, second))
      if data.classes[first] == data.classes[second] {
        if same.count < 1000 { same.append(cosine) }
      } else if other.count < 1000 {
        other.append(cosine)
      }
    }
    return Report.Section(
      "Cosines of documents",
      [
        .chart(
          Chart.histogram(
            "random pairs",
            [(name: "one class", values: same), (name: "two classes", values: other)],
            x: Axis("cosine")))
      ])
  }
}

/// How well document vectors tell classes apart.
struct JoseScores {
  let agreement: ClusterAgreement
  let gap: SphericalMeasurements.Gap
  let neighborAccuracy: Double

  init(_ vectors: VectorTable, _ data: JoseDocuments, _ context: RecipeContext) throws {
    var means = SphericalKMeans(k: data.classCount)
    means.trials = 3
    means.seed = context.seed
    means.threads = context.settings.integer("threads")
    let clusters = try means.cluster(
      vectors, progress: context.progress, cancellation: context.cancellation)
    agreement = ClusterAgreement(clusters: clusters.assignments, classes: data.classes)
    gap = SphericalMeasurements.gap(vectors, classes: data.classes)
    neighborAccuracy = try SphericalMeasurements.neighborAccuracy(vectors, classes: data.classes)
  }

  static func section(_ scores: [(name: String, scores: JoseScores)]) -> Report.Section {
    let rows: [[Report.Table.Cell]] = scores.map { name, scores in
      [
        .text(name), .number(scores.agreement.mutualInformation),
        .number(scores.agreement.normalizedMutualInformation),
        .number(scores.agreement.adjustedRandIndex), .number(scores.agreement.purity),
        .number(scores.neighborAccuracy), .number(scores.gap.difference),
      ]
    }
    let table = Report.Table(
      columns: ["vectors", "MI (nats)", "NMI", "ARI", "purity", "nearest of class", "cosine gap"],
      rows: rows, caption: "Spherical k-means with the true number of classes, best of 3 trials.")
    return Report.Section("Clustering of documents", [.table(table)])
  }
}

/// Documents with known classes.
struct JoseDocuments {
  let documents: [[String]]
  let classes: [Int]
  let isGenerated: Bool

  var classCount: Int { (classes.max() ?? 0) + 1 }

  static func topics() -> JoseDocuments {
    let corpus = TopicCorpus()
    return JoseDocuments(documents: corpus.documents, classes: corpus.topics, isGenerated: true)
  }

  /// Reads every `20news-bydate-*.jsonl.gz` of a folder (or of its `20newsgroups`): subject and body
  /// in lower case, runs of letters and digits as words; headers are not in the files.
  static func newsgroups(_ folder: String) throws -> JoseDocuments {
    let names = [folder, folder + "/20newsgroups"].flatMap { folder in
      ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
        .filter { $0.hasPrefix("20news") && $0.contains(".jsonl") }
        .map { folder + "/" + $0 }
    }
    guard !names.isEmpty else {
      throw RecipeError(
        "\(folder) has no 20news-bydate-*.jsonl.gz (JSON lines: group, subject, body)")
    }
    var documents: [[String]] = []
    var classes: [Int] = []
    var numbers: [String: Int] = [:]
    for name in names.sorted() {
      let lines = try ByteSource(path: name).readAll().split(separator: 0x0A)
      for (index, line) in lines.enumerated() {
        guard let record = try? JSONValue(parsing: Array(line)),
          let group = record["group"]?.stringValue, let body = record["body"]?.stringValue
        else {
          throw RecipeError("\(name): line \(index + 1) is not a JSON object with group and body")
        }
        let text = (record["subject"]?.stringValue ?? "") + " " + body
        documents.append(words(of: text))
        classes.append(numbers[group, default: numbers.count])
        numbers[group] = classes[classes.count - 1]
      }
    }
    // The files are sorted by group, and words drift during training: documents trained one after the
    // other would become alike whatever they say.
    var random = RandomStream(seed: 1)
    let order = documents.indices.shuffled(using: &random)
    return JoseDocuments(
      documents: order.map { documents[$0] }, classes: order.map { classes[$0] },
      isGenerated: false)
  }

  private static func words(of text: String) -> [String] {
    text.utf8.split { byte in
      !(byte >= 0x61 && byte <= 0x7A || byte >= 0x41 && byte <= 0x5A
        || byte >= 0x30 && byte <= 0x39)
    }.map { String(decoding: $0, as: UTF8.self).lowercased() }
  }

  func encoded() throws -> (vocabulary: VectorVocabulary, corpus: EncodedCorpus) {
    var encoder = CorpusEncoder()
    for document in documents { try encoder.add(document: document) }
    return try encoder.finish(minimumCount: 5)
  }

  /// What is claimed of these documents' vectors.
  func claims(_ scores: JoseScores, words: VectorTable) -> [Claim] {
    guard isGenerated else {
      return [
        Claim(
          id: "clusters", statement: "clusters of news articles follow their groups: NMI",
          measured: scores.agreement.normalizedMutualInformation, atLeast: 0.4)
      ]
    }
    let wordGap = SphericalMeasurements.gap(
      words, classes: words.words.map(TopicCorpus.topic(of:)))
    return [
      Claim(
        id: "purity", statement: "clusters of documents are their topics: purity",
        measured: scores.agreement.purity, atLeast: 0.99),
      Claim(
        id: "document-gap",
        statement: "documents of one topic are nearer than of two: difference of mean cosines",
        measured: scores.gap.difference, atLeast: 0.4),
      Claim(
        id: "word-gap",
        statement: "words of one topic are nearer than of two: difference of mean cosines",
        measured: wordGap.difference, atLeast: 0.1),
      Claim(
        id: "nearest", statement: "a document's nearest document has its topic: share",
        measured: scores.neighborAccuracy, atLeast: 0.99),
    ]
  }
}
