import Formats
import Foundation
import TestSupport
import Testing

@Suite struct EventFileTests {
  /// What Scripts/golden/events.py wrote with TensorBoard's own writer.
  static let events: [Event] =
    [Event(wallTime: 1_700_000_000, step: 0, content: .fileVersion("brain.Event:2"))]
    + (0..<3).map { step in
      Event(
        wallTime: 1_700_000_001.5 + Double(step), step: step,
        content: .summary([
          SummaryValue(tag: "loss", .scalar(1 / Float(1 + step))),
          SummaryValue(tag: "精度", .scalar(0.5 * Float(step))),
        ]))
    } + [
      Event(
        wallTime: 1_700_000_010, step: 300,
        content: .summary([
          SummaryValue(
            tag: "weights",
            .histogram(
              Histogram(
                minimum: -1, maximum: 2, count: 4, sum: 2.5, sumOfSquares: 6.25, limits: [0, 1, 2],
                counts: [1, 2, 1]))),
          SummaryValue(
            tag: "sample",
            .image(width: 3, height: 2, channels: 1, png: Array("PNG".utf8))),
          SummaryValue(tag: "note", .text(["丹炉", "# title"])),
        ]))
    ]

  func write(_ events: [Event], to path: String) throws {
    let writer = try EventFile.Writer(path: path, wallTime: 1_700_000_000)
    for event in events { try writer.append(event) }
    try writer.synchronize()
  }

  @Test func writesTheSameBytesAsTensorBoard() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/" + EventFile.name()
      try write(Array(Self.events.dropFirst()), to: path)
      #expect(try contents(path) == Golden.bytes("events.tfevents"))
    }
  }

  @Test func readsWhatTensorBoardWrote() throws {
    let read = try EventFile.read(path: Golden.path("events.tfevents"))
    #expect(read.events == Self.events && read.problem == nil)
  }

  /// `DANLU_EVENTS_OUT=FILE swift test --filter EventFile`, then `Scripts/golden/events.py check FILE`.
  @Test(
    .enabled(
      if: ProcessInfo.processInfo.environment["DANLU_EVENTS_OUT"] != nil,
      "set DANLU_EVENTS_OUT to keep a file for Scripts/golden/events.py check"))
  func leavesAFileForTensorBoard() throws {
    let path = try #require(ProcessInfo.processInfo.environment["DANLU_EVENTS_OUT"])
    try? FileManager.default.removeItem(atPath: path)
    let writer = try EventFile.Writer(path: path)
    for step in 0..<100 {
      let loss = SummaryValue(tag: "loss", .scalar(1 / Float(1 + step)))
      try writer.append([loss, SummaryValue(tag: "精度", .scalar(Float(step)))], step: step)
    }
    let picture = Image(width: 8, height: 4, color: [200, 30, 30]).enlarged(4)
    try writer.append(
      [
        .image(tag: "sample", picture),
        SummaryValue(tag: "weights", .histogram(Histogram(of: [-1, 0.5, 1, 2], bins: 3))),
        SummaryValue(tag: "note", .text(["丹炉"])),
      ], step: 100)
    try writer.flush()
  }

  @Test func everyTruncationKeepsTheWholeRecords() throws {
    let bytes = try Golden.bytes("events.tfevents")
    let whole = bytes.withUnsafeBytes { TFRecord.parse($0) }
    let ends = [0] + whole.records.map { $0.upperBound + 4 }
    for length in 0...bytes.count {
      let read = bytes[..<length].withUnsafeBytes { EventFile.parse($0) }
      let kept = ends.lastIndex { $0 <= length } ?? 0
      #expect(read.events.count == kept && read.wholeLength == ends[kept])
      #expect((read.problem == nil) == (ends[kept] == length))
    }
  }

  @Test func damageIsNoticedAnywhere() throws {
    let bytes = try Golden.bytes("events.tfevents")
    for index in 0..<bytes.count {
      var damaged = bytes
      damaged[index] ^= 0x10
      #expect(damaged.withUnsafeBytes { EventFile.parse($0) }.problem != nil)
    }
  }

  @Test func continuesAfterATornTail() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/events.tfevents"
      try write(Array(Self.events[1...2]), to: path)
      let whole = try contents(path)
      try Data(whole + whole.prefix(30)).write(to: URL(fileURLWithPath: path))
      try write(Array(Self.events[3...]), to: path)
      #expect(try contents(path) == Golden.bytes("events.tfevents"))
    }
  }

  @Test func truncatesAfterSoManyRecords() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/events.tfevents"
      try write(Array(Self.events.dropFirst()), to: path)
      try EventFile.truncate(path: path, keepingFirst: 3)
      #expect(try EventFile.read(path: path).events == Array(Self.events[..<3]))
      try EventFile.truncate(path: path, keepingFirst: 99)
      #expect(try EventFile.read(path: path).events == Array(Self.events[..<3]))
    }
  }

  @Test func histogramOfValues() {
    let histogram = Histogram(of: [0, 1, 2, 3, 4, .nan], bins: 2)
    #expect(histogram.counts == [2, 3] && histogram.limits == [2, 4] && histogram.count == 5)
    #expect(histogram.sum == 10 && histogram.sumOfSquares == 30)
    #expect(Histogram(of: []).counts == [0])
    #expect(Histogram(of: [7, 7]).counts == [2])
  }
}
