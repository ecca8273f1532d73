/// One piece of a text that a vocabulary has an id for.
public struct Token: Sendable, Equatable {
  public var id: Int
  /// Which scalars of the text it stands for.
  public var range: Range<Int>

  public init(id: Int, range: Range<Int>) {
    self.id = id
    self.range = range
  }
}

/// What a model reads of a text, or of two.
public struct Encoding: Sendable, Equatable {
  /// (L).
  public var ids: [Int] = []
  /// (L): 0 for the first text, 1 for the second.
  public var segmentIds: [Int] = []
  /// (L): which scalars of its text each token stands for; empty for special tokens.
  public var offsets: [Range<Int>] = []
  /// (L): whether a token was added by the template.
  public var isSpecial: [Bool] = []

  public init() {}

  public var count: Int { ids.count }

  mutating func append(_ id: Int, segment: Int, offset: Range<Int>, isSpecial: Bool) {
    ids.append(id)
    segmentIds.append(segment)
    offsets.append(offset)
    self.isSpecial.append(isSpecial)
  }
}

/// How tokens and special tokens stand in what a model reads.
public struct EncodingTemplate: Sendable, Equatable {
  public enum Part: Sendable, Equatable {
    case special(id: Int, segment: Int)
    case first(segment: Int)
    case second(segment: Int)
  }

  public var single: [Part]
  public var pair: [Part]

  public init(single: [Part], pair: [Part]) {
    self.single = single
    self.pair = pair
  }

  /// The texts alone.
  public static let bare = EncodingTemplate(
    single: [.first(segment: 0)], pair: [.first(segment: 0), .second(segment: 1)])

  /// `[CLS] a [SEP]` and `[CLS] a [SEP] b [SEP]`, segments 0 and 1.
  public static func bert(start: Int, separator: Int) -> EncodingTemplate {
    let single: [Part] = [
      .special(id: start, segment: 0), .first(segment: 0), .special(id: separator, segment: 0),
    ]
    return EncodingTemplate(
      single: single, pair: single + [.second(segment: 1), .special(id: separator, segment: 1)])
  }

  /// `[CLS] a [SEP] [CLS] b [SEP]`: bert4keras' pattern `S*ES*E`.
  public static func bertTwice(start: Int, separator: Int) -> EncodingTemplate {
    let bert = bert(start: start, separator: separator)
    return EncodingTemplate(
      single: bert.single,
      pair: bert.single + [
        .special(id: start, segment: 1), .second(segment: 1), .special(id: separator, segment: 1),
      ])
  }

  /// `<s> a </s>` and `<s> a </s></s> b </s>`, all of segment 0: RoBERTa's.
  public static func roberta(start: Int, separator: Int) -> EncodingTemplate {
    let separator = Part.special(id: separator, segment: 0)
    let single = [.special(id: start, segment: 0), .first(segment: 0), separator]
    return EncodingTemplate(
      single: single, pair: single + [separator, .second(segment: 0), separator])
  }

  /// `a </s>` and `a </s> b </s>`: T5's.
  public static func t5(end: Int) -> EncodingTemplate {
    let end = Part.special(id: end, segment: 0)
    return EncodingTemplate(
      single: [.first(segment: 0), end],
      pair: [.first(segment: 0), end, .second(segment: 0), end])
  }

  /// How many special tokens stand around one text, or two.
  public func specialCount(isPair: Bool) -> Int {
    (isPair ? pair : single).reduce(0) { count, part in
      if case .special = part { count + 1 } else { count }
    }
  }

  /// What a model reads of texts that are cut into tokens.
  public func fill(_ first: [Token], _ second: [Token]?) -> Encoding {
    var encoding = Encoding()
    func append(_ tokens: [Token], _ segment: Int) {
      for token in tokens {
        encoding.append(token.id, segment: segment, offset: token.range, isSpecial: false)
      }
    }
    for part in second == nil ? single : pair {
      switch part {
      case .special(let id, let segment):
        encoding.append(id, segment: segment, offset: 0..<0, isSpecial: true)
      case .first(let segment): append(first, segment)
      case .second(let segment): append(second ?? [], segment)
      }
    }
    return encoding
  }
}
