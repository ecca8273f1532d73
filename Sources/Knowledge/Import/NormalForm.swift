import Foundation

/// Unicode's form NFC, and the few bytes that can make a text differ from it.
public enum NormalForm {
  public static func composed(_ text: String) -> String {
    text.precomposedStringWithCanonicalMapping
  }

  /// Whether a text has a byte that begins a combining mark, a conjoining letter, or a character that NFC
  /// replaces.
  @inline(__always)
  static func mayDiffer(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    for byte in bytes where suspicious[Int(byte)] { return true }
    return false
  }

  /// First bytes of U+0300–U+037F and U+0800–U+1FFF: combining marks, Hangul's letters, Greek with accents.
  /// What else NFC changes (kana's separate voicing marks, compatibility ideographs) begins with the bytes
  /// of every Chinese text; it stays as it is.
  private nonisolated(unsafe) static let suspicious: UnsafeMutablePointer<Bool> = {
    let table = UnsafeMutablePointer<Bool>.allocate(capacity: 256)
    table.initialize(repeating: false, count: 256)
    for byte in [0xCC, 0xCD, 0xE0, 0xE1] { table[byte] = true }
    return table
  }()
}
