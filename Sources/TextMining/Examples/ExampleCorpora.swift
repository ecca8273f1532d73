import Foundation

/// Text that ships with the package, generated from fixed rules, with a known vocabulary.
public enum ExampleCorpora {
  /// The words of `synthetic` and how many of its 64 slots each has.
  public static let syntheticVocabulary: [(word: String, weight: Int)] = [
    ("的", 12), ("和", 8), ("是", 7), ("在", 6), ("我们", 5), ("中国", 4), ("人民", 4), ("喜欢", 3),
    ("数学", 3), ("各项", 2), ("项目", 2), ("共和国", 2), ("变压器", 2), ("林心如", 1), ("电力系统", 2),
    ("中华人民共和国", 1),
  ]

  /// Lines of eight words each, without separators, drawn by a linear congruential generator from
  /// `syntheticVocabulary`. Words in `leftOut` are drawn but not written.
  public static func synthetic(lines: Int = 20_000, leavingOut leftOut: Set<String> = []) -> String
  {
    let slots = syntheticVocabulary.flatMap { Array(repeating: $0.word, count: $0.weight) }
    var state: UInt64 = 12345
    var text = ""
    text.reserveCapacity(lines * 48)
    for _ in 0..<lines {
      for _ in 0..<8 {
        state = (1_103_515_245 &* state &+ 12345) % (1 << 31)
        let word = slots[Int(state >> 16) & 63]
        if !leftOut.contains(word) { text += word }
      }
      text += "\n"
    }
    return text
  }
}
