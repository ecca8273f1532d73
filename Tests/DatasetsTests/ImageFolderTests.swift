import Datasets
import Formats
import Foundation
import Parallel
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct ImageFolderTests {
  private func idx(_ shape: [Int], _ bytes: [UInt8]) -> [UInt8] {
    [0, 0, 8, UInt8(shape.count)]
      + shape.flatMap { size in withUnsafeBytes(of: UInt32(size).bigEndian, Array.init) } + bytes
  }

  private func write(_ bytes: [UInt8], _ path: String) throws {
    try Folder.create((path as NSString).deletingLastPathComponent)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  private func message(_ folder: String, _ part: ImageFolder.Part = .training) -> String {
    do {
      _ = try ImageFolder.read(path: folder, part: part)
      return ""
    } catch { return "\(error)" }
  }

  @Test func readsIDXPairs() throws {
    try withTemporaryFolder { folder in
      try write(idx([2, 2, 3], Array(0..<12)), folder + "/train-images-idx3-ubyte")
      try write(idx([2], [7, 4]), folder + "/train-labels-idx1-ubyte")
      try write(idx([1, 2, 3], Array(0..<6)), folder + "/t10k-images-idx3-ubyte")
      let training = try ImageFolder.read(path: folder)
      #expect(training.inputs.shape == [2, 1, 2, 3])
      #expect(training.inputs.integers() == Array(0..<12))
      #expect(training.labels?.integers() == [7, 4])
      let test = try ImageFolder.read(path: folder, part: .test)
      #expect(test.count == 1 && test.labels == nil)
    }
  }

  @Test func readsPicturesByFolder() throws {
    try withTemporaryFolder { folder in
      for (index, name) in ["cat/a.png", "cat/b.png", "dog/a.png"].enumerated() {
        try Folder.create(folder + "/" + (name as NSString).deletingLastPathComponent)
        try Image(
          width: 2, height: 3, channels: 1, pixels: [UInt8](repeating: UInt8(index), count: 6)
        )
        .writePNG(to: folder + "/" + name)
      }
      let set = try ImageFolder.read(path: folder)
      #expect(set.inputs.shape == [3, 1, 3, 2])
      #expect(set.labels?.integers() == [0, 0, 1])
      #expect(set.classNames == ["cat", "dog"])
      // One colored picture makes all colored; planes, not interleaved.
      try Image(width: 2, height: 3, color: [9, 8, 7]).writePNG(to: folder + "/dog/c.png")
      let colored = try ImageFolder.read(path: folder)
      #expect(colored.inputs.shape == [4, 3, 3, 2])
      #expect(colored.inputs[3, 1].integers() == [8, 8, 8, 8, 8, 8])
      // Another size is an error that names the file.
      try Image(width: 4, height: 3, color: [1]).writePNG(to: folder + "/dog/z.png")
      #expect(message(folder).contains("dog/z.png: is 4×3, but cat/a.png is 2×3"))
    }
  }

  @Test func readsCIFAR() throws {
    try withTemporaryFolder { folder in
      let record = [UInt8(3)] + [UInt8](repeating: 5, count: 3072)
      try write(record + record, folder + "/data_batch_1.bin")
      try write(record, folder + "/data_batch_2.bin")
      try write(Array("plane\ncar\n".utf8), folder + "/batches.meta.txt")
      let set = try ImageFolder.read(path: folder)
      #expect(set.inputs.shape == [3, 3, 32, 32])
      #expect(set.labels?.integers() == [3, 3, 3])
      #expect(set.classNames == ["plane", "car"])
    }
  }

  @Test func badFoldersAreExplained() throws {
    try withTemporaryFolder { folder in
      #expect(message(folder + "/none").contains("no such folder"))
      #expect(message(folder).contains("no images: expected IDX, CIFAR (.bin) or PNG files"))
      try write(Array("hello".utf8), folder + "/notes.txt")
      #expect(message(folder).contains("no images"))
      #expect(message(folder + "/notes.txt").contains("is a file"))
      let whole = idx([2, 2, 2], Array(0..<8))
      try write(Array(whole.dropLast()), folder + "/images-idx3-ubyte")
      #expect(message(folder).contains("images-idx3-ubyte: truncated"))
      try write(whole, folder + "/images-idx3-ubyte")
      try write(idx([3], [1, 2, 3]), folder + "/labels-idx1-ubyte")
      #expect(
        message(folder).contains(
          "labels-idx1-ubyte: 3 labels for the 2 images of images-idx3-ubyte"))
      try write([0x89, 0x50], folder + "/a.png")
      #expect(message(folder).contains("mixed kinds of files"))
      for line in [message(folder), message(folder + "/none")] {
        #expect(!line.contains("\n"))
      }
    }
    try withTemporaryFolder { folder in
      try write(idx([0, 28, 28], []), folder + "/images-idx3-ubyte")
      #expect(message(folder).contains("holds no images"))
      try write(idx([1, 2, 2], [1, 2, 3, 4]), folder + "/t10k-images-idx3-ubyte")
      try FileManager.default.removeItem(atPath: folder + "/images-idx3-ubyte")
      #expect(message(folder).contains("no training images"))
    }
  }

  /// Damaged files throw or load; they never crash. Each format's own fuzzing lies with its reader.
  @Test func mutatedFoldersDoNotCrash() throws {
    try withTemporaryFolder { folder in
      var random = RandomStream(seed: 4)
      let image = Image(width: 4, height: 4, channels: 1, pixels: Array(0..<16)).png()
      let seeds = [("/a.png", image), ("/a-idx3-ubyte", idx([2, 2, 2], Array(0..<8)))]
      for _ in 0..<300 {
        let (name, seed) = seeds[random.below(2)]
        var bytes = seed
        for _ in 0...random.below(3) {
          bytes[random.below(bytes.count)] = UInt8(random.below(256))
        }
        if random.below(4) == 0 { bytes.removeLast(random.below(bytes.count)) }
        try write(bytes, folder + name)
        _ = try? ImageFolder.read(path: folder)
        try FileManager.default.removeItem(atPath: folder + name)
      }
    }
  }

  @Test(.enabled(if: SharedData.has("mnist"), SharedData.reason)) func readsTheRealSets() throws {
    let mnist = try ImageFolder.read(path: SharedData.path("mnist"))
    #expect(mnist.inputs.shape == [10_000, 1, 28, 28])
    #expect(mnist.labels?.shape == [10_000])
    let cifar = try ImageFolder.read(path: SharedData.path("cifar10-small"))
    #expect(cifar.inputs.shape == [3600, 3, 32, 32])
    #expect(cifar.classNames?.count == 10)
  }
}
