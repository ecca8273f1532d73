import Formats
import Foundation
import Messages
import Parallel
import Torch

/// A folder of images that users bring: IDX files (MNIST and its relatives), CIFAR's binary files or
/// PNG pictures, plain or gzip. What it holds is recognized by content, not by name; to which part a file
/// belongs says a word in its name, or the name of its folder (`train/cat/1.png`):
///
/// | part | words |
/// | --- | --- |
/// | training | `train`, `training`, `data_batch` (CIFAR-10) |
/// | validation | `val`, `valid`, `validation` |
/// | test | `test`, `testing`, `t10k` |
///
/// Where no name has such a word all is training data. Where some have one, a file without is an error:
/// it must not leak into any part. Hidden files are left out.
public enum ImageFolder {
  /// Which files of a folder that holds several parts.
  public enum Part: String, Sendable, CaseIterable {
    case training, validation, test

    private var words: Set<String> {
      switch self {
      case .training: ["train", "training"]
      case .validation: ["val", "valid", "validation"]
      case .test: ["test", "testing", "t10k"]
      }
    }

    /// The parts that a name speaks of. Of a file that holds a whole part the beginning of a word counts,
    /// too (`trainset.bin`); of one picture it may mean anything (`testudo.png`).
    static func named(in name: String, isOnePicture: Bool) -> [Part] {
      let name = name.lowercased()
      if name.hasPrefix("data_batch") { return [.training] }
      let words = name.split { !$0.isLetter && !$0.isNumber }.map { word in
        // train1.bin, test_2.png
        word.hasPrefix("t10k") ? "t10k" : String(word.prefix { !$0.isNumber })
      }
      return allCases.filter { part in
        words.contains { word in
          part.words.contains(word)
            || (!isOnePicture && word.count > 4
              && part.words.contains { $0.count > 3 && word.hasPrefix($0) })
        }
      }
    }

    /// Whether a folder's name is that of a part and nothing else.
    static func isFolderName(_ name: String) -> Bool {
      allCases.contains { $0.words.contains(name.lowercased()) }
    }
  }

  /// Reads the images as bytes `(N, C, H, W)`, with labels where the files have them; PNG pictures
  /// in sub-folders are labeled by folder.
  ///
  /// Throws `FileError` in one line naming the file: nothing readable in the folder, mixed kinds or
  /// sizes, truncated files, labels that do not fit, a file that belongs to no part or stands beside
  /// the folders of classes.
  public static func read(path: String, part: Part = .training) throws -> Dataset {
    let (kind, files, classNames) = try files(path, part)
    switch kind {
    case .idx: return try idx(files, folder: path)
    case .cifar: return try cifar(files, folder: path)
    case .png, .unreadable: return try pictures(files, classNames)
    }
  }

  /// The PNG pictures of a folder, each read when its batch is made: for more than memory holds, and for
  /// pictures of different sizes, which a transform (`RandomCrop`) makes equal.
  ///
  /// - Parameter channels: 1 (gray), 3 (RGB) or 4: what all pictures are converted to.
  public static func examples(
    path: String, part: Part = .training, channels: Int = 3
  ) throws -> PictureFiles {
    let (kind, files, classNames) = try files(path, part)
    guard kind == .png else {
      throw FileError(
        path: path, reason: "holds \(kind.rawValue) files; PNG pictures were expected")
    }
    return PictureFiles(
      paths: files.map(\.path), classLabels: try labels(of: files, classNames),
      classNames: classNames, channels: channels)
  }

  /// The files of a part, all of one kind, and the classes of pictures: those of all parts, so that a
  /// label means the same in each.
  private static func files(
    _ path: String, _ part: Part
  ) throws -> (kind: Kind, files: [File], classNames: [String]?) {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw FileError(path: path, reason: "no such folder")
    }
    guard isDirectory.boolValue else {
      throw FileError(
        path: path, reason: "is a file; a folder of IDX, CIFAR or PNG files was expected")
    }
    let recognized = try list(path)
    let all = recognized.filter { $0.kind != .unreadable }
    if let picture = recognized.first(where: { $0.kind == .unreadable }),
      all.allSatisfy({ $0.kind == .png })
    {
      throw FileError(
        path: picture.path, reason: "is no PNG picture; pictures are read as PNG only")
    }
    guard !all.isEmpty else {
      throw FileError(
        path: path, reason: "no images: expected IDX, CIFAR (.bin) or PNG files, plain or gzip")
    }
    let wanted = try select(part, of: all, folder: path)
    guard let first = wanted.first else {
      throw FileError(
        path: path,
        reason: "no \(part.rawValue) images: only \(all[0].place) and its like")
    }
    if let other = wanted.first(where: { $0.kind != first.kind }) {
      throw FileError(
        path: path,
        reason: "mixed kinds of files, one was expected: \(first.name) (\(first.kind.rawValue)), "
          + "\(other.name) (\(other.kind.rawValue))")
    }
    let classes = Set(all.filter { $0.kind == .png }.compactMap(\.classFolder)).sorted()
    return (first.kind, wanted, classes.isEmpty ? nil : classes)
  }

  /// The files of a part.
  private static func select(_ part: Part, of files: [File], folder: String) throws -> [File] {
    let named = files.map { file in
      let name = file.partFolder ?? (file.name as NSString).lastPathComponent
      return Part.named(in: name, isOnePicture: file.kind == .png)
    }
    if let place = named.firstIndex(where: { $0.count > 1 }) {
      throw FileError(
        path: files[place].path,
        reason: "its name speaks of \(named[place].map(\.rawValue).joined(separator: " and ")); "
          + "one part was expected")
    }
    guard let known = named.firstIndex(where: { !$0.isEmpty }) else {
      return part == .training ? files : []
    }
    if let unknown = named.firstIndex(where: \.isEmpty) {
      throw FileError(
        path: files[unknown].path,
        reason:
          "belongs to no part, while \(files[known].place) is \(named[known][0].rawValue) data; "
          + "a name with train, val or test was expected")
    }
    return zip(files, named).filter { $1 == [part] }.map(\.0)
  }

  private enum Kind: String {
    case idx = "IDX"
    case cifar = "CIFAR"
    case png = "PNG"
    /// A picture of another format: it must not be missing without a word.
    case unreadable = "picture of another format"
  }

  private struct File {
    let path: String
    /// Relative to the folder that was asked for, or to that of its part.
    let name: String
    let kind: Kind
    /// The folder of a part that it lies in.
    let partFolder: String?

    /// The folder of a class that it lies in, at any depth.
    var classFolder: String? {
      name.contains("/") ? String(name.prefix { $0 != "/" }) : nil
    }

    /// Relative to the folder that was asked for.
    var place: String { partFolder.map { "\($0)/\(name)" } ?? name }
  }

  /// The recognized files of a folder and of all folders in it.
  private static func list(_ folder: String) throws -> [File] {
    let names = try Folder.names(in: folder)
    let folders = names.filter { isFolder(folder + "/" + $0) }
    let parts = folders.filter(Part.isFolderName)
    // One folder of such a name among others may be a class: bus, car, train.
    guard parts.count >= 2 || (parts.count == 1 && parts == folders) else {
      return try list(folder, partFolder: nil)
    }
    let inParts = try parts.flatMap { try list("\(folder)/\($0)", partFolder: $0) }
    let others = try names.filter { !parts.contains($0) }.flatMap { name in
      isFolder(folder + "/" + name)
        ? try list("\(folder)/\(name)", partFolder: name)
        : try file("\(folder)/\(name)", name, partFolder: nil).map { [$0] } ?? []
    }
    return inParts + others
  }

  private static func list(_ folder: String, partFolder: String?) throws -> [File] {
    var files: [File] = []
    func walk(_ path: String, _ prefix: String) throws {
      for name in try Folder.names(in: path) {
        if isFolder(path + "/" + name) {
          try walk(path + "/" + name, prefix + name + "/")
        } else if let file = try file(path + "/" + name, prefix + name, partFolder: partFolder) {
          files.append(file)
        }
      }
    }
    try walk(folder, "")
    // A file and its packed copy are one.
    let names = Set(files.map(\.name))
    return files.filter {
      !($0.name.hasSuffix(".gz") && names.contains(String($0.name.dropLast(3))))
    }
  }

  private static func file(_ path: String, _ name: String, partFolder: String?) throws -> File? {
    try recognize(path).map { File(path: path, name: name, kind: $0, partFolder: partFolder) }
  }

  private static func isFolder(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
      && isDirectory.boolValue
  }

  private static func recognize(_ path: String) throws -> Kind? {
    var start = [UInt8](repeating: 0, count: 8)
    let source = try ByteSource(path: path)
    let count = try start.withUnsafeMutableBytes { try source.read(into: $0) }
    let name = path.lowercased()
    if count == 8, start == [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] { return .png }
    if name.hasSuffix(".png") || name.hasSuffix(".png.gz") { return .png }
    let others = [".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm"]
    if others.contains(where: name.hasSuffix) { return .unreadable }
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
    let images = arrays.filter { $0.array.shape.count >= 3 }
    let labels = arrays.filter { 1...2 ~= $0.array.shape.count }
    for (file, array) in images where array.elementType != .uint8 {
      throw FileError(
        path: file.path,
        reason: "expected images of bytes (uint8), received \(array.elementType.rawValue)")
    }
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
    guard !labels.isEmpty else { return Dataset(inputs: inputs) }
    let stem = stem(first.file, "images")
    let pairs = labels.count == 1 ? labels : labels.filter { self.stem($0.file, "labels") == stem }
    guard pairs.count == 1, let pair = pairs.first else {
      throw FileError(
        path: folder,
        reason: "\(labels.count) IDX files of labels "
          + "(\(labels.map(\.file.name).joined(separator: ", "))); one was expected, or one called "
          + "as \(first.file.name) with labels in place of images")
    }
    return Dataset(
      inputs: inputs,
      labels: Tensor(try classes(pair.array, of: pair.file, images: shape[0], first.file.name)))
  }

  /// A name up to its format, without the word for what it holds.
  private static func stem(_ file: File, _ word: String) -> String {
    let name = file.name.lowercased()
    let stem = name.range(of: "idx").map { String(name[..<$0.lowerBound]) } ?? name
    return stem.replacingOccurrences(of: word, with: "")
  }

  /// The classes `(N)`.
  private static func classes(
    _ array: NumericArray, of file: File, images: Int, _ imagesName: String
  ) throws -> [Int] {
    let classes = try IDX.labels(of: array, path: file.path)
    guard classes.count == images else {
      throw FileError(
        path: file.path,
        reason: "\(classes.count) labels for the \(images) images of \(imagesName)")
    }
    if let place = classes.firstIndex(where: { $0 < 0 }) {
      throw FileError(
        path: file.path,
        reason: "label \(place) is \(classes[place]), a class from 0 was expected")
    }
    return classes
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

  private static func pictures(_ files: [File], _ classNames: [String]?) throws -> Dataset {
    let labels = try labels(of: files, classNames)
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
    return Dataset(
      inputs: inputs, labels: labels.map { Tensor($0) }, classNames: classNames)
  }

  /// The labels of pictures in folders of classes; `nil` where there are no such folders.
  private static func labels(of files: [File], _ classNames: [String]?) throws -> [Int]? {
    guard let classNames else { return nil }
    let numbers = Dictionary(uniqueKeysWithValues: classNames.enumerated().map { ($1, $0) })
    return try files.map { file in
      guard let label = file.classFolder.flatMap({ numbers[$0] }) else {
        throw FileError(
          path: file.path,
          reason:
            "stands beside the folders of classes (\(classNames.joined(separator: ", "))); it "
            + "belongs into one of them, or elsewhere")
      }
      return label
    }
  }
}

/// PNG pictures by their files, labeled by folder: bytes `[C, H, W]`, read at each visit.
public struct PictureFiles: ExampleSource {
  public let paths: [String]
  public let classLabels: [Int]?
  public let classNames: [String]?
  public let channels: Int

  public var count: Int { paths.count }

  public func example(at index: Int, random: inout RandomStream) throws -> Example {
    let path = paths[index]
    let image = try Image(png: try ByteSource(path: path).readAll(), path: path)
    return Example(
      .image(image.converted(toChannels: channels)),
      label: classLabels.map { .integer($0[index]) })
  }
}
