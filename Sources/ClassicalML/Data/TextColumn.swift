/// Texts, one after the other in one run of UTF-8.
public struct TextColumn: Sendable, Equatable {
  private(set) var bytes: [UInt8] = []
  private(set) var starts: [Int] = [0]

  public init() {}

  public init(_ texts: some Sequence<String>) { for text in texts { append(text) } }

  public var count: Int { starts.count - 1 }

  public mutating func append(_ text: String) {
    bytes += text.utf8
    starts.append(bytes.count)
  }

  mutating func append(_ text: UnsafeBufferPointer<UInt8>) {
    bytes.append(contentsOf: text)
    starts.append(bytes.count)
  }

  public subscript(row: Int) -> String {
    String(decoding: bytes[starts[row]..<starts[row + 1]], as: UTF8.self)
  }

  func rows(_ chosen: [Int]) -> TextColumn {
    var result = TextColumn()
    for row in chosen {
      result.bytes += bytes[starts[row]..<starts[row + 1]]
      result.starts.append(result.bytes.count)
    }
    return result
  }
}
