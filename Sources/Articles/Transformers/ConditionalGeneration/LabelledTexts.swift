import FineTuning
import Messages
import Parallel

/// Texts with a label each: invented reviews, or a user's file.
struct LabelledTexts {
  /// In the order of their numbers.
  let labels: [String]
  let training: [Item]
  /// What the judge learns from and is tried on: texts that the writer never sees.
  let forJudge: [Item]
  let heldOut: [Item]

  struct Item: Sendable, Equatable {
    let label: Int
    let text: String
  }

  /// Reviews of eight kinds, drawn by the seed.
  init(count: Int, seed: UInt64) {
    labels = InventedReviews.labels
    func draw(_ count: Int, _ stream: UInt64) -> [Item] {
      var random = RandomStream(seed: seed, stream: stream)
      return (0..<count).map { index in
        let label = index % InventedReviews.labels.count
        return Item(label: label, text: InventedReviews.draw(label, &random))
      }
    }
    training = draw(count, 71_240)
    forJudge = draw(max(400, count / 3), 71_241)
    heldOut = draw(400, 71_242)
  }

  /// A file of labels and texts (`.tsv`, `.csv`, `.jsonl`); a third of it is the judge's.
  ///
  /// Throws `InputError` for too few texts and a single label.
  init(file path: String, maxLength: Int, seed: UInt64) throws {
    var items = try TextFiles.read(path, for: .classify, isLabeled: true)
      .filter { !$0.text.allSatisfy(\.isWhitespace) }
    let names = Set(items.compactMap(\.label)).sorted()
    guard names.count > 1 else {
      throw InputError(
        "all \(items.count) texts of \(path) have one label; a condition needs at least two")
    }
    guard items.count >= 30 else {
      throw InputError("\(path) has \(items.count) labelled texts; at least 30 are needed")
    }
    labels = names
    var random = RandomStream(seed: seed, stream: 71_243)
    items.shuffle(using: &random)
    let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    let all = items.compactMap { item in
      item.label.flatMap { places[$0] }.map {
        Item(label: $0, text: Self.beginning(item.text, maxLength))
      }
    }
    let (judges, held) = (all.count / 4, min(400, all.count / 12))
    forJudge = Array(all.prefix(judges))
    heldOut = Array(all[judges..<judges + held])
    training = Array(all[(judges + held)...])
  }

  /// As many whole sentences as have room, at least the first characters.
  private static func beginning(_ text: String, _ length: Int) -> String {
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    guard line.count > length else { return line }
    let cut = line.prefix(length)
    let end = cut.lastIndex { "。！？；，!?;,".contains($0) }
    return String(end.map { cut[...$0] } ?? cut)
  }
}
