import Datasets
import Messages
import Parallel
import Tokenizers

/// Items as a loader takes them: `tokens` and `segments` of each window, and what is right by the task.
struct TrainingExamples {
  let examples: [Example]
  let lengths: [Int]
  /// Items of which something was cut off, and those in several windows.
  let cutCount: Int
  let windowedCount: Int

  /// - Parameters:
  ///   - labels: In the order of the classes; for `tag` each label has a class for its first token and one for
  ///     others, and class 0 is no entity.
  init(
    _ items: [TextItem], _ windows: TextWindows, labels: [String], threads: Int = defaultThreadCount
  ) throws {
    let numbers = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1, $0) })
    let spanCount = items.reduce(1) { most, item in
      var counts: [String: Int] = [:]
      for span in item.spans ?? [] { counts[span.label, default: 0] += 1 }
      return max(most, counts.values.max() ?? 0)
    }
    let size = 64
    let parts = try parallelMap(count: (items.count + size - 1) / size, threads: threads) {
      part -> (examples: [Example], lengths: [Int], cut: Int, windowed: Int) in
      var result: (examples: [Example], lengths: [Int], cut: Int, windowed: Int) = ([], [], 0, 0)
      for item in items[part * size..<min(items.count, (part + 1) * size)] {
        let (made, isCut) = try windows.windows(of: item, withTarget: true)
        if isCut { result.cut += 1 }
        if made.count > 1 { result.windowed += 1 }
        for window in made {
          guard
            let example = Self.example(
              window, item, windows.task, numbers, spanCount: spanCount)
          else { continue }
          result.examples.append(example)
          result.lengths.append(window.count)
        }
      }
      return result
    }
    examples = parts.flatMap(\.examples)
    lengths = parts.flatMap(\.lengths)
    cutCount = parts.reduce(0) { $0 + $1.cut }
    windowedCount = parts.reduce(0) { $0 + $1.windowed }
  }

  var source: Examples {
    let examples = examples
    return Examples(count: examples.count, lengths: lengths) { index, _ in examples[index] }
  }

  private static func example(
    _ window: TextWindow, _ item: TextItem, _ task: FineTuningTask, _ labels: [String: Int],
    spanCount: Int
  ) -> Example? {
    let tokens = ExampleValue.sequence(window.encoding.ids)
    let segments = ExampleValue.sequence(window.encoding.segmentIds)
    switch task {
    case .classify, .pair:
      guard let label = item.label.flatMap({ labels[$0] }) else { return nil }
      return Example(["tokens": tokens, "segments": segments], label: .integer(label))
    case .tag:
      return Example(
        ["tokens": tokens, "segments": segments],
        label: .sequence(TokenTags.classes(item.spans ?? [], window, labels)))
    case .pointer:
      // (K, N, 2); (0, 0) fills up.
      var places = [Int](repeating: 0, count: labels.count * spanCount * 2)
      var counts = [Int](repeating: 0, count: labels.count)
      var seen: Set<[Int]> = []
      for span in item.spans ?? [] {
        guard let kind = labels[span.label], let range = window.tokens(of: span.range),
          seen.insert([kind, range.lowerBound, range.upperBound]).inserted
        else { continue }
        let place = (kind * spanCount + counts[kind]) * 2
        (places[place], places[place + 1]) = (range.lowerBound, range.upperBound)
        counts[kind] += 1
      }
      return Example(
        [
          "tokens": tokens, "segments": segments,
          "spans": .integers(places, shape: [labels.count, spanCount, 2]),
        ])
    case .extract:
      var allowed = [Int](repeating: 0, count: window.count)
      allowed[0] = 1
      for place in window.places { allowed[place] = 1 }
      // Where a window has no answer, its first token is it.
      var ends = 0...0
      if let answer = item.answers?.first, let start = item.answerStart {
        ends = window.tokens(of: start..<start + answer.unicodeScalars.count) ?? 0...0
      }
      return Example(
        ["tokens": tokens, "segments": segments, "allowed": .sequence(allowed)],
        label: .integers([ends.lowerBound, ends.upperBound]))
    case .generate:
      guard item.second != nil else { return nil }
      return Example(["tokens": tokens, "segments": segments])
    }
  }
}

/// Entities as classes of tokens: 0 for none, 1 + 2k for the first token of label k, 2 + 2k for others of it.
enum TokenTags {
  static func count(labels: Int) -> Int { 1 + 2 * labels }

  static func names(_ labels: [String]) -> [String] {
    ["O"] + labels.flatMap { ["B-\($0)", "I-\($0)"] }
  }

  static func classes(
    _ spans: [TextItem.Span], _ window: TextWindow, _ labels: [String: Int]
  ) -> [Int] {
    var classes = [Int](repeating: 0, count: window.count)
    // Of spans that overlap the longest counts: labels of tokens cannot say both.
    for span in spans.sorted(by: { $0.range.count < $1.range.count }) {
      guard let label = labels[span.label], let tokens = window.tokens(of: span.range) else {
        continue
      }
      for place in tokens {
        classes[place] = place == tokens.lowerBound ? 1 + 2 * label : 2 + 2 * label
      }
    }
    return classes
  }

  /// The spans of tokens that classes say, ends included.
  static func spans(_ classes: [Int]) -> [(label: Int, first: Int, last: Int)] {
    var spans: [(label: Int, first: Int, last: Int)] = []
    for (place, tag) in classes.enumerated() where tag > 0 {
      let label = (tag - 1) / 2
      if tag % 2 == 0, let last = spans.last, last.label == label, last.last == place - 1 {
        spans[spans.count - 1].last = place
      } else {
        spans.append((label, place, place))
      }
    }
    return spans
  }
}
