import Messages
import Parallel

/// What is trained on, what is validated on, and the labels of both.
struct FineTuningData {
  let training: [TextItem]
  let validation: [TextItem]
  /// Sorted; empty for tasks without.
  let labels: [String]
  let allowsNoAnswer: Bool

  init(_ options: FineTuningOptions) throws {
    let task = options.task
    var items = try TextFiles.read(
      options.data, for: task, columns: options.columns, isLabeled: true)
    items = items.filter { !$0.text.allSatisfy(\.isWhitespace) }
    guard !items.isEmpty else { throw InputError("\(options.data) holds empty texts only") }
    if task == .extract {
      items = items.filter { $0.answers != nil }
      guard items.contains(where: { $0.answerStart != nil }) else {
        throw InputError("\(options.data): no passage holds an answer to its question")
      }
    }
    if let path = options.validation {
      validation = try TextFiles.read(path, for: task, columns: options.columns, isLabeled: true)
      training = items
    } else {
      (training, validation) = Self.split(items, share: options.validationShare, seed: options.seed)
    }
    guard !training.isEmpty else {
      throw InputError("\(options.data) holds too few examples to train on and to hold some out")
    }
    if task.hasClasses {
      labels = Self.sorted(Set(training.compactMap(\.label)))
      guard labels.count > 1 else {
        throw InputError(
          "all \(training.count) texts of \(options.data) have the label '\(labels.first ?? "")'; a "
            + "classifier needs at least two")
      }
    } else if task.hasEntities {
      labels = Self.sorted(Set(training.flatMap { $0.spans ?? [] }.map(\.label)))
      guard !labels.isEmpty else {
        throw InputError("none of the \(training.count) texts of \(options.data) has an entity")
      }
    } else {
      labels = []
    }
    allowsNoAnswer = task == .extract && training.contains { $0.answers?.isEmpty == true }
    let unknown = Set(
      validation.compactMap(\.label) + validation.flatMap { $0.spans ?? [] }.map(\.label)
    ).subtracting(labels)
    guard unknown.isEmpty || labels.isEmpty else {
      throw InputError(
        "the validation data have labels that no training example has: "
          + unknown.sorted().prefix(5).joined(separator: ", "))
    }
  }

  /// Numbers in their order, names in theirs.
  private static func sorted(_ labels: Set<String>) -> [String] {
    labels.sorted { one, other in
      if let one = Int(one), let other = Int(other) { return one < other }
      return one < other
    }
  }

  /// Holds out a share, drawn by the seed; items of one text stay on one side, and a label of which there is one
  /// text is trained on.
  static func split(
    _ items: [TextItem], share: Double, seed: UInt64
  ) -> (training: [TextItem], validation: [TextItem]) {
    guard share > 0 else { return (items, []) }
    var groups: [[Int]] = []
    var places: [String: Int] = [:]
    for (index, item) in items.enumerated() {
      if let place = places[item.text] {
        groups[place].append(index)
      } else {
        places[item.text] = groups.count
        groups.append([index])
      }
    }
    var random = RandomStream(seed: seed, stream: 0x73_706c_6974)
    for last in stride(from: groups.count - 1, to: 0, by: -1) {
      groups.swapAt(last, random.below(last + 1))
    }
    let wanted = Int((share * Double(items.count)).rounded())
    var left: [String: Int] = [:]
    func labels(_ index: Int) -> Set<String> {
      Set((items[index].label.map { [$0] } ?? []) + (items[index].spans ?? []).map(\.label))
    }
    for index in items.indices { for label in labels(index) { left[label, default: 0] += 1 } }
    var held: Set<Int> = []
    for group in groups where held.count + group.count <= wanted {
      let taken = group.reduce(into: [String: Int]()) { counts, index in
        for label in labels(index) { counts[label, default: 0] += 1 }
      }
      guard taken.allSatisfy({ left[$0.key, default: 0] > $0.value }) else { continue }
      for (label, count) in taken { left[label, default: 0] -= count }
      held.formUnion(group)
    }
    return (
      items.indices.filter { !held.contains($0) }.map { items[$0] },
      items.indices.filter(held.contains).map { items[$0] }
    )
  }
}
