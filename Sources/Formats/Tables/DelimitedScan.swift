import Foundation
import Messages
import Parallel

/// The cells of a CSV text, row after row.
struct DelimitedScan {
  private(set) var cells: [DelimitedCell] = []
  private(set) var width = 0
  /// Quoted cells without their doubled quotes.
  private(set) var unescaped: [UInt8] = []
  private let bytes: UnsafeBufferPointer<UInt8>
  private let separator: UInt8
  private let path: String

  /// The cells from `start` on. Without quotes every line break ends a row, so several threads can look;
  /// what is wrong is then found again from the beginning, for its line's number.
  init(
    _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, separator: UInt8, path: String,
    partSize: Int = 4 << 20
  ) throws {
    self.init(bytes: bytes, separator: separator, path: path)
    if bytes.count - start > partSize, !bytes.contains(0x22),
      let parts = parts(of: start..<bytes.count, partSize)
    {
      width = parts[0].width
      cells = parts[0].cells
      cells.reserveCapacity(parts.reduce(0) { $0 + $1.cells.count })
      for part in parts.dropFirst() { cells += part.cells }
    } else {
      try scan(start..<bytes.count)
    }
  }

  private init(bytes: UnsafeBufferPointer<UInt8>, separator: UInt8, path: String) {
    self.bytes = bytes
    self.separator = separator
    self.path = path
  }

  /// The cells of each part of the text; `nil` if something is wrong with one.
  private func parts(of range: Range<Int>, _ size: Int) -> [DelimitedScan]? {
    var starts = [range.lowerBound]
    while let last = starts.last, range.upperBound - last > size,
      let lineBreak = bytes[(last + size)...].firstIndex(of: 0x0a), lineBreak + 1 < range.upperBound
    {
      starts.append(lineBreak + 1)
    }
    let ends = starts.dropFirst() + [range.upperBound]
    // Nobody writes to the bytes while they are looked at.
    nonisolated(unsafe) let blank = self
    let bounds = zip(starts, ends).map { $0..<$1 }
    let parts = try? parallelMap(count: bounds.count) { index in
      var part = blank
      try part.scan(bounds[index])
      return Found(scan: part)
    }
    guard let found = parts?.map(\.scan).filter({ $0.width > 0 }), !found.isEmpty,
      found.allSatisfy({ $0.width == found[0].width })
    else { return nil }
    return found
  }

  /// What a thread has found.
  private struct Found: @unchecked Sendable {
    // Sendable: nobody writes to the bytes.
    let scan: DelimitedScan
  }

  private func failure(_ line: Int, _ reason: String) -> FileError {
    FileError(path: path, reason: "line \(line): \(reason)")
  }

  private mutating func scan(_ range: Range<Int>) throws {
    cells.reserveCapacity(range.count / 6)
    var position = range.lowerBound
    var line = 1
    var inRow = 0
    var rowLine = 1
    let end = range.upperBound
    while position < end {
      if inRow == 0 {
        rowLine = line
        // An empty line is no row.
        if bytes[position] == 0x0a || bytes[position] == 0x0d {
          if bytes[position] == 0x0a { line += 1 }
          position += 1
          continue
        }
      }
      var first = position
      while first < end, bytes[first] == 0x20 || (bytes[first] == 0x09 && separator != 0x09) {
        first += 1
      }
      if first < end, bytes[first] == 0x22 {
        position = try scanQuoted(from: first + 1, &line)
      } else {
        // The hot loop: nothing but bytes up to the separator or the line's end.
        var last = first
        while last < end, bytes[last] != separator, bytes[last] != 0x0a { last &+= 1 }
        position = last
        while last > first, bytes[last - 1] <= 0x20 { last -= 1 }
        try append(start: first, end: last, line)
      }
      inRow += 1
      if position < end, bytes[position] == separator {
        position += 1
        // A separator at the very end has an empty cell behind it.
        guard position == end else { continue }
        cells.append(DelimitedCell(start: position, count: 0))
        inRow += 1
      }
      if width == 0 { width = inRow }
      guard inRow == width else {
        throw failure(
          rowLine, "\(inRow) cells, \(width) were expected as in the first line")
      }
      inRow = 0
      if position < end {
        position += 1
        line += 1
      }
    }
  }

  private mutating func append(start: Int, end: Int, _ line: Int) throws {
    guard end - start <= DelimitedCell.longest else {
      throw failure(line, "a cell of more than 8 MB")
    }
    cells.append(DelimitedCell(start: start, count: end - start))
  }

  /// Reads a cell from behind its opening quote; returns the place of the separator or line break.
  private mutating func scanQuoted(from start: Int, _ line: inout Int) throws -> Int {
    let first = line
    var position = start
    var hasDoubled = false
    while true {
      guard position < bytes.count else {
        throw failure(first, "the quotes that begin here do not end")
      }
      let byte = bytes[position]
      if byte == 0x22 {
        guard position + 1 < bytes.count, bytes[position + 1] == 0x22 else { break }
        hasDoubled = true
        position += 1
      } else if byte == 0x0a {
        line += 1
      }
      position += 1
    }
    guard position - start <= DelimitedCell.longest else {
      throw failure(first, "a cell of more than 8 MB")
    }
    if hasDoubled {
      let begin = unescaped.count
      var place = start
      while place < position {
        unescaped.append(bytes[place])
        place += bytes[place] == 0x22 ? 2 : 1
      }
      cells.append(
        DelimitedCell(
          start: begin, count: unescaped.count - begin, isQuoted: true, isUnescaped: true))
    } else {
      cells.append(DelimitedCell(start: start, count: position - start, isQuoted: true))
    }
    position += 1
    while position < bytes.count, bytes[position] != separator, bytes[position] != 0x0a {
      guard bytes[position] <= 0x20 else {
        throw failure(line, "text after closing quotes; quotes within a cell are doubled")
      }
      position += 1
    }
    return position
  }

  /// Whichever of comma, tab, semicolon and bar is most frequent in the first line.
  static func commonSeparator(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> UInt8 {
    let candidates: [UInt8] = [0x2c, 0x09, 0x3b, 0x7c]
    var counts = [0, 0, 0, 0]
    var isQuoted = false
    var seesText = false
    for byte in bytes {
      if byte == 0x22 { isQuoted.toggle() }
      guard !isQuoted else { continue }
      if byte == 0x0a, seesText { break }
      if byte > 0x20 { seesText = true }
      if let place = candidates.firstIndex(of: byte) { counts[place] += 1 }
    }
    let most = counts.max() ?? 0
    return most == 0 ? 0x2c : candidates[counts.firstIndex(of: most) ?? 0]
  }
}
