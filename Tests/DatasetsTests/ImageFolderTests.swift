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

/// Which files belong to which part, and what stands beside them.
@Suite(.enabled(if: hasTorch, torchReason)) struct ImageFolderPartTests {
  private func picture(_ path: String, _ value: UInt8 = 1, width: Int = 2) throws {
    try Folder.create((path as NSString).deletingLastPathComponent)
    try Image(
      width: width, height: 2, channels: 1, pixels: [UInt8](repeating: value, count: 2 * width)
    ).writePNG(to: path)
  }

  private func cifar(_ path: String, _ labels: [UInt8]) throws {
    try Folder.create((path as NSString).deletingLastPathComponent)
    let bytes = labels.flatMap { [$0] + [UInt8](repeating: 0, count: 3072) }
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  private func idx(_ path: String, _ code: UInt8, _ shape: [UInt32], _ data: [UInt8]) throws {
    try Folder.create((path as NSString).deletingLastPathComponent)
    let head: [UInt8] =
      [0, 0, code, UInt8(shape.count)]
      + shape.flatMap { size in withUnsafeBytes(of: size.bigEndian, Array.init) }
    try Data(head + data).write(to: URL(fileURLWithPath: path))
  }

  private func labels(_ path: String, _ part: ImageFolder.Part = .training) throws -> [Int] {
    try ImageFolder.read(path: path, part: part).labels?.integers() ?? []
  }

  @Test func partsOfCIFARAreToldByTheirNames() throws {
    try withTemporaryFolder { folder in
      try cifar(folder + "/data_batch_1.bin", [1, 2])
      try cifar(folder + "/data_batch_2.bin", [3, 4])
      try cifar(folder + "/test_batch.bin", [9])
      #expect(try labels(folder) == [1, 2, 3, 4])
      #expect(try labels(folder, .test) == [9])
      #expect(
        message { _ = try labels(folder, .validation) }.contains("no validation images"))
      // A name that says nothing leaks nowhere.
      try cifar(folder + "/extra.bin", [5])
      for part in ImageFolder.Part.allCases {
        #expect(message { _ = try labels(folder, part) }.contains("extra.bin: belongs to no part"))
      }
    }
  }

  @Test func namesMaySpellAPartInManyWays() throws {
    for (training, test) in [
      ("trainset.bin", "testset.bin"), ("train1.bin", "test1.bin"), ("Train.bin", "TEST.bin"),
      ("my-training-2.bin", "my-testing-2.bin"), ("cifar.train.bin", "cifar.test.bin"),
    ] {
      try withTemporaryFolder { folder in
        try cifar(folder + "/" + training, [1])
        try cifar(folder + "/" + test, [2])
        #expect(try labels(folder) == [1], "\(training)")
        #expect(try labels(folder, .test) == [2], "\(test)")
      }
    }
    try withTemporaryFolder { folder in
      for name in ["train1.png", "train_2.png", "test1.png"] { try picture(folder + "/" + name) }
      #expect(try ImageFolder.read(path: folder).count == 2)
      #expect(try ImageFolder.read(path: folder, part: .test).count == 1)
    }
    try withTemporaryFolder { folder in
      for name in ["testudo.png", "valley.png"] { try picture(folder + "/" + name) }
      #expect(try ImageFolder.read(path: folder).count == 2)
    }
  }

  @Test func aPictureBesideTheClassesIsRefused() throws {
    try withTemporaryFolder { folder in
      for name in ["cat/1.png", "cat/2.png", "dog/1.png"] { try picture(folder + "/" + name) }
      try picture(folder + "/.preview.png")
      try picture(folder + "/cat/._1.png")
      let data = try ImageFolder.read(path: folder)
      #expect(data.classNames == ["cat", "dog"] && data.labels?.integers() == [0, 0, 1])
      #expect(message { _ = try labels(folder, .test) }.contains("no test images"))
      try picture(folder + "/preview.png")
      #expect(
        message { _ = try labels(folder) }.contains(
          "preview.png: stands beside the folders of classes (cat, dog)"))
    }
  }

  @Test func aPictureThatCannotBeReadIsNotPassedOver() throws {
    try withTemporaryFolder { folder in
      try picture(folder + "/cat/1.png")
      try Data([0xff, 0xd8, 0xff, 0xe0]).write(to: URL(fileURLWithPath: folder + "/cat/2.JPG"))
      #expect(
        message { _ = try labels(folder) }.hasSuffix(
          "cat/2.JPG: is no PNG picture; pictures are read as PNG only"))
      try FileManager.default.removeItem(atPath: folder + "/cat/1.png")
      #expect(message { _ = try labels(folder) }.contains("is no PNG picture"))
      // Beside files of another kind it is only a preview.
      try cifar(folder + "/train.bin", [1])
      #expect(try labels(folder) == [1])
    }
  }

  @Test func foldersOfPartsHoldFoldersOfClasses() throws {
    try withTemporaryFolder { folder in
      for name in ["train/cat/1.png", "train/dog/1.png", "val/cat/2.png", "test/dog/1.png"] {
        try picture(folder + "/" + name)
      }
      #expect(try labels(folder) == [0, 1])
      // A label means the same in every part, whichever classes that part has.
      for part in ImageFolder.Part.allCases {
        #expect(try ImageFolder.read(path: folder, part: part).classNames == ["cat", "dog"])
      }
      #expect(try labels(folder, .validation) == [0] && labels(folder, .test) == [1])
      try picture(folder + "/train/dog/deeper/2.png")
      #expect(try labels(folder) == [0, 1, 1])
      try picture(folder + "/others/cat/1.png")
      #expect(message { _ = try labels(folder) }.contains("belongs to no part"))
    }
    // One folder of such a name among others is a class.
    try withTemporaryFolder { folder in
      for name in ["bus/1.png", "testudo/1.png", "train/1.png"] { try picture(folder + "/" + name) }
      #expect(try ImageFolder.read(path: folder).classNames == ["bus", "testudo", "train"])
    }
  }

  @Test func relativesOfMNISTAreRead() throws {
    try withTemporaryFolder { folder in
      let pixels = [UInt8](repeating: 9, count: 2 * 16)
      try idx(folder + "/int/images-idx3-ubyte", 8, [2, 4, 4], pixels)
      try idx(folder + "/int/labels-idx1-int", 0x0c, [2], [0, 0, 0, 3, 0, 0, 0, 7])
      try idx(folder + "/qmnist/qmnist-train-images-idx3-ubyte", 8, [2, 4, 4], pixels)
      let rest = [UInt8](repeating: 0, count: 28)
      try idx(
        folder + "/qmnist/qmnist-train-labels-idx2-int", 0x0c, [2, 8],
        [0, 0, 0, 3] + rest + [0, 0, 0, 7] + rest)
      for (part, shift) in [("train", UInt8(0)), ("test", 1)] {
        let stem = folder + "/emnist/emnist-letters-\(part)"
        try idx(stem + "-images-idx3-ubyte", 8, [2, 4, 4], pixels)
        try idx(stem + "-labels-idx1-ubyte", 8, [2], [3 + shift, 7 + shift])
      }
      for name in ["int", "qmnist", "emnist"] {
        #expect(try labels(folder + "/" + name) == [3, 7])
      }
      #expect(try labels(folder + "/emnist", .test) == [4, 8])
      // Of several files of labels, the one that is called as the images.
      try idx(
        folder + "/emnist/emnist-letters-train-writers-labels-idx1-ubyte", 8, [2], [0, 1])
      #expect(try labels(folder + "/emnist") == [3, 7])
      try idx(folder + "/int/more-labels-idx1-ubyte", 8, [2], [1, 1])
      #expect(try labels(folder + "/int") == [3, 7])
      try idx(folder + "/int/labels-idx1-int", 0x0c, [2], [255, 255, 255, 255, 0, 0, 0, 7])
      #expect(message { _ = try labels(folder + "/int") }.contains("label 0 is -1"))
    }
  }

  @Test func picturesAreReadWhenTheyAreNeeded() throws {
    try withTemporaryFolder { folder in
      try picture(folder + "/cat/1.png", 7)
      try picture(folder + "/dog/1.png", 9, width: 5)
      let files = try ImageFolder.examples(path: folder, channels: 1)
      #expect(files.count == 2 && files.classNames == ["cat", "dog"])
      let loader = try BatchLoader(
        files, .init(batchSize: 2, order: .sequential, pixelScale: .none),
        transforms: [CenterCrop(height: 2, width: 2)])
      let batch = try loader.next()
      #expect(batch.input.shape == [2, 1, 2, 2])
      #expect(batch.input.integers() == [7, 7, 7, 7, 9, 9, 9, 9])
      #expect(batch.labels?.integers() == [0, 1])
    }
  }
}
