import Formats
import Foundation
import Messages
import Torch

/// A folder of images that users bring: IDX files (MNIST and its relatives), CIFAR's binary files or
/// PNG pictures, plain or gzip. What it holds is recognized by content, not by name.
public enum ImageFolder {
  /// Which files of a folder that holds both parts.
  public enum Part: Sendable {
    case training, test

    /// Whether a name says that it belongs to the other part.
    func excludes(_ name: String) -> Bool {
      let isTest = ["t10k", "test", "val"].contains { name.lowercased().hasPrefix($0) }
      let isTraining = name.lowercased().hasPrefix("train")
      return self == .training ? isTest : isTraining
    }
  }

  /// Reads the images as bytes `(N, C, H, W)`, with labels where the files have them; PNG pictures
  /// in sub-folders are labeled by folder.
  ///
  /// Throws `FileError` in one line naming the file: nothing readable in the folder, mixed kinds or
  /// sizes, truncated files, labels that do not fit.
  public static func read(path: String, part: Part = .training) throws -> Dataset {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw FileError(path: path, reason: "no such folder")
    }
    guard isDirectory.boolValue else {
      throw FileError(
        path: path, reason: "is a file; a folder of IDX, CIFAR or PNG files was expected")
    }
    let files = try list(path)
    let wanted = files.filter { !part.excludes($0.name) }
    guard !wanted.isEmpty else {
      let reason =
        files.isEmpty
        ? "no images: expected IDX, CIFAR (.bin) or PNG files, plain or gzip"
        : "no \(part == .training ? "training" : "test") images: only \(files[0].name) and its like"
      throw FileError(path: path, reason: reason)
    }
    let kinds = Set(wanted.map(\.kind))
    guard kinds.count == 1, let kind = kinds.first else {
      let examples = kinds.compactMap { kind in wanted.first { $0.kind == kind } }
        .map { "\($0.name) (\($0.kind.rawValue))" }.sorted()
      throw FileError(
        path: path,
        reason: "mixed kinds of files, one was expected: " + examples.joined(separator: ", "))
    }
    switch kind {
    case .idx: return try idx(wanted, folder: path)
    case .cifar: return try cifar(wanted, folder: path)
    case .png: return try pictures(wanted)
    }
  }

  private enum Kind: String {
    case idx = "IDX"
    case cifar = "CIFAR"
    case png = "PNG"
  }

  private struct File {
    let path: String
    /// Relative to the folder that was asked for.
    let name: String
    let kind: Kind
  }

  /// The recognized files of a folder and of its direct sub-folders.
  private static func list(_ folder: String) throws -> [File] {
    var files: [File] = []
    func add(_ name: String) throws {
      let path = folder + "/" + name
      if let kind = try recognize(path) { files.append(File(path: path, name: name, kind: kind)) }
    }
    for name in try Folder.names(in: folder) {
      var isDirectory: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: folder + "/" + name, isDirectory: &isDirectory)
      if isDirectory.boolValue {
        for inner in try Folder.names(in: folder + "/" + name) {
          var isFolder: ObjCBool = false
          let path = folder + "/" + name + "/" + inner
          _ = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
          if !isFolder.boolValue { try add(name + "/" + inner) }
        }
      } else {
        try add(name)
      }
    }
    return files
  }

  private static func recognize(_ path: String) throws -> Kind? {
    var start = [UInt8](repeating: 0, count: 8)
    let source = try ByteSource(path: path)
    let count = try start.withUnsafeMutableBytes { try source.read(into: $0) }
    let name = path.lowercased()
    if count == 8, start == [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] { return .png }
    if name.hasSuffix(".png") || name.hasSuffix(".png.gz") { return .png }
    // CIFAR's records start with a label and have no signature: only the name tells them.
    if name.hasSuffix(".bin") || name.hasSuffix(".bin.gz") { return .cifar }
    let types: [UInt8] = [8, 9, 0xb, 0xc, 0xd, 0xe]
    if count >= 4, start[0] == 0, start[1] == 0, types.contains(start[2]), 1...4 ~= start[3] {
      return .idx
    }
    return name.contains("-idx") ? .idx : nil
  }

  private static func idx(_ files: [File], folder: String) throws -> Dataset {
    let arrays = try files.map { (file: $0, array: try IDX.read(path: $0.path)) }
    for (file, array) in arrays where array.elementType != .uint8 {
      throw FileError(
        path: file.path,
        reason: "expected an IDX file of bytes (uint8), received \(array.elementType.rawValue)")
    }
    let images = arrays.filter { $0.array.shape.count >= 3 }
    let labels = arrays.filter { $0.array.shape.count == 1 }
    guard let first = images.first else {
      throw FileError(path: folder, reason: "IDX files, but none of images (three dimensions)")
    }
    guard images.count == 1 else {
      throw FileError(
        path: folder,
        reason:
          "\(images.count) IDX files of images (\(images.map(\.file.name).joined(separator: ", "))"
          + "); one was expected")
    }
    let shape = first.array.shape
    // Four axes: (N, H, W, C) as color pictures are kept, unless channels plainly come first.
    let pixels = Tensor(first.array.bytes, shape: shape)
    let inputs =
      shape.count == 3
      ? pixels.expandingAxis(1)
      : [1, 3, 4].contains(shape[1]) ? pixels : pixels.permuted(0, 3, 1, 2).contiguous()
    guard shape[0] > 0, inputs.count > 0 else {
      throw FileError(path: first.file.path, reason: "holds no images: its shape is \(shape)")
    }
    guard labels.count <= 1 else {
      throw FileError(
        path: folder,
        reason: "\(labels.count) IDX files of labels "
          + "(\(labels.map(\.file.name).joined(separator: ", "))); one was expected")
    }
    guard let pair = labels.first else { return Dataset(inputs: inputs) }
    guard pair.array.shape[0] == shape[0] else {
      throw FileError(
        path: pair.file.path,
        reason: "\(pair.array.shape[0]) labels for the \(shape[0]) images of \(first.file.name)")
    }
    return Dataset(inputs: inputs, labels: Tensor(pair.array.bytes.map(Int.init)))
  }

  private static func cifar(_ files: [File], folder: String) throws -> Dataset {
    var pixels: [UInt8] = []
    var labels: [Int] = []
    for file in files {
      let bytes = try ByteSource(path: file.path).readAll()
      // The two layouts differ by one byte a record, so a length fits both only by rare accident,
      // and then the labels decide.
      let variant: CIFAR.Variant =
        bytes.count % 3073 != 0 && bytes.count % 3074 == 0 ? .hundred : .ten
      let part = try bytes.withUnsafeBytes {
        try CIFAR(parsing: $0, variant: variant, path: file.path)
      }
      pixels.append(contentsOf: part.pixels)
      labels.append(contentsOf: part.labels.map(Int.init))
    }
    let names = try classNames(folder: folder)
    return Dataset(
      inputs: Tensor(pixels, shape: [labels.count, 3, 32, 32]), labels: Tensor(labels),
      classNames: names)
  }

  /// CIFAR-10 names its classes in `batches.meta.txt`, one a line.
  private static func classNames(folder: String) throws -> [String]? {
    let path = folder + "/batches.meta.txt"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let text = String(decoding: try ByteSource(path: path).readAll(), as: UTF8.self)
    let names = text.split(whereSeparator: \.isNewline).map(String.init)
    return names.isEmpty ? nil : names
  }

  private static func pictures(_ files: [File]) throws -> Dataset {
    let images = try files.map { file in
      try Image(png: try ByteSource(path: file.path).readAll(), path: file.path)
    }
    let first = images[0]
    for (file, image) in zip(files, images)
    where image.width != first.width || image.height != first.height {
      throw FileError(
        path: file.path,
        reason: "is \(image.width)×\(image.height), but \(files[0].name) is "
          + "\(first.width)×\(first.height); images of one size were expected")
    }
    // Opacity is no part of a training image, and one colored picture makes all colored.
    let channels = images.contains { $0.channels >= 3 } ? 3 : 1
    var pixels: [UInt8] = []
    pixels.reserveCapacity(images.count * first.width * first.height * channels)
    for image in images { pixels += image.converted(toChannels: channels).pixels }
    let inputs = Tensor(
      pixels, shape: [images.count, first.height, first.width, channels]
    ).permuted(0, 3, 1, 2).contiguous()
    let folders = files.map { file in
      file.name.contains("/") ? String(file.name.prefix { $0 != "/" }) : ""
    }
    let classes = Set(folders).sorted()
    guard classes.count > 1 || classes != [""] else { return Dataset(inputs: inputs) }
    let labels = folders.map { name in classes.firstIndex(of: name) ?? 0 }
    return Dataset(inputs: inputs, labels: Tensor(labels), classNames: classes)
  }
}
