import Formats
import Foundation
import Messages
import Parallel
import Recipes
import Reports
import WordVectors

/// JoSE：球面上的词向量和句向量: words, contexts and documents as unit vectors trained together, the
/// gradient step on the sphere, and the clustering of documents.
public enum JoseArticle: Article {
  public static let card = RecipeCard(
    name: "jose", title: "JoSE：球面上的词向量和句向量",
    summary:
      "Trains unit vectors of words and documents, checks the step on the sphere, and clusters the "
      + "documents by cosine, against means of skip-gram vectors.",
    date: "2019-11-11", archive: 7063, needsTorch: false,
    data: "generated documents of four topics",
    ownData: "the folder of 20news-bydate-*.jsonl.gz", duration: "3 s")

  public struct Settings: RecipeSettings {
    @Knob("jose: as its program trains it; jose-joint: as its paper states it")
    var method = Method.jose
    @Knob("length of the vectors", in: 1...) var dimension = 50
    @Knob("widest window", in: 1...) var window = 5
    @Knob("passes over the text", in: 1...) var epochs = 5
    @Knob("1 gives the same numbers for the same seed", in: 1...) var threads = 1

    public init() {}

    func options(_ method: VectorOptions.Method, seed: UInt64) -> VectorOptions {
      var options = VectorOptions(method)
      options.dimension = dimension
      options.window = window
      options.epochs = epochs
      options.threads = threads
      options.seed = seed
      return options
    }
  }

  enum Method: String, CaseIterable, KnobValue {
    case jose
    case joseJoint = "jose-joint"

    var vectors: VectorOptions.Method { self == .jose ? .spherical : .sphericalJoint }
  }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    let data = try run.options.data.map(ClassifiedDocuments.newsgroups) ?? .topics()
    let (vocabulary, corpus) = try data.encoded()
    func train(_ method: VectorOptions.Method) throws -> VectorModel {
      let trainer = try VectorTrainer(
        corpus: corpus, vocabulary: vocabulary,
        options: run.settings.options(method, seed: run.seed))
      try trainer.train(work: run.work)
      return trainer.embedding()
    }
    let spherical = try train(run.settings.method.vectors)
    guard let documents = spherical.documents else {
      throw InputError("\(run.settings.method.rawValue) trained no document vectors")
    }
    let means = try meanVectors(train(.skipGram).words, corpus)
    let clusters = try DocumentClusters(documents: documents, means: means, data, run)
    return [
      try StepOnTheSphere(spherical, documents, run), clusters,
      data.isGenerated
        ? TopicGaps(words: spherical.words, clusters) as any Finding : NewsGroups(clusters),
      DocumentCosines(documents, data),
    ]
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
}

/// The step on the sphere against its definition.
struct StepOnTheSphere: Finding {
  private let normError: Double
  private let check: SphericalMeasurements.StepCheck

  init(
    _ model: VectorModel, _ documents: VectorTable, _ run: Running<JoseArticle.Settings>
  ) throws {
    normError =
      [model.words, model.contexts, documents].map(SphericalMeasurements.largestNormError).max()
      ?? .nan
    check = try SphericalMeasurements.checkSteps(
      samples: 200, dimension: run.settings.dimension, seed: run.seed)
  }

  var claims: [Claim] {
    [
      Claim(
        id: "norms", statement: "word, context and document vectors have norm 1: largest error",
        measured: normError, atMost: 1e-5),
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
    ]
  }
}

/// Documents clustered by their own vectors and by means of their words'.
struct DocumentClusters: Finding {
  let documents: ClusterScores
  let means: ClusterScores

  init(
    documents: VectorTable, means: VectorTable, _ data: ClassifiedDocuments,
    _ run: Running<JoseArticle.Settings>
  ) throws {
    self.documents = try ClusterScores(documents, data, run)
    self.means = try ClusterScores(means, data, run)
  }

  var metrics: [String: Double] {
    [
      "nmi/jose": documents.agreement.normalizedMutualInformation,
      "nmi/means": means.agreement.normalizedMutualInformation,
      "purity/jose": documents.agreement.purity,
    ]
  }

  var claims: [Claim] {
    [
      Claim(
        id: "beats-means",
        statement: "documents cluster no worse than means of skip-gram vectors: difference in NMI",
        measured: documents.agreement.normalizedMutualInformation
          - means.agreement.normalizedMutualInformation, atLeast: 0)
    ]
  }

  var section: Report.Section? {
    let table = Report.Table(
      columns: ["vectors", "MI (nats)", "NMI", "ARI", "purity", "nearest of class", "cosine gap"],
      rows: [documents.row("document vectors"), means.row("means of words")],
      caption: "Spherical k-means with the true number of classes, best of 3 trials.")
    return Report.Section("Clustering of documents", [.table(table)])
  }
}

/// How well document vectors tell classes apart.
struct ClusterScores {
  let agreement: ClusterAgreement
  let gap: SphericalMeasurements.Gap
  let neighborAccuracy: Double

  init(
    _ vectors: VectorTable, _ data: ClassifiedDocuments, _ run: Running<JoseArticle.Settings>
  ) throws {
    var means = SphericalKMeans(k: data.classCount)
    means.trials = 3
    means.seed = run.seed
    means.threads = run.settings.threads
    let clusters = try means.cluster(vectors, work: run.work)
    agreement = ClusterAgreement(clusters: clusters.assignments, classes: data.classes)
    gap = SphericalMeasurements.gap(vectors, classes: data.classes)
    neighborAccuracy = try SphericalMeasurements.neighborAccuracy(vectors, classes: data.classes)
  }

  func row(_ name: String) -> [Report.Table.Cell] {
    [
      .text(name), .number(agreement.mutualInformation),
      .number(agreement.normalizedMutualInformation), .number(agreement.adjustedRandIndex),
      .number(agreement.purity), .number(neighborAccuracy), .number(gap.difference),
    ]
  }
}

/// What must hold of generated topics, which are far apart.
struct TopicGaps: Finding {
  private let scores: ClusterScores
  private let wordGap: SphericalMeasurements.Gap

  init(words: VectorTable, _ clusters: DocumentClusters) {
    scores = clusters.documents
    wordGap = SphericalMeasurements.gap(words, classes: words.words.map(TopicCorpus.topic(of:)))
  }

  var claims: [Claim] {
    [
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

/// What must hold of news articles.
struct NewsGroups: Finding {
  private let scores: ClusterScores

  init(_ clusters: DocumentClusters) { scores = clusters.documents }

  var claims: [Claim] {
    [
      Claim(
        id: "clusters", statement: "clusters of news articles follow their groups: NMI",
        measured: scores.agreement.normalizedMutualInformation, atLeast: 0.4)
    ]
  }
}

/// Cosines of random pairs of documents, of one class and of two.
struct DocumentCosines: Finding {
  private var same: [Double] = []
  private var other: [Double] = []

  init(_ documents: VectorTable, _ data: ClassifiedDocuments) {
    var random = RandomStream(seed: 1)
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
  }

  var section: Report.Section? {
    let chart = Chart.histogram(
      "random pairs", [(name: "one class", values: same), (name: "two classes", values: other)],
      x: Axis("cosine"))
    return Report.Section("Cosines of documents", [.chart(chart)])
  }
}

/// Documents with known classes.
struct ClassifiedDocuments {
  let documents: [[String]]
  let classes: [Int]
  let isGenerated: Bool

  var classCount: Int { (classes.max() ?? 0) + 1 }

  static func topics() -> ClassifiedDocuments {
    let corpus = TopicCorpus()
    return ClassifiedDocuments(
      documents: corpus.documents, classes: corpus.topics, isGenerated: true)
  }

  /// Reads every `20news-bydate-*.jsonl.gz` of a folder (or of its `20newsgroups`): subject and body
  /// in lower case, runs of letters and digits as words; headers are not in the files.
  static func newsgroups(_ folder: String) throws -> ClassifiedDocuments {
    let names = [folder, folder + "/20newsgroups"].flatMap { folder in
      ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
        .filter { $0.hasPrefix("20news") && $0.contains(".jsonl") }
        .map { folder + "/" + $0 }
    }
    guard !names.isEmpty else {
      throw InputError(
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
          throw InputError("\(name): line \(index + 1) is not a JSON object with group and body")
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
    return ClassifiedDocuments(
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
}
