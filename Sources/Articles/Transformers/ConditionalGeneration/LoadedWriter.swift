import Datasets
import Formats
import Messages
import Tokenizers
import Torch
import Transformers

/// A trained writer in memory: texts of a label, or about a picture.
public final class LoadedWriter {
  private let writer: ConditionedWriter
  private let tokens: WriterTokens

  init(_ writer: ConditionedWriter, _ tokens: WriterTokens) {
    self.writer = writer
    self.tokens = tokens
  }

  /// How texts are drawn.
  public struct Drawing: Sendable {
    public var count = 1
    public var topP = 0.95
    public var temperature: Float = 1
    public var seed: UInt64 = 0

    public init() {}
  }

  /// Told each piece of text as it is drawn, and the end of each text as `nil`; false stops.
  public typealias Listener = (_ piece: String?) -> Bool

  /// Writes texts about `label`; returns them.
  ///
  /// Throws `InputError` for a label that the writer does not know, with the nearest one or all of them.
  public func texts(
    label: String, _ drawing: Drawing, _ tell: @escaping Listener = { _ in true }
  ) throws -> [String] {
    let labels: [String] = if case .labels(let labels) = writer.condition { labels } else { [] }
    guard let number = labels.firstIndex(of: label) else {
      let hint =
        nearestName(to: label, among: labels).map { "did you mean '\($0)'?" }
        ?? "it knows \(labels.prefix(20).joined(separator: ", "))"
      throw InputError("the writer knows no condition '\(label)'; \(hint)")
    }
    return try draw(withoutGradients { writer.condition(label: number) }, drawing, tell)
  }

  /// Writes texts about a picture. Throws `InputError` where the writer reads none.
  public func texts(
    about picture: Image, _ drawing: Drawing, _ tell: @escaping Listener = { _ in true }
  ) throws -> [String] {
    guard case .picture(let side) = writer.condition else {
      throw InputError("the writer writes texts of labels, not about pictures")
    }
    let square = picture.onSquare(side: side)
    let batch = try BatchLoader(
      Examples(count: 1) { _, _ in Example(["picture": .image(square)]) },
      .init(batchSize: 1, prefetch: 0)
    ).next()
    return try draw(withoutGradients { writer.conditions(batch) }, drawing, tell)
  }

  private func draw(
    _ condition: Tensor, _ drawing: Drawing, _ tell: @escaping Listener
  ) throws -> [String] {
    let options = GenerationOptions(endIds: [tokens.end], maxLength: tokens.maxLength)
    var isWanted = true
    var texts: [String] = []
    for index in 0..<drawing.count where isWanted {
      var told = ""
      func text(_ ids: [Int]) -> String {
        tokens.tokenizer.decode(ids.filter { $0 != tokens.end })
      }
      func tellMore(_ now: String) {
        // A later piece may change what an earlier one looked like; only what is sure to stay is told.
        guard now.hasPrefix(told), now.count > told.count else { return }
        isWanted = tell(String(now.dropFirst(told.count)))
        told = now
      }
      let sampling = Sampling(
        options, temperature: drawing.temperature, topP: drawing.topP,
        seed: drawing.seed &+ UInt64(index))
      let drawn = try sampling.generate(
        Continuation(writer.body, prefixes: [[tokens.start]], condition: condition)
      ) { drawn in
        tellMore(text(drawn[0]))
        return isWanted
      }
      let whole = text(drawn[0].tokens)
      tellMore(whole)
      if isWanted { isWanted = tell(nil) }
      texts.append(whole)
    }
    return texts
  }
}
