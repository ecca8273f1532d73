import Messages
import Parallel

/// Writes a `SectionFile`: appears under its name whole or not at all.
public struct SectionFileWriter {
  private let kind: SectionFile.Kind
  private var sections: [(name: String, parts: [Part])] = []

  /// Memory and who keeps it.
  ///
  /// `@unchecked Sendable`: nobody writes to the memory while a writer holds it.
  private struct Part: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer
    let owner: AnyObject?
  }

  public init(kind: SectionFile.Kind) { self.kind = kind }

  /// Adds a section. `owner` is kept until the file is written; without one, `bytes` must stay valid.
  public mutating func add(_ name: String, _ bytes: UnsafeRawBufferPointer, owner: AnyObject?) {
    add(name, [(bytes, owner)])
  }

  /// Adds a section made of several pieces of memory.
  public mutating func add(
    _ name: String, _ parts: [(bytes: UnsafeRawBufferPointer, owner: AnyObject?)]
  ) {
    require(
      name.utf8.count <= SectionFile.nameSize && !sections.contains { $0.name == name },
      "SectionFileWriter.add expected a new name of at most \(SectionFile.nameSize) bytes, "
        + "received '\(name)'")
    sections.append((name, parts.map { Part(bytes: $0.bytes, owner: $0.owner) }))
  }

  /// Writes the file. Throws `FileError`, on a full disk for instance.
  public func write(to path: String, threads: Int = defaultThreadCount) throws {
    let sections = sections
    let checksums = try parallelMap(count: sections.count, threads: threads) { index in
      var checksum = CRC32C()
      for part in sections[index].parts { checksum.update(part.bytes) }
      return checksum.value
    }
    func aligned(_ offset: Int) -> Int {
      (offset + SectionFile.alignment - 1) / SectionFile.alignment * SectionFile.alignment
    }
    var table: [UInt8] = []
    var end = SectionFile.headerSize + sections.count * SectionFile.entrySize
    for (section, checksum) in zip(sections, checksums) {
      let count = section.parts.reduce(0) { $0 + $1.bytes.count }
      let name = Array(section.name.utf8)
      table += name + [UInt8](repeating: 0, count: SectionFile.nameSize - name.count)
      let offset = aligned(end)
      table += littleEndian(UInt64(offset)) + littleEndian(UInt64(count))
      table += littleEndian(checksum) + [0, 0, 0, 0]
      end = offset + count
    }
    var header = kind.magic + littleEndian(kind.version) + littleEndian(UInt32(sections.count))
    header += littleEndian(UInt64(end)) + littleEndian(CRC32C.checksum(table)) + [0, 0, 0, 0]
    try AtomicFile.write(to: path) { file in
      try file.write(header + table)
      var position = header.count + table.count
      for section in sections {
        try file.write([UInt8](repeating: 0, count: aligned(position) - position))
        position = aligned(position)
        for part in section.parts {
          try file.write(part.bytes)
          position += part.bytes.count
        }
      }
    }
  }
}

private func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
