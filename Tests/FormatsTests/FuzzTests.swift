import Formats
import Foundation
import Messages
import Parallel
import TestSupport
import Testing

/// Mutated files for every parser: none may crash, hang, allocate beyond its input, or throw
/// anything but a one-line `FileError`. `make fuzz` reads a million for each parser.
@Suite struct FuzzTests {
  static let inputs = fuzzInputCount(1_500)

  /// A parser and valid inputs to start from.
  struct Target: Sendable, CustomTestStringConvertible {
    let name: String
    /// Files beside the tests.
    var seeds: [String] = []
    var texts: [String] = []
    let parse: @Sendable (UnsafeRawBufferPointer) throws -> Void
    /// Makes a mutated input reach behind checksums.
    var repair: @Sendable (inout [UInt8]) -> Void = { _ in }
    var testDescription: String { name }
  }

  static let targets: [Target] = [
    Target(
      name: "CSV",
      texts: [
        "a,b,c\n1,2.5,\"x\"\"y\"\n-3,,z\n\"4\",1e9,\"q\nr\"\n",
        "id\tzip\tname\r\n1\t007\tAda\r\n2\tNA\tGrace\r\n\r\n3\t010\t\r\n",
        "\u{feff}x;y\n0,5;\"1\"\n", "1 | 2 | three\n4 | 5 | six\n",
      ]
    ) { _ = try Table(parsingCSV: $0, path: "x") },
    Target(
      name: "table of JSON lines",
      texts: [
        "{\"a\": 1, \"b\": [1, 2.5]}\n{\"a\": null, \"c\": \"x\"}\n",
        "{\"text\": \"tw\\u00e4\", \"ok\": true, \"n\": -1e3}\n\n{\"n\": 2}\n",
      ]
    ) { _ = try Table(parsingJSONLines: $0, path: "x") },
    Target(name: "safetensors", seeds: ["tensors.safetensors"]) {
      _ = try SafetensorsHeader(parsing: $0, path: "x")
    },
    Target(
      name: "npy", seeds: ["ramp-f4.npy", "ramp-fortran.npy", "ramp-big-endian.npy", "scalar.npy"]
    ) { _ = try NPY.parse($0, path: "x") },
    Target(
      name: "npz", seeds: ["arrays.npz", "arrays-compressed.npz"],
      parse: { _ = try NPZ.parse($0, path: "x") }, repair: forgetZipChecksums),
    Target(
      name: "PyTorch", seeds: ["state.pt", "state-protocol4.pt", "module.pt"],
      parse: { _ = try TorchFile.parse($0, path: "x") }, repair: forgetZipChecksums),
    Target(name: "PyTorch before 1.6", seeds: ["state-legacy.pt"]) {
      _ = try TorchFile.parse($0, path: "x")
    },
    Target(name: "TensorFlow", seeds: ["types.ckpt.index"]) {
      _ = try TensorFlowCheckpoint.parse($0, path: "x")
    },
    Target(name: "IDX", seeds: ["images-idx3-ubyte", "shorts-idx1", "doubles-idx2"]) {
      _ = try IDX.parse($0, path: "x")
    },
    Target(name: "CIFAR", seeds: ["cifar.bin.gz"]) {
      _ = try CIFAR(parsing: $0, path: "x")
    },
    Target(
      name: "PNG",
      seeds: [
        "gray.png", "rgb.png", "rgba.png", "bilevel.png", "deep.png", "gray-opacity.png",
        "palette.png", "palette-bits4.png", "palette-transparent.png", "rgb-transparent.png",
        "interlaced.png",
      ],
      parse: { _ = try Image(png: $0, path: "x") }, repair: repairPNG),
    Target(
      name: "events", seeds: ["events.tfevents"],
      parse: { _ = EventFile.parse($0) }, repair: repairRecords),
    Target(name: "JSON lines", seeds: ["tensors.safetensors"]) { bytes in
      _ = try JSONLines.parse(bytes, path: "x")
      let text = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(8))
      do { _ = try JSONValue(parsing: text) } catch is JSONError {}
    },
  ]

  @Test(arguments: targets) func survives(target: Target) throws {
    var random = RandomStream(seed: 20_200, stream: UInt64(target.name.utf8.count))
    let seeds =
      try target.seeds.map { try ByteSource(path: Golden.path($0)).readAll() }
      + target.texts.map { Array($0.utf8) }
    let memoryBefore = peakMemory()
    var slowest = 0.0
    for _ in 0..<Self.inputs {
      var input = seeds[random.below(seeds.count)]
      for _ in 0...random.below(4) { mutate(&input, &random) }
      // Half of the inputs get their checksums back, so that what lies behind them is reached.
      if random.below(2) == 0 { target.repair(&input) }
      let start = processorSeconds()
      do {
        try input.withUnsafeBytes(target.parse)
      } catch let error as FileError {
        if error.description.contains(where: \.isNewline) {
          Issue.record("an error of several lines: \(error)")
        }
      }
      slowest = max(slowest, processorSeconds() - start)
    }
    #expect(slowest < 2, "the slowest input took \(slowest) s")
    // Other tests run beside this one; a header that is believed would ask for petabytes.
    #expect(peakMemory() - memoryBefore < 1 << 30)
  }

  /// Recomputes the checksums of the chunks that still parse.
  @Sendable private static func repairPNG(_ bytes: inout [UInt8]) {
    var offset = 8
    while offset + 12 <= bytes.count {
      let length = bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
      guard length <= bytes.count - offset - 12 else { return }
      let crc = crc32(bytes[offset + 4..<offset + 8 + length])
      for index in 0..<4 {
        bytes[offset + 8 + length + index] = UInt8(
          truncatingIfNeeded: crc >> UInt32(24 - 8 * index))
      }
      offset += 12 + length
    }
  }

  /// Sets the checksums in a zip archive's directory to 0, which says that there are none.
  @Sendable private static func forgetZipChecksums(_ bytes: inout [UInt8]) {
    var offset = 0
    while offset + 46 <= bytes.count {
      if bytes[offset] == 0x50, bytes[offset + 1] == 0x4b, bytes[offset + 2] == 1,
        bytes[offset + 3] == 2
      {
        for index in 16..<20 { bytes[offset + index] = 0 }
        offset += 45
      }
      offset += 1
    }
  }

  private static let crcTable: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { crc, _ in
      crc & 1 == 1 ? (crc >> 1) ^ 0xedb8_8320 : crc >> 1
    }
  }

  private static func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    ~bytes.reduce(~0) { crcTable[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ ($0 >> 8) }
  }

  /// Recomputes the checksums of the records that still parse.
  @Sendable private static func repairRecords(_ bytes: inout [UInt8]) {
    var offset = 0
    while offset + 16 <= bytes.count {
      let length = bytes[offset..<offset + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      guard length <= bytes.count - offset - 16 else { return }
      let end = offset + 16 + Int(length)
      let data = Array(bytes[offset + 12..<end - 4])
      bytes.replaceSubrange(offset..<end, with: TFRecord.framed(data))
      offset = end
    }
  }

  /// Seconds this thread has computed: unlike the clock, not stretched by other work.
  private func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// The process's largest resident size so far, in bytes.
  private func peakMemory() -> Int {
    var usage = rusage()
    #if canImport(Darwin)
      getrusage(RUSAGE_SELF, &usage)
      return Int(usage.ru_maxrss)
    #else
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      return Int(usage.ru_maxrss) << 10
    #endif
  }
}
