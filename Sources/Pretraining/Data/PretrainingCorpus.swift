import Datasets
import Messages
import Parallel
import TextMining
import Torch

/// Rows of packed sentences, read from text as they are asked for, and a few that are held out.
///
/// Ten documents make a chunk; rows go on from one document to the next, and a chunk's last row is as short as it is.
/// Of every twenty rows one is held out until there are enough: it is never trained on.
public struct PretrainingCorpus: Sendable {
  public let text: PretrainingText
  public let tokenizer: WordTokenizer
  public let length: Int
  /// The most rows that are held out.
  public let heldOutLimit: Int

  static let documentsOfChunk = 10
  static let heldOutInterval = 20

  public init(
    _ text: PretrainingText, _ tokenizer: WordTokenizer, length: Int, heldOut: Int = 200
  ) {
    self.text = text
    self.tokenizer = tokenizer
    self.length = length
    heldOutLimit = heldOut
  }

  /// All rows in the text's order: each call gives one, `nil` at the end.
  public func rows(_ work: Work = .silent) throws -> () throws -> WordTokens? {
    let special = tokenizer.tokenizer.special
    let ids = try tokenizer.tokenizer.vocabulary.ids(required: [special.start, special.separator])
    var packing = SentencePacking(length: length, start: ids[0], separator: ids[1])
    let workspace = Segmenter.Workspace()
    let next = text.pieces(work)
    var documents = 0
    var isOver = false
    return {
      while !isOver {
        switch try next() {
        case .sentence(let sentence):
          if let row = packing.add(tokenizer(sentence, workspace)) { return row }
        case .documentEnd:
          documents += 1
          guard documents % Self.documentsOfChunk == 0 else { continue }
          if let row = packing.finish() { return row }
        case nil:
          isOver = true
          return packing.finish()
        }
      }
      return nil
    }
  }

  private func isHeldOut(_ number: Int) -> Bool {
    number % Self.heldOutInterval == Self.heldOutInterval - 1
      && number / Self.heldOutInterval < heldOutLimit
  }

  /// The rows to train on, for a loader with `PretrainingInputs` among its transforms.
  public func stream() -> ExampleStream {
    ExampleStream { _ in
      let next = try rows()
      var number = 0
      return {
        while let row = try next() {
          defer { number += 1 }
          if !isHeldOut(number) { return PretrainingInputs.example(row) }
        }
        return nil
      }
    }
  }

  /// The rows that are held out. Throws what reading throws.
  public func heldOutRows(_ work: Work = .silent) throws -> [WordTokens] {
    try heldOut(needing: 0, work: work).rows
  }

  /// The rows that are held out, and whether the text has at least `needed` others. Throws what reading throws.
  func heldOut(needing needed: Int, work: Work) throws -> (rows: [WordTokens], isEnough: Bool) {
    let next = try rows(work)
    var held: [WordTokens] = []
    var others = 0
    var number = 0
    while held.count < heldOutLimit || others < needed, let row = try next() {
      if isHeldOut(number) { held.append(row) } else { others += 1 }
      number += 1
    }
    return (held, others >= needed)
  }
}
