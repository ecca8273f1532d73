import Formats

/// A question as the engine reads it: characters, and what kind of answer it wants.
struct Question {
  let scalars: [UInt32]
  /// Where each scalar begins in `utf8`, and where the last one ends.
  let offsets: [Int]
  let utf8: [UInt8]
  let wanted: Set<ValueKind>
  /// Characters that say nothing about the attribute.
  let isFiller: [Bool]

  init(_ text: String) {
    let text = NormalForm.composed(text).lowercased()
    utf8 = Array(text.utf8)
    var scalars: [UInt32] = []
    var offsets: [Int] = []
    var offset = 0
    for scalar in text.unicodeScalars {
      scalars.append(scalar.value)
      offsets.append(offset)
      offset += UTF8.width(scalar)
    }
    offsets.append(offset)
    self.scalars = scalars
    self.offsets = offsets
    wanted = Self.kinds(scalars)
    var isFiller = scalars.map { Self.punctuation.contains($0) }
    for word in Self.fillers where word.count <= scalars.count {
      for start in 0...scalars.count - word.count
      where scalars[start..<start + word.count].elementsEqual(word) {
        for index in start..<start + word.count { isFiller[index] = true }
      }
    }
    self.isFiller = isFiller
  }

  /// 几部, 多少人: a number of things, not an amount.
  var asksForCount: Bool {
    let many = Set("个部本首种人位名条座家所次".unicodeScalars.map(\.value))
    func follows(_ word: String) -> Bool {
      let letters = word.unicodeScalars.map(\.value)
      guard let place = find(letters, from: 0) else { return false }
      let next = place + letters.count
      return next < scalars.count && many.contains(scalars[next])
    }
    return follows("几") || follows("多少")
  }

  func contains(_ word: String) -> Bool { find(word) != nil }

  func find(_ word: String) -> Int? { find(word.unicodeScalars.map(\.value), from: 0) }

  func find(_ word: [UInt32], from start: Int) -> Int? {
    guard !word.isEmpty, scalars.count - start >= word.count else { return nil }
    return (start...scalars.count - word.count).first {
      scalars[$0..<$0 + word.count].elementsEqual(word)
    }
  }

  func text(_ range: Range<Int>) -> String {
    String(decoding: utf8[offsets[range.lowerBound]..<offsets[range.upperBound]], as: UTF8.self)
  }

  private static func kinds(_ scalars: [UInt32]) -> Set<ValueKind> {
    for (words, kinds) in cues {
      for word in words where word.count <= scalars.count {
        for start in 0...scalars.count - word.count
        where scalars[start..<start + word.count].elementsEqual(word) {
          return kinds
        }
      }
    }
    return []
  }

  private static func list(_ text: String) -> [[UInt32]] {
    text.split(separator: " ").map { $0.unicodeScalars.map(\.value) }
  }

  private static let cues: [([[UInt32]], Set<ValueKind>)] = [
    (list("什么时候 何时 哪年 哪一年 哪天 哪一天 几号 几月 什么时间 哪个时间 生日 年代"), [.date]),
    (list("多少 几个 几部 几本 几首 几种 几人 几岁 多大 多高 多长 多重 多远 多宽 多深 多快 几米 几斤 多久 第几 几位"), [.number]),
    (list("哪里 哪儿 在哪 何地 何处 哪个国家 哪个省 哪个市 哪个城市 什么地方 哪国 哪个地 哪地"), [.place]),
    (list("是谁 谁是 谁写 谁的 由谁 被谁 谁演 谁主 谁 哪位 何人 什么人 哪个人"), [.person]),
  ]
  /// What the names of attributes of a kind are made with.
  static func letters(of kind: ValueKind) -> Set<UInt32> {
    switch kind {
    case .date: dateLetters
    case .number: numberLetters
    case .place: placeLetters
    case .person: personLetters
    case .list, .text: []
    }
  }
  private static let dateLetters = Set("时年日期".unicodeScalars.map(\.value))
  private static let numberLetters = Set("数量长高积度重率价龄号径距分额".unicodeScalars.map(\.value))
  private static let placeLetters = Set("地位区场籍址置".unicodeScalars.map(\.value))
  private static let personLetters = Set("人者师员手家长父母导演编袖帅".unicodeScalars.map(\.value))
  private static let fillers = list(
    "请问 我想知道 想知道 你知道 有谁知道 谁知道 知道 告诉我 能不能 可以 一下 是 的 了 吗 呢 啊 呀 吧 什么 哪个 哪些 哪里 哪儿 "
      + "哪 谁 多少 这个 这本书 这本 这部 这 那 有 都 叫 啥 怎么样 如何 在 我 你 能 么 样 们")
  private static let punctuation = Set("？?，,。.！!：:、《》“”\"'（）() ".unicodeScalars.map(\.value))
}
