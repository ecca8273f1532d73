import Memory
import Messages

/// The grams of texts as columns, learnt from a training set.
///
/// Weights as scikit-learn's `TfidfVectorizer(sublinear_tf=True)`: (1 + ln count) · idf with
/// idf = ln((1 + n) / (1 + documents with the gram)) + 1, rows of length 1.
public struct TextFeatures: Sendable {
  public enum Weighting: String, Sendable, CaseIterable { case counts, presence, tfidf }

  public struct Options: Sendable, Equatable {
    public var splitter = TextSplitter()
    /// Grams of fewer texts are left out.
    public var minimumTexts = 2

    public init() {}
  }

  public let options: Options
  let table: GramTable
  let inverseFrequencies: [Float]
  /// The words of a splitter of words; characters are read off their keys.
  let words: [String]

  public var count: Int { inverseFrequencies.count }

  /// How many look-ups before a key's turn its memory is asked for.
  private static let ahead = 12

  init(options: Options, keys: [UInt64], inverseFrequencies: [Float], words: [String]) {
    self.options = options
    table = GramTable(keys: keys)
    self.inverseFrequencies = inverseFrequencies
    self.words = words
  }

  /// Learns the grams of a column; also returns how often each text has each of them.
  static func learn(
    _ column: TextColumn, _ options: Options
  ) -> (features: TextFeatures, counts: SparseMatrix) {
    let all = GramTable(capacity: 1 << 16)
    let counter = RowCounter(capacity: 1 << 16)
    var starts = [0]
    starts.reserveCapacity(column.count + 1)
    var columns: [Int32] = []
    var values: [Float] = []
    var texts: [Int32] = []
    var words: [String] = []
    let namesWords = options.splitter.unit == .words
    options.splitter.forEachText(of: column) { keys, scratch in
      for index in keys.indices {
        if index &+ Self.ahead < keys.count { all.prefetch(keys[index &+ Self.ahead]) }
        counter.add(all.number(adding: keys[index]))
      }
      if namesWords, all.count > words.count {
        Self.name(options.splitter, scratch, all, &words)
      }
      if texts.count < all.count {
        texts += repeatElement(0, count: all.count - texts.count)
      }
      counter.drain { number, count in
        texts[number] += 1
        columns.append(Int32(truncatingIfNeeded: number))
        values.append(count)
      }
      starts.append(columns.count)
    }
    // Only grams of enough texts stay, in the order in which they first occur.
    let keys = all.keys
    var place = [Int32](repeating: -1, count: keys.count)
    var kept: [Int] = []
    for number in keys.indices where Int(texts[number]) >= options.minimumTexts {
      place[number] = Int32(kept.count)
      kept.append(number)
    }
    var matrix = SparseMatrix(columnCount: kept.count)
    for row in 0..<column.count {
      for index in starts[row]..<starts[row + 1] where place[Int(columns[index])] >= 0 {
        matrix.append(Int(place[Int(columns[index])]), values[index])
      }
      matrix.endRow()
    }
    let total = Double(column.count)
    let features = TextFeatures(
      options: options, keys: kept.map { keys[$0] },
      inverseFrequencies: kept.map {
        Float(Numeric.logarithm((1 + total) / (1 + Double(texts[$0]))) + 1)
      }, words: namesWords ? kept.map { words[$0] } : [])
    return (features, matrix)
  }

  /// Names for the grams of the text that `scratch` holds which have a number but no name.
  private static func name(
    _ splitter: TextSplitter, _ scratch: TextSplitter.Scratch, _ table: GramTable,
    _ words: inout [String]
  ) {
    words += repeatElement("", count: table.count - words.count)
    var copy = scratch
    splitter.forEachRunOfWords(&copy) { key, text in
      let number = table.number(of: key)
      if number >= 0, words[number].isEmpty { words[number] = text }
    }
  }

  /// Rows for new texts; grams that were not learnt are left out.
  func counts(of column: TextColumn) -> SparseMatrix {
    let counter = RowCounter(capacity: count)
    var matrix = SparseMatrix(columnCount: count)
    options.splitter.forEachText(of: column) { keys, _ in
      for index in keys.indices {
        if index &+ Self.ahead < keys.count { table.prefetch(keys[index &+ Self.ahead]) }
        let number = table.number(of: keys[index])
        if number >= 0 { counter.add(number) }
      }
      counter.drain { number, count in matrix.append(number, count) }
      matrix.endRow()
    }
    return matrix
  }

  /// Counts as the weighting wants them, each row of texts scaled to length 1 by TF-IDF.
  func weighted(_ counts: SparseMatrix, _ weighting: Weighting) -> SparseMatrix {
    switch weighting {
    case .counts: return counts
    case .presence:
      return SparseMatrix(
        columnCount: counts.columnCount, starts: counts.starts, columns: counts.columns,
        values: counts.values.map { $0 > 0 ? 1 : 0 })
    case .tfidf:
      var result = SparseMatrix(columnCount: counts.columnCount)
      for row in 0..<counts.rowCount {
        let start = result.values.count
        for index in counts.range(row) {
          let column = Int(counts.columns[index])
          result.append(column, Self.damped(counts.values[index]) * inverseFrequencies[column])
        }
        result.normalize(from: start)
        result.endRow()
      }
      return result
    }
  }

  /// 1 + ln count, looked up where the count is small.
  @inline(__always)
  private static func damped(_ count: Float) -> Float {
    count < 64 ? dampedCounts[Int(count)] : Float(Numeric.logarithm(Double(count))) + 1
  }

  private static let dampedCounts: [Float] =
    [0] + (1..<64).map { Float(Numeric.logarithm(Double($0))) + 1 }

  func name(_ column: Int) -> String {
    options.splitter.unit == .words
      ? words[column] : TextSplitter.characters(of: table.keys[column])
  }

  var names: [String] {
    options.splitter.unit == .words
      ? words : table.keys.map(TextSplitter.characters(of:))
  }
}

/// Counts numbers of one row, then gives them out in the order in which they first came.
private final class RowCounter {
  private var counts: Block<Float>
  private var seen: [Int32] = []

  init(capacity: Int) { counts = Block(zeros: max(1, capacity)) }

  @inline(__always)
  func add(_ number: Int) {
    if number >= counts.count { grow(number) }
    if counts[number] == 0 { seen.append(Int32(truncatingIfNeeded: number)) }
    counts[number] += 1
  }

  private func grow(_ number: Int) {
    let larger = Block<Float>(zeros: max(number + 1, counts.count * 2))
    larger.pointer.update(from: counts.pointer, count: counts.count)
    counts = larger
  }

  @inline(__always)
  func drain(_ body: (Int, Float) -> Void) {
    for number in seen {
      body(Int(number), counts[Int(number)])
      counts[Int(number)] = 0
    }
    seen.removeAll(keepingCapacity: true)
  }
}
