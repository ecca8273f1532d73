import Parallel

/// How trees are grown.
public struct TreeOptions: Sendable, Equatable {
  /// The most questions from the root to a leaf; `nil` for no limit.
  public var depthLimit: Int?
  /// The fewest rows of a leaf, counted by their weights.
  public var leafWeight = 1.0
  /// How many columns are tried at each node; `nil` for all.
  public var triedColumns: Int?

  public init() {}
}

/// Columns as codes: a number's rank among the distinct values of its column, a category's bit.
struct CodedColumns: Sendable {
  struct Column: Sendable {
    let codes: [UInt32]
    let codeCount: Int
    let isCategory: Bool
    /// The distinct numbers, the first one NaN if one is missing.
    let values: [Double]

    /// A number between those of two codes.
    func threshold(_ low: Int, _ high: Int) -> Double {
      if values[low].isNaN { return -.infinity }
      let middle = values[low] + (values[high] - values[low]) / 2
      // Rounding must not reach the upper value.
      return middle < values[high] ? middle : values[low]
    }
  }

  let columns: [Column]

  init(_ prepared: PreparedColumns) {
    columns = prepared.columns.indices.map { index in
      let column = prepared.columns[index]
      if column.categoryCount > 0 {
        return Column(
          codes: (0..<prepared.rowCount).map { UInt32(prepared.bit(index, $0)) }, codeCount: 64,
          isCategory: true, values: [])
      }
      let order = column.values.indices.sorted { first, second in
        let (a, b) = (column.values[first], column.values[second])
        return a.isNaN ? !b.isNaN : a < b
      }
      var codes = [UInt32](repeating: 0, count: column.values.count)
      var values: [Double] = []
      for row in order {
        let value = column.values[row]
        if let last = values.last {
          if !(last == value || last.isNaN && value.isNaN) { values.append(value) }
        } else {
          values.append(value)
        }
        codes[row] = UInt32(values.count - 1)
      }
      return Column(codes: codes, codeCount: values.count, isCategory: false, values: values)
    }
  }
}

/// Grows one tree (CART, Breiman et al. 1984): every node takes the question that makes its parts purest by
/// Gini's measure, or leaves the least squared error. All thresholds are tried; categories are ordered by
/// the mean of the target, which is exact for two classes and for numbers.
struct TreeGrowth {
  private let data: CodedColumns
  private let targets: Targets
  private let options: TreeOptions
  private let width: Int
  private var random: RandomStream
  private var weights: [Double]
  private var rows: [Int32]
  private var tree = DecisionTree()
  /// How much purer each column made the rows it divided.
  private(set) var gains: [Double]
  private var histogram: [Double] = []
  private var keys: [UInt64] = []

  private struct Split {
    var gain = 0.0
    var column = -1
    var threshold = 0.0
    var leftBits: UInt64 = 0
    var isCategory = false
    var code: UInt32 = 0
  }

  /// `weights` of 0 leave a row out.
  init(
    _ data: CodedColumns, _ targets: Targets, weights: [Double], _ options: TreeOptions,
    random: RandomStream
  ) {
    self.data = data
    self.targets = targets
    self.options = options
    self.random = random
    self.weights = weights
    if case .classes(_, let count) = targets { width = count } else { width = 1 }
    rows = weights.indices.filter { weights[$0] > 0 }.map { Int32($0) }
    gains = [Double](repeating: 0, count: data.columns.count)
  }

  mutating func grow() -> DecisionTree {
    tree = DecisionTree()
    append()
    var open: [(node: Int, start: Int, end: Int, depth: Int)] = [(0, 0, rows.count, 0)]
    var order = Array(data.columns.indices)
    while let (node, start, end, depth) = open.popLast() {
      let sums = sums(start, end)
      let weight = sums.total
      guard depth < options.depthLimit ?? .max, end - start > 1, !sums.isPure,
        weight >= 2 * options.leafWeight,
        let split = split(start, end, sums, &order)
      else {
        close(node, sums)
        continue
      }
      gains[split.column] += split.gain
      let middle = partition(start, end, split)
      let left = tree.columns.count
      append()
      append()
      tree.columns[node] = Int32(split.column)
      tree.isCategory[node] = split.isCategory
      tree.thresholds[node] =
        split.isCategory ? Double(bitPattern: split.leftBits) : split.threshold
      tree.next[node] = Int32(left)
      open.append((left + 1, middle, end, depth + 1))
      open.append((left, start, middle, depth + 1))
    }
    return tree
  }

  private mutating func append() {
    tree.columns.append(-1)
    tree.thresholds.append(0)
    tree.isCategory.append(false)
    tree.next.append(0)
  }

  private mutating func close(_ node: Int, _ sums: Sums) {
    tree.next[node] = Int32(tree.values.count)
    for value in sums.values { tree.values.append(Float(value / sums.total)) }
  }

  /// Weights by class; for numbers their weighted sum.
  private struct Sums {
    var values: [Double]
    var total = 0.0
    var isPure = true
    /// Σ weight² / total: what a split must beat.
    var score: Double { values.reduce(0) { $0 + $1 * $1 } / total }
  }

  private func sums(_ start: Int, _ end: Int) -> Sums {
    var sums = Sums(values: [Double](repeating: 0, count: width))
    switch targets {
    case .classes(let classes, _):
      let first = classes[Int(rows[start])]
      for index in start..<end {
        let row = Int(rows[index])
        sums.values[Int(classes[row])] += weights[row]
        sums.total += weights[row]
        if classes[row] != first { sums.isPure = false }
      }
    case .numbers(let values):
      let first = values[Int(rows[start])]
      for index in start..<end {
        let row = Int(rows[index])
        sums.values[0] += weights[row] * values[row]
        sums.total += weights[row]
        if values[row] != first { sums.isPure = false }
      }
    }
    return sums
  }

  /// The best split among the tried columns; goes on beyond them while none divides the rows at all.
  private mutating func split(
    _ start: Int, _ end: Int, _ sums: Sums, _ order: inout [Int]
  ) -> Split? {
    let wanted = min(options.triedColumns ?? order.count, order.count)
    var best = Split()
    best.gain = -.infinity
    let isRandom = wanted < order.count
    for tried in order.indices {
      if tried >= wanted, best.column >= 0 { break }
      if isRandom {
        order.swapAt(tried, tried + random.below(order.count - tried))
      }
      consider(isRandom ? order[tried] : tried, start, end, sums, &best)
    }
    guard best.column >= 0 else { return nil }
    best.gain -= sums.score
    // Numbers whose parts have the same mean gain nothing.
    if case .numbers = targets, best.gain <= 1e-12 * abs(sums.score) { return nil }
    return best
  }

  private mutating func consider(
    _ column: Int, _ start: Int, _ end: Int, _ sums: Sums, _ best: inout Split
  ) {
    let coded = data.columns[column]
    if coded.isCategory {
      considerCategories(column, start, end, sums, &best)
    } else if coded.codeCount <= 2 * (end - start) {
      considerByCounting(column, start, end, sums, &best)
    } else {
      considerBySorting(column, start, end, sums, &best)
    }
  }

  /// Adds the rows up by code: weight, then weight by class or weighted sum.
  private mutating func count(_ column: Int, _ start: Int, _ end: Int) {
    let stride = width + 1
    let codeCount = data.columns[column].codeCount
    let needed = codeCount * stride
    if histogram.count < needed {
      histogram += [Double](repeating: 0, count: needed - histogram.count)
    }
    histogram.withUnsafeMutableBufferPointer { histogram in
      for index in 0..<needed { histogram[index] = 0 }
      data.columns[column].codes.withUnsafeBufferPointer { codes in
        rows.withUnsafeBufferPointer { rows in
          weights.withUnsafeBufferPointer { weights in
            switch targets {
            case .classes(let classes, _):
              classes.withUnsafeBufferPointer { classes in
                for index in start..<end {
                  let row = Int(rows[index])
                  let place = Int(codes[row]) &* stride
                  histogram[place] += weights[row]
                  histogram[place &+ 1 &+ Int(classes[row])] += weights[row]
                }
              }
            case .numbers(let values):
              values.withUnsafeBufferPointer { values in
                for index in start..<end {
                  let row = Int(rows[index])
                  let place = Int(codes[row]) &* stride
                  histogram[place] += weights[row]
                  histogram[place &+ 1] += weights[row] * values[row]
                }
              }
            }
          }
        }
      }
    }
  }

  private mutating func considerByCounting(
    _ column: Int, _ start: Int, _ end: Int, _ sums: Sums, _ best: inout Split
  ) {
    count(column, start, end)
    let stride = width + 1
    var left = [Double](repeating: 0, count: width)
    var leftTotal = 0.0
    var last = -1
    let coded = data.columns[column]
    for code in 0..<coded.codeCount where histogram[code * stride] > 0 {
      if last >= 0 {
        let score = score(left, leftTotal, sums)
        if score > best.gain {
          best = Split(
            gain: score, column: column, threshold: coded.threshold(last, code),
            code: UInt32(last))
        }
      }
      leftTotal += histogram[code * stride]
      for c in 0..<width { left[c] += histogram[code * stride + 1 + c] }
      last = code
    }
  }

  private mutating func considerBySorting(
    _ column: Int, _ start: Int, _ end: Int, _ sums: Sums, _ best: inout Split
  ) {
    let coded = data.columns[column]
    keys.removeAll(keepingCapacity: true)
    for index in start..<end {
      let row = rows[index]
      keys.append(UInt64(coded.codes[Int(row)]) << 32 | UInt64(UInt32(bitPattern: row)))
    }
    keys.sort()
    var left = [Double](repeating: 0, count: width)
    var leftTotal = 0.0
    for index in keys.indices {
      let code = Int(keys[index] >> 32)
      if index > 0, Int(keys[index - 1] >> 32) != code {
        let score = score(left, leftTotal, sums)
        if score > best.gain {
          let last = Int(keys[index - 1] >> 32)
          best = Split(
            gain: score, column: column, threshold: coded.threshold(last, code),
            code: UInt32(last))
        }
      }
      let row = Int(keys[index] & 0xFFFF_FFFF)
      leftTotal += weights[row]
      switch targets {
      case .classes(let classes, _): left[Int(classes[row])] += weights[row]
      case .numbers(let values): left[0] += weights[row] * values[row]
      }
    }
  }

  private mutating func considerCategories(
    _ column: Int, _ start: Int, _ end: Int, _ sums: Sums, _ best: inout Split
  ) {
    count(column, start, end)
    let stride = width + 1
    // By the share of the node's most frequent class, or by the mean.
    let main = sums.values.indices.max { sums.values[$0] < sums.values[$1] } ?? 0
    let present = (0..<64).filter { histogram[$0 * stride] > 0 }
    let order = present.sorted {
      histogram[$0 * stride + 1 + main] / histogram[$0 * stride]
        < histogram[$1 * stride + 1 + main] / histogram[$1 * stride]
    }
    var left = [Double](repeating: 0, count: width)
    var leftTotal = 0.0
    var bits: UInt64 = 0
    for code in order.dropLast() {
      leftTotal += histogram[code * stride]
      for c in 0..<width { left[c] += histogram[code * stride + 1 + c] }
      bits |= 1 << UInt64(code)
      let score = score(left, leftTotal, sums)
      if score > best.gain {
        best = Split(gain: score, column: column, leftBits: bits, isCategory: true)
      }
    }
  }

  /// Σ left²/|left| + Σ right²/|right|; −∞ where a part is too small.
  @inline(__always)
  private func score(_ left: [Double], _ leftTotal: Double, _ sums: Sums) -> Double {
    let rightTotal = sums.total - leftTotal
    guard leftTotal >= options.leafWeight, rightTotal >= options.leafWeight * (1 - 1e-9) else {
      return -.infinity
    }
    var (a, b) = (0.0, 0.0)
    for c in left.indices {
      let right = sums.values[c] - left[c]
      a += left[c] * left[c]
      b += right * right
    }
    return a / leftTotal + b / rightTotal
  }

  /// Brings the rows that go left to the front; returns where the others begin.
  private mutating func partition(_ start: Int, _ end: Int, _ split: Split) -> Int {
    let codes = data.columns[split.column].codes
    var middle = start
    for index in start..<end {
      let code = codes[Int(rows[index])]
      let goesLeft = split.isCategory ? split.leftBits >> UInt64(code) & 1 == 1 : code <= split.code
      if goesLeft {
        rows.swapAt(index, middle)
        middle += 1
      }
    }
    return middle
  }
}
