import Formats
import Messages

/// A trained model with all that prediction needs: what the columns are, how they are encoded, the weights
/// or trees. One file, read on any machine.
public struct ClassicalModel: Sendable {
  public let schema: Schema
  public let predictor: Predictor
  /// How it was made: `logistic(C=10)`.
  public let specification: String
  /// How many rows it was trained on.
  public let rowCount: Int

  public init(schema: Schema, predictor: Predictor, specification: String, rowCount: Int) {
    self.schema = schema
    self.predictor = predictor
    self.specification = specification
    self.rowCount = rowCount
  }

  static let kind = SectionFile.Kind(code: "cml", version: 1, name: "a model of danlu classify")

  public func write(to path: String) throws {
    var writer = ModelWriter()
    writer.write(specification)
    writer.write(rowCount)
    schema.write(to: &writer)
    predictor.write(to: &writer)
    try writer.write(to: path, kind: Self.kind)
  }

  /// Throws `FileError` for what is no such model, one of another version, one cut short or damaged.
  public init(path: String) throws {
    var reader = try ModelReader(path: path, kind: Self.kind)
    specification = try reader.string()
    rowCount = try reader.count()
    schema = try Schema(from: &reader)
    predictor = try Predictor(from: &reader, schema)
    try reader.checkEnd()
  }
}

extension Schema {
  func write(to writer: inout ModelWriter) {
    writer.write(each: columns) { writer, column in
      writer.write(column.name)
      switch column.kind {
      case .number: writer.write(0)
      case .category(let names):
        writer.write(1)
        writer.write(names)
      case .date: writer.write(2)
      case .text: writer.write(3)
      case .sparse(let width):
        writer.write(4)
        writer.write(width)
      }
    }
    writer.write(label)
    writer.write(labelPlace)
    writer.write(classes)
  }

  init(from reader: inout ModelReader) throws {
    columns = try reader.each { reader in
      let name = try reader.string()
      switch try reader.int() {
      case 0: return Column(name, .number)
      case 1: return Column(name, .category(try reader.strings()))
      case 2: return Column(name, .date)
      case 3: return Column(name, .text)
      case 4: return Column(name, .sparse(width: try reader.count(1 << 31)))
      default: throw reader.damage
      }
    }
    label = try reader.string()
    labelPlace = try reader.count()
    classes = try reader.strings()
  }
}

extension Predictor {
  func write(to writer: inout ModelWriter) {
    switch self {
    case .linear(let encoder, let model):
      writer.write(0)
      encoder.write(to: &writer)
      model.write(to: &writer)
    case .mixedBayes(let encoder, let model):
      writer.write(1)
      encoder.write(to: &writer)
      model.write(to: &writer)
    case .neighbors(let encoder, let model):
      writer.write(2)
      encoder.write(to: &writer)
      model.write(to: &writer)
    case .forest(let encoder, let model):
      writer.write(3)
      encoder.write(to: &writer)
      model.write(to: &writer)
    case .boosted(let encoder, let model):
      writer.write(4)
      encoder.write(to: &writer)
      writer.write(model.text)
    case .average(let members, let weights):
      writer.write(5)
      writer.write(each: members) { $1.write(to: &$0) }
      writer.write(weights)
    case .network(let encoder, let model):
      writer.write(7)
      encoder.write(to: &writer)
      model.write(to: &writer)
    case .calibrated(let model, let calibration):
      writer.write(6)
      model.write(to: &writer)
      calibration.write(to: &writer)
    }
  }

  init(from reader: inout ModelReader, _ schema: Schema) throws {
    let expected = schema.isRegression ? 1 : schema.classes.count
    switch try reader.int() {
    case 0:
      let encoder = try SparseEncoder(from: &reader, schema)
      let model = try LinearModel(from: &reader)
      try reader.check(model.columnCount == encoder.columnCount)
      self = .linear(encoder, model)
    case 1:
      let encoder = try ColumnEncoder(from: &reader, schema)
      let model = try MixedNaiveBayes(from: &reader, encoder)
      self = .mixedBayes(encoder, model)
    case 2:
      let encoder = try SparseEncoder(from: &reader, schema)
      let model = try NearestNeighbors(from: &reader, columnCount: encoder.columnCount)
      self = .neighbors(encoder, model)
    case 7:
      let encoder = try SparseEncoder(from: &reader, schema)
      self = .network(
        encoder,
        try SmallNetwork(
          from: &reader, inputSize: encoder.columnCount, outputSize: expected))
    case 3:
      let encoder = try ColumnEncoder(from: &reader, schema)
      self = .forest(encoder, try Forest(from: &reader, encoder))
    case 4:
      let encoder = try ColumnEncoder(from: &reader, schema)
      let model: BoostedTrees
      do { model = try BoostedTrees(text: try reader.string()) } catch is InputError {
        throw reader.damage
      }
      try reader.check(model.fits(columnCount: encoder.columnCount))
      self = .boosted(encoder, model)
    case 5:
      let members = try reader.each { try Predictor(from: &$0, schema) }
      let weights: [Double] = try reader.array()
      try reader.check(!members.isEmpty && members.count == weights.count)
      self = .average(members, weights: weights)
    case 6:
      let model = try Predictor(from: &reader, schema)
      let calibration = try Calibration(from: &reader)
      try reader.check(calibration.maps.count == model.width)
      self = .calibrated(model, calibration)
    default: throw reader.damage
    }
    try reader.check(width == expected)
  }
}

extension TextFeatures {
  func write(to writer: inout ModelWriter) {
    writer.write(options.splitter.unit.rawValue)
    writer.write(options.splitter.lengths.lowerBound)
    writer.write(options.splitter.lengths.upperBound)
    writer.write(options.minimumTexts)
    writer.write(table.keys)
    writer.write(inverseFrequencies)
    writer.write(words)
  }

  init(from reader: inout ModelReader) throws {
    guard let unit = TextSplitter.Unit(rawValue: try reader.string()) else { throw reader.damage }
    let (low, high) = (try reader.int(), try reader.int())
    try reader.check(low >= 1 && low <= high && high <= 3)
    var options = Options()
    options.splitter = TextSplitter(unit, lengths: low...high)
    options.minimumTexts = try reader.count()
    let keys: [UInt64] = try reader.array()
    let frequencies: [Float] = try reader.array()
    let words = try reader.strings()
    try reader.check(
      keys.count == frequencies.count && words.count == (unit == .words ? keys.count : 0))
    self.init(options: options, keys: keys, inverseFrequencies: frequencies, words: words)
    try reader.check(table.count == count)
  }
}

extension SparseEncoder {
  func write(to writer: inout ModelWriter) {
    writer.write(weighting.rawValue)
    writer.write(each: parts) { writer, part in
      switch part {
      case .standardized(let mean, let deviation, let hasMissing):
        writer.write(0)
        writer.write(mean)
        writer.write(deviation)
        writer.write(hasMissing)
      case .bins(let limits, let hasMissing):
        writer.write(1)
        writer.write(limits)
        writer.write(hasMissing)
      case .date(let mean, let deviation, let hasMissing):
        writer.write(2)
        writer.write(mean)
        writer.write(deviation)
        writer.write(hasMissing)
      case .category(let count, let hasMissing):
        writer.write(3)
        writer.write(count)
        writer.write(hasMissing)
      case .text(let features):
        writer.write(4)
        features.write(to: &writer)
      case .sparse(let width):
        writer.write(5)
        writer.write(width)
      }
    }
  }

  init(from reader: inout ModelReader, _ schema: Schema) throws {
    guard let weighting = TextFeatures.Weighting(rawValue: try reader.string()) else {
      throw reader.damage
    }
    let parts: [Part] = try reader.each { reader in
      switch try reader.int() {
      case 0:
        return .standardized(
          mean: try reader.double(), deviation: try reader.double(), hasMissing: try reader.bool())
      case 1: return .bins(limits: try reader.array(), hasMissing: try reader.bool())
      case 2:
        return .date(
          mean: try reader.double(), deviation: try reader.double(), hasMissing: try reader.bool())
      case 3:
        return .category(count: try reader.count(1 << 31), hasMissing: try reader.bool())
      case 4: return .text(try TextFeatures(from: &reader))
      case 5: return .sparse(width: try reader.count(1 << 31))
      default: throw reader.damage
      }
    }
    try reader.check(parts.count == schema.columns.count)
    for (part, column) in zip(parts, schema.columns) {
      switch (part, column.kind) {
      case (.standardized, .number), (.bins, .number), (.date, .date), (.text, .text): break
      case (.category(let count, _), .category(let names)):
        try reader.check(count == names.count)
      case (.sparse(let width), .sparse(let expected)): try reader.check(width == expected)
      default: throw reader.damage
      }
    }
    self.init(weighting: weighting, parts: parts)
  }
}

extension ColumnEncoder {
  var columnCount: Int { parts.reduce(0) { $0 + $1.width } }

  /// For each column how many categories it has, 0 for numbers.
  var categoryCounts: [Int] {
    parts.flatMap { part in
      if case .category(let count) = part { return [count] }
      return [Int](repeating: 0, count: part.width)
    }
  }

  func write(to writer: inout ModelWriter) {
    writer.write(each: parts) { writer, part in
      switch part {
      case .number: writer.write(0)
      case .date: writer.write(1)
      case .category(let count):
        writer.write(2)
        writer.write(count)
      case .text(let features, let chosen):
        writer.write(3)
        features.write(to: &writer)
        writer.write(chosen)
      case .sparse(let width):
        writer.write(4)
        writer.write(width)
      }
    }
  }

  init(from reader: inout ModelReader, _ schema: Schema) throws {
    parts = try reader.each { reader in
      switch try reader.int() {
      case 0: return .number
      case 1: return .date
      case 2: return .category(count: try reader.count(1 << 31))
      case 3:
        let features = try TextFeatures(from: &reader)
        let chosen: [Int32] = try reader.array()
        try reader.check(chosen.allSatisfy { $0 >= 0 && $0 < features.count })
        return .text(features, chosen: chosen)
      case 4: return .sparse(width: try reader.count(Self.mostSparse))
      default: throw reader.damage
      }
    }
    try reader.check(parts.count == schema.columns.count)
    for (part, column) in zip(parts, schema.columns) {
      switch (part, column.kind) {
      case (.number, .number), (.date, .date), (.text, .text): break
      case (.category(let count), .category(let names)): try reader.check(count == names.count)
      case (.sparse(let width), .sparse(let expected)): try reader.check(width == expected)
      default: throw reader.damage
      }
    }
  }
}

extension LinearModel {
  func write(to writer: inout ModelWriter) {
    writer.write(Int(link.rawValue))
    writer.write(classCount)
    writer.write(weights)
    writer.write(biases)
  }

  init(from reader: inout ModelReader) throws {
    guard let link = Link(rawValue: UInt8(try reader.count(255))) else { throw reader.damage }
    let count = try reader.count(1 << 20)
    let weights: [Float] = try reader.array()
    let biases: [Double] = try reader.array()
    try reader.check(count > 0 && biases.count == count && weights.count % count == 0)
    self.init(link: link, classCount: count, weights: weights, biases: biases)
  }
}

extension MixedNaiveBayes {
  func write(to writer: inout ModelWriter) {
    writer.write(priors)
    writer.write(each: columns) { writer, column in
      switch column {
      case .categories(let count, let logarithms):
        writer.write(0)
        writer.write(count)
        writer.write(logarithms)
      case .bins(let limits, let logarithms):
        writer.write(1)
        writer.write(limits)
        writer.write(logarithms)
      case .normal(let means, let variances):
        writer.write(2)
        writer.write(means)
        writer.write(variances)
      }
    }
  }

  init(from reader: inout ModelReader, _ encoder: ColumnEncoder) throws {
    let priors: [Double] = try reader.array()
    columns = try reader.each { reader in
      switch try reader.int() {
      case 0:
        let count = try reader.count(1 << 31)
        let logarithms: [Float] = try reader.array()
        try reader.check(logarithms.count == count * priors.count)
        return .categories(count: count, logarithms: logarithms)
      case 1:
        let limits: [Double] = try reader.array()
        let logarithms: [Float] = try reader.array()
        try reader.check(logarithms.count == (limits.count + 1) * priors.count)
        return .bins(limits: limits, logarithms: logarithms)
      case 2:
        let (means, variances): ([Double], [Double]) = (try reader.array(), try reader.array())
        try reader.check(means.count == priors.count && variances.count == priors.count)
        return .normal(means: means, variances: variances)
      default: throw reader.damage
      }
    }
    self.priors = priors
    let counts = encoder.categoryCounts
    try reader.check(columns.count == counts.count)
    for (column, expected) in zip(columns, counts) {
      if case .categories(let count, _) = column {
        try reader.check(count == expected)
      } else {
        try reader.check(expected == 0)
      }
    }
  }
}

extension NearestNeighbors {
  func write(to writer: inout ModelWriter) {
    writer.write(neighborCount)
    writer.write(isWeighted)
    writer.write(rows.starts)
    writer.write(rows.columns)
    writer.write(rows.values)
    switch targets {
    case .classes(let classes, let count):
      writer.write(count)
      writer.write(classes)
    case .numbers(let values):
      writer.write(0)
      writer.write(values)
    }
  }

  init(from reader: inout ModelReader, columnCount: Int) throws {
    let neighbors = try reader.count()
    let isWeighted = try reader.bool()
    let starts: [Int] = try reader.array()
    let columns: [Int32] = try reader.array()
    let values: [Float] = try reader.array()
    try reader.check(
      neighbors > 0 && starts.first == 0 && starts.last == columns.count
        && columns.count == values.count && zip(starts, starts.dropFirst()).allSatisfy { $0 <= $1 }
        && columns.allSatisfy { $0 >= 0 && $0 < columnCount })
    let matrix = SparseMatrix(
      columnCount: columnCount, starts: starts, columns: columns, values: values)
    let count = try reader.count(1 << 20)
    let targets: Targets
    if count > 0 {
      let classes: [Int32] = try reader.array()
      try reader.check(classes.allSatisfy { $0 >= 0 && $0 < count })
      targets = .classes(classes, count: count)
    } else {
      targets = .numbers(try reader.array())
    }
    try reader.check(targets.count == matrix.rowCount)
    self.init(matrix, targets, neighborCount: neighbors, isWeighted: isWeighted)
  }
}

extension Forest {
  func write(to writer: inout ModelWriter) {
    writer.write(width)
    writer.write(each: bits) { $0.write($1) }
    writer.write(importances)
    writer.write(each: trees) { writer, tree in
      writer.write(tree.columns)
      writer.write(tree.thresholds.map(\.bitPattern))
      writer.write(tree.isCategory.map { $0 ? UInt8(1) : 0 })
      writer.write(tree.next)
      writer.write(tree.values)
    }
  }

  init(from reader: inout ModelReader, _ encoder: ColumnEncoder) throws {
    let width = try reader.count(1 << 20)
    let counts = encoder.categoryCounts
    let bits: [[UInt8]] = try reader.each { try $0.array() }
    let importances: [Double] = try reader.array()
    try reader.check(
      width > 0 && bits.map(\.count) == counts && importances.count == counts.count
        && bits.allSatisfy { $0.allSatisfy { $0 < 64 } })
    let trees: [DecisionTree] = try reader.each { reader in
      var tree = DecisionTree()
      tree.columns = try reader.array()
      tree.thresholds = try reader.array(UInt64.self).map { Double(bitPattern: $0) }
      tree.isCategory = try reader.array(UInt8.self).map { $0 != 0 }
      tree.next = try reader.array()
      tree.values = try reader.array()
      let count = tree.columns.count
      try reader.check(
        count > 0 && tree.thresholds.count == count && tree.isCategory.count == count
          && tree.next.count == count)
      for node in 0..<count {
        let (column, next) = (Int(tree.columns[node]), Int(tree.next[node]))
        // Children lie behind their parent: no walk goes round.
        try reader.check(
          column < 0
            ? next >= 0 && next + width <= tree.values.count
            : column < counts.count && next > node && next + 1 < count
              && tree.isCategory[node] == (counts[column] > 0))
      }
      return tree
    }
    try reader.check(!trees.isEmpty)
    self.init(trees: trees, width: width, bits: bits, importances: importances)
  }
}

extension Calibration {
  func write(to writer: inout ModelWriter) {
    writer.write(each: maps) { writer, map in
      switch map {
      case .sigmoid(let slope, let offset):
        writer.write(0)
        writer.write(slope)
        writer.write(offset)
      case .steps(let from, let to):
        writer.write(1)
        writer.write(from)
        writer.write(to)
      }
    }
  }

  init(from reader: inout ModelReader) throws {
    maps = try reader.each { reader in
      switch try reader.int() {
      case 0: return .sigmoid(slope: try reader.double(), offset: try reader.double())
      case 1:
        let (from, to): ([Double], [Double]) = (try reader.array(), try reader.array())
        try reader.check(from.count == to.count)
        return .steps(from: from, to: to)
      default: throw reader.damage
      }
    }
  }
}

extension HiddenMarkov {
  static let fileKind = SectionFile.Kind(code: "hmm", version: 1, name: "a hidden Markov model")

  public func write(to path: String) throws {
    var writer = ModelWriter()
    writer.write(tagNames)
    writer.write(starts)
    writer.write(transitions)
    writer.write(emissions)
    writer.write(symbols)
    try writer.write(to: path, kind: Self.fileKind)
  }

  /// Throws `FileError` for what is no such model, one of another version, one cut short or damaged.
  public init(path: String) throws {
    var reader = try ModelReader(path: path, kind: Self.fileKind)
    let names = try reader.strings()
    let starts: [Double] = try reader.array()
    let transitions: [Double] = try reader.array()
    let emissions: [Double] = try reader.array()
    let symbols: [Int32] = try reader.array()
    try reader.checkEnd()
    let count = names.count
    try reader.check(
      1...255 ~= count && starts.count == count && transitions.count == count * count
        && emissions.count == (symbols.count + 1) * count)
    self.init(
      tagNames: names, starts: starts, transitions: transitions, emissions: emissions,
      symbols: symbols)
  }
}
