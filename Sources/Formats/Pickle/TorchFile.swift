import Messages

/// The elements that tensors of a PyTorch file share: where they are is found when they are read.
final class TorchStorage: Sendable {
  let key: String
  let elementType: ElementType
  /// How many elements there are.
  let count: Int

  init(key: String, elementType: ElementType, count: Int) {
    self.key = key
    self.elementType = elementType
    self.count = count
  }
}

/// A tensor as a view of a storage.
struct TorchTensor: Sendable {
  let storage: TorchStorage
  let offset: Int
  let shape: [Int]
  let strides: [Int]

  /// Whether the shape is possible and every element lies within the storage.
  var fitsStorage: Bool {
    guard let elements = elementCount(of: shape), offset >= 0, strides.allSatisfy({ $0 >= 0 }),
      case (_, false) = elements.multipliedReportingOverflow(by: 16)
    else { return false }
    if elements == 0 { return true }
    // Axes of stride 0 repeat elements; a small file must not ask for endless memory.
    guard elements <= max(storage.count, 1 << 16) else { return false }
    var last = offset
    for (length, stride) in zip(shape, strides) {
      let (step, overflows) = (length - 1).multipliedReportingOverflow(by: stride)
      let (sum, carries) = last.addingReportingOverflow(step)
      if overflows || carries { return false }
      last = sum
    }
    return last < storage.count
  }

  /// The elements in C order, out of the storage's bytes.
  func elements(of bytes: UnsafeRawBufferPointer) -> [UInt8] {
    let width = storage.elementType.size
    let count = elementCount(of: shape) ?? 0
    if count == 0 { return [] }
    var expected = 1
    var isContiguous = true
    for (length, stride) in zip(shape, strides).reversed() where length != 1 {
      isContiguous = isContiguous && stride == expected
      expected *= length
    }
    if isContiguous { return Array(bytes[offset * width..<(offset + count) * width]) }
    return StridedElements.inRowMajorOrder(
      bytes, from: offset, shape: shape, strides: strides, width: width)
  }
}

/// One tensor of a PyTorch file.
public struct TorchEntry: Sendable {
  /// The keys that lead to it, joined by dots: `state_dict.encoder.weight`.
  public let name: String
  public let elementType: ElementType
  public let shape: [Int]
  let tensor: TorchTensor
}

/// PyTorch's own files of tensors (`.pt`, `.pth`, `.bin`): what `torch.save` writes of a state dictionary,
/// in its present form, a zip archive, and in that before version 1.6.
///
/// Dictionaries and lists may be nested; values that are no tensors are passed over. Anything that would
/// have to be run is refused by its name: see `PickleReader`.
public final class TorchFile: Sendable {
  public let path: String
  /// The tensors in the order of the file.
  public let entries: [TorchEntry]
  private let file: MappedFile
  private let storages: Storages
  private let indexByName: [String: Int]

  /// Where the bytes of storages are.
  private enum Storages: Sendable {
    /// Members of an archive, in this folder of it.
    case members(folder: String)
    /// Ranges of the file.
    case ranges([String: Range<Int>])
  }

  /// Maps and checks `path`. Throws `FileError` where it is missing, damaged or holds more than tensors.
  public convenience init(path: String) throws {
    try self.init(file: MappedFile(path: path))
  }

  private init(file: MappedFile) throws {
    self.file = file
    path = file.path
    (entries, storages) = try TorchFile.content(file.bytes, path: file.path)
    indexByName = Dictionary(
      entries.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Whether a file begins as one of PyTorch's does. Throws `FileError` if it cannot be opened.
  public static func recognizes(path: String) throws -> Bool {
    let file = try MappedFile(path: path)
    return withExtendedLifetime(file) { recognizes(file.bytes) }
  }

  /// Whether bytes begin as one of PyTorch's files does.
  public static func recognizes(_ bytes: UnsafeRawBufferPointer) -> Bool {
    ZipReader.recognizes(bytes) || (bytes.count > 1 && bytes[0] == 0x80 && (2...5) ~= bytes[1])
  }

  /// Parses a whole file and reads every tensor. Throws `FileError` naming `path`.
  public static func parse(
    _ bytes: UnsafeRawBufferPointer, path: String
  ) throws -> [(name: String, array: NumericArray)] {
    let (entries, storages) = try content(bytes, path: path)
    return try entries.map { ($0.name, try array($0, bytes, storages, path: path)) }
  }

  /// The tensor called `name`, or `nil`.
  public subscript(name: String) -> TorchEntry? { indexByName[name].map { entries[$0] } }

  /// A copy of the tensor as a value, in C order. Throws `FileError` if its bytes are damaged.
  public func array(_ entry: TorchEntry) throws -> NumericArray {
    try TorchFile.array(entry, file.bytes, storages, path: path)
  }

  // MARK: - Reading

  private static func content(
    _ bytes: UnsafeRawBufferPointer, path: String
  ) throws -> ([TorchEntry], Storages) {
    if ZipReader.recognizes(bytes) { return try archive(bytes, path: path) }
    guard recognizes(bytes) else {
      throw FileError(
        path: path, reason: "not a file of PyTorch: neither a zip archive nor a pickle")
    }
    return try legacy(bytes, path: path)
  }

  private static func archive(
    _ bytes: UnsafeRawBufferPointer, path: String
  ) throws -> ([TorchEntry], Storages) {
    let archive = try ZipReader(bytes, path: path)
    guard
      let pickle = archive.members.first(where: {
        $0.name == "data.pkl" || $0.name.hasSuffix("/data.pkl")
      })
    else {
      throw FileError(path: path, reason: "a zip archive without data.pkl, so not of PyTorch")
    }
    let folder = String(pickle.name.dropLast("data.pkl".count))
    if let order = archive.members.first(where: { $0.name == folder + "byteorder" }),
      try archive.contents(of: order).starts(with: Array("big".utf8))
    {
      throw FileError(
        path: path, reason: "its numbers are big endian; save it anew on another machine")
    }
    let sizes = Dictionary(uniqueKeysWithValues: archive.members.map { ($0.name, $0.size) })
    let root = try archive.contents(of: pickle).withUnsafeBytes { contents in
      var cursor = ByteCursor(contents, path: path)
      return try PickleReader.read(&cursor) { description in
        let storage = try self.storage(description, path: path)
        guard let size = sizes[folder + "data/" + storage.key],
          size / storage.elementType.size >= storage.count
        else {
          throw FileError(
            path: path, reason: "storage \(storage.key.quotedForMessage) is missing or too short")
        }
        return storage
      }
    }
    return (try entries(of: root, path: path), .members(folder: folder + "data/"))
  }

  /// Before 1.6: a signature, a version, the machine, the pickle, the storages' keys, their bytes.
  private static func legacy(
    _ bytes: UnsafeRawBufferPointer, path: String
  ) throws -> ([TorchEntry], Storages) {
    var cursor = ByteCursor(bytes, path: path)
    func read(_ storage: @escaping (PickleValue) throws -> TorchStorage) throws -> PickleValue {
      try PickleReader.read(&cursor, storage: storage)
    }
    func none(_: PickleValue) throws -> TorchStorage {
      throw FileError(path: path, reason: "a pickle, but not one of PyTorch")
    }
    guard case .integer(let signature) = try read(none),
      signature == Int(truncatingIfNeeded: 0xa86a_20f9_469c_fc6c as UInt64)
    else { throw FileError(path: path, reason: "a pickle, but not one of PyTorch") }
    _ = try read(none)
    if case .dictionary(let machine) = try read(none) {
      for case (.text("little_endian"), .boolean(false)) in machine.entries {
        throw FileError(
          path: path, reason: "its numbers are big endian; save it anew on another machine")
      }
    }
    var known: [String: TorchStorage] = [:]
    let root = try read { description in
      let storage = try self.storage(description, path: path)
      let earlier = known[storage.key] ?? storage
      guard earlier.elementType == storage.elementType, earlier.count == storage.count else {
        throw FileError(
          path: path, reason: "storage \(storage.key.quotedForMessage) is described in two ways")
      }
      known[storage.key] = storage
      return storage
    }
    guard case .list(let keys) = try read(none) else {
      throw FileError(path: path, reason: "not a file of PyTorch: it lists no storages")
    }
    var ranges: [String: Range<Int>] = [:]
    for case .text(let key) in keys.elements {
      guard let storage = known[key] else {
        throw FileError(path: path, reason: "storage \(key.quotedForMessage) belongs to no tensor")
      }
      let count = try cursor.littleEndian(Int64.self, "storage size")
      let (size, overflows) = Int(count).multipliedReportingOverflow(by: storage.elementType.size)
      guard !overflows else {
        throw FileError(path: path, reason: "storage \(key.quotedForMessage) is too large")
      }
      let start = cursor.offset
      _ = try cursor.take(size, "storage \(key.quotedForMessage)")
      ranges[key] = start..<start + size
    }
    for (key, storage) in known
    where ranges[key].map({ $0.count / storage.elementType.size >= storage.count }) != true {
      throw FileError(path: path, reason: "storage \(key.quotedForMessage) is missing or too short")
    }
    return (try entries(of: root, path: path), .ranges(ranges))
  }

  /// 0x1950a86a20f9469cfc6c, little endian: how files before 1.6 begin.
  static let signature: [UInt8] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]

  private static let storageTypes: [String: ElementType] = [
    "torch.FloatStorage": .float32, "torch.DoubleStorage": .float64, "torch.HalfStorage": .float16,
    "torch.BFloat16Storage": .bfloat16, "torch.LongStorage": .int64, "torch.IntStorage": .int32,
    "torch.ShortStorage": .int16, "torch.CharStorage": .int8, "torch.ByteStorage": .uint8,
    "torch.BoolStorage": .bool, "torch.ComplexFloatStorage": .complex64,
  ]

  /// ("storage", type, key, location, count), in old files with a view after it.
  private static func storage(_ description: PickleValue, path: String) throws -> TorchStorage {
    guard case .tuple(let parts) = description, parts.count >= 5, case .text("storage") = parts[0],
      case .global(let type) = parts[1], case .text(let key) = parts[2],
      case .integer(let count) = parts[4], count >= 0
    else {
      throw FileError(path: path, reason: "not a file of PyTorch: a storage without type and key")
    }
    guard let elementType = storageTypes[type] else {
      let known = storageTypes.keys.sorted().joined(separator: ", ")
      throw FileError(
        path: path, reason: "refused: it holds a \(type.quotedForMessage), known are \(known)")
    }
    if parts.count > 5 {
      guard case .none = parts[5] else {
        throw FileError(
          path: path, reason: "holds a view of a storage, as files before PyTorch 0.4; save it anew"
        )
      }
    }
    return TorchStorage(key: key, elementType: elementType, count: count)
  }

  /// All tensors under the names that lead to them.
  private static func entries(of root: PickleValue, path: String) throws -> [TorchEntry] {
    var entries: [TorchEntry] = []
    var names: Set<String> = []
    var visits = 0
    func collect(_ value: PickleValue, _ name: String, _ depth: Int) throws {
      // Lists may hold each other many times over, so that a small file could name endless tensors.
      visits += 1
      guard depth <= 32, visits <= 1_000_000 else {
        throw FileError(path: path, reason: "its dictionaries are nested too deeply")
      }
      func child(_ key: String) -> String { name.isEmpty ? key : "\(name).\(key)" }
      switch value {
      case .tensor(let tensor):
        guard names.insert(name).inserted else {
          throw FileError(path: path, reason: "two tensors are called \(name.quotedForMessage)")
        }
        entries.append(
          TorchEntry(
            name: name, elementType: tensor.storage.elementType, shape: tensor.shape, tensor: tensor
          ))
      case .dictionary(let dictionary):
        for (key, value) in dictionary.entries {
          switch key {
          case .text(let text): try collect(value, child(text), depth + 1)
          case .integer(let integer): try collect(value, child("\(integer)"), depth + 1)
          default: throw FileError(path: path, reason: "has a key that is neither text nor integer")
          }
        }
      case .list(let list):
        for (index, value) in list.elements.enumerated() {
          try collect(value, child("\(index)"), depth + 1)
        }
      case .tuple(let elements):
        for (index, value) in elements.enumerated() {
          try collect(value, child("\(index)"), depth + 1)
        }
      case .none, .boolean, .integer, .real, .text, .global, .storage: break
      }
    }
    try collect(root, "", 0)
    return entries
  }

  private static func array(
    _ entry: TorchEntry, _ bytes: UnsafeRawBufferPointer, _ storages: Storages, path: String
  ) throws -> NumericArray {
    let storage = entry.tensor.storage
    let elements: [UInt8]
    switch storages {
    case .members(let folder):
      let archive = try ZipReader(bytes, path: path)
      guard let member = archive.members.first(where: { $0.name == folder + storage.key }) else {
        throw FileError(path: path, reason: "storage \(storage.key.quotedForMessage) is missing")
      }
      elements = try archive.contents(of: member).withUnsafeBytes { entry.tensor.elements(of: $0) }
    case .ranges(let ranges):
      guard let range = ranges[storage.key] else {
        throw FileError(path: path, reason: "storage \(storage.key.quotedForMessage) is missing")
      }
      elements = entry.tensor.elements(of: UnsafeRawBufferPointer(rebasing: bytes[range]))
    }
    return NumericArray(elementType: entry.elementType, shape: entry.shape, bytes: elements)
  }
}
