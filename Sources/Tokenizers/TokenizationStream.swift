import Formats
import Parallel
import Text

/// Tokenizes whole files, line by line, on several threads; lines come out in the order they went in.
public struct TokenizationStream: Sendable {
  public let tokenizer: any Tokenizer
  public var truncation: Truncation?
  /// Put the template's special tokens around each line.
  public var addsSpecialTokens = true
  public var threads = defaultThreadCount

  public init(_ tokenizer: any Tokenizer) { self.tokenizer = tokenizer }

  /// What was read.
  public struct Totals: Sendable, Equatable {
    public var lines = 0
    public var tokens = 0
    public var bytes = 0
    public var skipped: [SkippedFile] = []

    public init() {}
  }

  /// Hands finished bytes to `write`: for each line one JSON object `{"tokens":[…],"ids":[…],"offsets":[…]}`,
  /// offsets counted in scalars of the line.
  public func run(
    _ source: TextSource, work: Work = .silent, write: ([UInt8]) throws -> Void
  ) throws -> Totals {
    var totals = Totals()
    totals.skipped = try source.forEachBlock("tokenizing", work: work) { block in
      let parts = TextBlocks.parts(of: block, count: threads * 4)
      let results = try parallelMap(count: parts.count, threads: threads) { part in
        try lines(block[parts[part]])
      }
      for result in results {
        try write(result.bytes)
        totals.lines += result.lines
        totals.tokens += result.tokens
      }
      totals.bytes += block.count
    }
    return totals
  }

  private func lines(_ block: ArraySlice<UInt8>) throws -> (bytes: [UInt8], lines: Int, tokens: Int)
  {
    var result: (bytes: [UInt8], lines: Int, tokens: Int) = ([], 0, 0)
    result.bytes.reserveCapacity(block.count * 4)
    var start = block.startIndex
    while start < block.endIndex {
      let end = block[start...].firstIndex(of: 0x0A) ?? block.endIndex
      var line = block[start..<end]
      if line.last == 0x0D { line.removeLast() }
      let encoding = try encode(String(decoding: line, as: UTF8.self))
      append(encoding, to: &result.bytes)
      result.lines += 1
      result.tokens += encoding.count
      start = end + 1
    }
    return result
  }

  private func encode(_ text: String) throws -> Encoding {
    if addsSpecialTokens { return try tokenizer.encode(text, truncation: truncation) }
    var tokens = tokenizer.tokens(text)
    var none: [Token]?
    try truncation?.shorten(&tokens, &none, special: 0)
    return EncodingTemplate.bare.fill(tokens, nil)
  }

  private func append(_ encoding: Encoding, to output: inout [UInt8]) {
    func list(_ name: String, _ element: (Int) -> Void) {
      output += "\"\(name)\":[".utf8
      for index in 0..<encoding.count {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        element(index)
      }
      output.append(UInt8(ascii: "]"))
    }
    output.append(UInt8(ascii: "{"))
    list("tokens") { index in
      JSONText.append(tokenizer.vocabulary.tokens[encoding.ids[index]].utf8, to: &output)
    }
    output.append(UInt8(ascii: ","))
    list("ids") { output += String(encoding.ids[$0]).utf8 }
    output.append(UInt8(ascii: ","))
    list("offsets") { index in
      let range = encoding.offsets[index]
      output += "[\(range.lowerBound),\(range.upperBound)]".utf8
    }
    output += "}\n".utf8
  }
}
