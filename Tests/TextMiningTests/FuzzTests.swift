import Formats
import Foundation
import Messages
import Parallel
import TestSupport
import Testing

@testable import Text
@testable import TextMining

/// Mutated word lists, rule files and template files: none may crash or throw anything but a one-line
/// error. `make fuzz` reads a million.
@Suite struct TextMiningFuzzTests {
  static let total = fuzzInputCount(20_000)

  struct Target: Sendable, CustomTestStringConvertible {
    let name: String
    let seeds: [String]
    let read: @Sendable ([UInt8]) throws -> Void
    var testDescription: String { name }
  }

  static let targets: [Target] = [
    Target(
      name: "word list",
      seeds: ["中国\t5\t1.5\n人民 3 ns\r\n好\n\u{FEFF}A-B\t1e3\n", "𠀀一\t1\n一𠀀\t1\n二 2\n"]
    ) { bytes in
      let words = try WordList(bytes, named: "x")
      let segmenter = try Segmenter(words, userWords: Array(words.words.prefix(2)))
      _ = segmenter.words(in: String(decoding: bytes, as: UTF8.self))
    },
    Target(
      name: "templates", seeds: ["X 呢\t10\n我 X\t8\nX 的 X 是 X\t7\n", "a\t9223372036854775807\n"]
    ) { bytes in
      let templates = try SentenceTemplate.list(bytes, named: "x")
      let sentence = templates.flatMap(\.template.words).prefix(8)
      _ = try TemplateParser(templates).parse(Array(sentence))
    },
    Target(
      name: "rules",
      seeds: [
        """
        {"minLength":2,"requiresIdeograph":true,"rejectsOneRepeatedCharacter":true,"characters":"较很",
        "substrings":["博士"],"prefixes":["每"],"suffixes":["为","问题"],"pairStarts":"一二",
        "onlyCharacters":"一七厂"}
        """
      ]
    ) { bytes in
      let rules = try DomainRules(bytes, named: "x")
      for word in ["电力系统", "每年", "一", ""] { _ = rules.allows(word) }
    },
  ]

  @Test(arguments: targets) func survives(target: Target) {
    var random = RandomStream(seed: 7, stream: UInt64(target.name.utf8.count))
    for _ in 0..<max(1, Self.total / Self.targets.count) {
      var input = Array(target.seeds[random.below(target.seeds.count)].utf8)
      for _ in 0...random.below(4) { mutate(&input, &random) }
      do {
        try target.read(input)
      } catch {
        let text = "\(error)"
        if !(error is FileError || error is InputError) || text.contains(where: \.isNewline) {
          Issue.record("\(target.name): \(type(of: error)): \(text) for \(input)")
        }
      }
    }
  }
}
