import Foundation
import Parallel

/// How many damaged inputs a fuzz test reads: `usual` in the suite, `DANLU_FUZZ` of them in `make fuzz`.
public func fuzzInputCount(_ usual: Int) -> Int {
  ProcessInfo.processInfo.environment["DANLU_FUZZ"].flatMap(Int.init) ?? usual
}

/// Damages bytes as files are damaged: bits turned, ends cut off, stretches moved, numbers out of all proportion.
public func mutate(_ bytes: inout [UInt8], _ random: inout RandomStream) {
  guard !bytes.isEmpty else {
    bytes = (0..<random.below(64)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    return
  }
  let position = random.below(bytes.count)
  switch random.below(9) {
  case 0: bytes[position] ^= 1 << UInt8(random.below(8))
  case 1: bytes[position] = UInt8(truncatingIfNeeded: random.next())
  case 2: bytes[position] = [0, 0x7f, 0x80, 0xff, 0x22, 0x5b, 0x7b, 0x39][random.below(8)]
  case 3: bytes.removeLast(bytes.count - position)
  case 4: bytes.removeSubrange(position..<min(bytes.count, position + 1 + random.below(16)))
  case 5:
    let end = min(bytes.count, position + 1 + random.below(32))
    bytes.insert(contentsOf: Array(bytes[position..<end]), at: random.below(bytes.count + 1))
  case 6:
    let word = [0, 1, UInt64.max, 1 << 31, 1 << 62, random.next()][random.below(6)]
    withUnsafeBytes(of: word) { source in
      for (index, byte) in source.enumerated() where position + index < bytes.count {
        bytes[position + index] = byte
      }
    }
  case 7:
    let texts = [
      "[[[[[[[[", "99999999999999", "-1", "\\ud800", "(", "1e9999", "\t", "\n", "nan", "\u{85}",
      "\u{2028}", "\"", ",",
    ]
    let text = texts[random.below(texts.count)]
    bytes.insert(contentsOf: Array(text.utf8), at: position)
  default:
    let from = random.below(bytes.count)
    let count = min(random.below(16), bytes.count - max(from, position))
    for index in 0..<max(0, count) { bytes[position + index] = bytes[from + index] }
  }
}
