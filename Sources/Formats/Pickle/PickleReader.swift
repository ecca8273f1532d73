import Messages

/// What a pickle of tensors can hold.
enum PickleValue {
  case none
  case boolean(Bool)
  case integer(Int)
  case real(Double)
  case text(String)
  case tuple([PickleValue])
  case list(PickleList)
  case dictionary(PickleDictionary)
  /// A name of Python's, `module.name`, that stands for what it means to this reader.
  case global(String)
  case storage(TorchStorage)
  case tensor(TorchTensor)
}

/// A list, which a pickle may refer to from several places while it grows.
final class PickleList {
  var elements: [PickleValue] = []
}

/// A dictionary, in the order of its making.
final class PickleDictionary {
  var entries: [(key: PickleValue, value: PickleValue)] = []
}

/// Runs the part of Python's pickle language that PyTorch's files of tensors are written in, protocols 2
/// to 5.
///
/// A pickle is a program that may call anything in Python. This reader knows three calls (an empty
/// `OrderedDict`, a tensor, a parameter) and refuses every other by its name; nothing in a file is ever
/// run. Every object takes at least a byte of the file, so memory is bounded by it.
struct PickleReader {
  private var cursor: ByteCursor
  private let storage: (PickleValue) throws -> TorchStorage
  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]

  /// - Parameter storage: Makes a storage of the description that the file has of it.
  init(_ cursor: ByteCursor, storage: @escaping (PickleValue) throws -> TorchStorage) {
    self.cursor = cursor
    self.storage = storage
  }

  /// Runs one pickle and returns what it leaves; `cursor` then stands behind it.
  static func read(
    _ cursor: inout ByteCursor, storage: @escaping (PickleValue) throws -> TorchStorage
  ) throws -> PickleValue {
    var reader = PickleReader(cursor, storage: storage)
    let value = try reader.run()
    cursor = reader.cursor
    return value
  }

  private mutating func run() throws -> PickleValue {
    while true {
      let code = try byte()
      switch code {
      case UInt8(ascii: "."): return try pop()
      case 0x80: _ = try byte()  // protocol
      case 0x95: _ = try cursor.take(8, "pickle frame")
      case UInt8(ascii: "("): marks.append(stack.count)
      case UInt8(ascii: "0"): _ = try pop()
      case UInt8(ascii: "N"): stack.append(.none)
      case 0x88: stack.append(.boolean(true))
      case 0x89: stack.append(.boolean(false))
      case UInt8(ascii: "K"): stack.append(.integer(Int(try byte())))
      case UInt8(ascii: "M"): stack.append(.integer(try count(UInt16.self)))
      case UInt8(ascii: "J"):
        stack.append(.integer(Int(try cursor.littleEndian(Int32.self, "pickle number"))))
      case 0x8a: stack.append(.integer(try longInteger()))
      case UInt8(ascii: "G"):
        let bits = try cursor.bigEndian(UInt64.self, "pickle number")
        stack.append(.real(Double(bitPattern: bits)))
      case UInt8(ascii: "X"), UInt8(ascii: "T"): stack.append(try text(count(UInt32.self)))
      case 0x8c, UInt8(ascii: "U"): stack.append(try text(count(UInt8.self)))
      case 0x8d: stack.append(try text(count(UInt64.self)))
      case UInt8(ascii: ")"): stack.append(.tuple([]))
      case 0x85, 0x86, 0x87:
        let length = Int(code) - 0x84
        guard stack.count - (marks.last ?? 0) >= length else { throw invalid("a short stack") }
        let elements = Array(stack.suffix(length))
        stack.removeLast(length)
        stack.append(.tuple(elements))
      case UInt8(ascii: "t"): stack.append(.tuple(try popToMark()))
      case UInt8(ascii: "]"): stack.append(.list(PickleList()))
      case UInt8(ascii: "a"):
        let element = try pop()
        try append([element])
      case UInt8(ascii: "e"):
        let elements = try popToMark()
        try append(elements)
      case UInt8(ascii: "}"): stack.append(.dictionary(PickleDictionary()))
      case UInt8(ascii: "s"):
        let (value, key) = (try pop(), try pop())
        try set([key, value])
      case UInt8(ascii: "u"):
        let entries = try popToMark()
        try set(entries)
      case UInt8(ascii: "q"): memo[Int(try byte())] = try top()
      case UInt8(ascii: "r"): memo[try count(UInt32.self)] = try top()
      case 0x94: memo[memo.count] = try top()
      case UInt8(ascii: "h"): stack.append(try recalled(Int(try byte())))
      case UInt8(ascii: "j"): stack.append(try recalled(try count(UInt32.self)))
      case UInt8(ascii: "c"): stack.append(.global("\(try line()).\(try line())"))
      case 0x93:
        guard case .text(let name) = try pop(), case .text(let module) = try pop() else {
          throw invalid("a name that is no text")
        }
        stack.append(.global("\(module).\(name)"))
      case UInt8(ascii: "Q"): stack.append(.storage(try storage(pop())))
      case UInt8(ascii: "R"), 0x81:
        guard case .tuple(let arguments) = try pop() else { throw invalid("a call of no tuple") }
        stack.append(try call(pop(), arguments))
      case UInt8(ascii: "b"):
        // Attributes, such as the versions of modules that a state dictionary carries, are left out.
        guard case .dictionary = try pop() else {
          throw invalid("attributes that are no dictionary")
        }
        guard case .dictionary = try top() else {
          throw invalid("attributes of something else than a dictionary")
        }
      default:
        throw invalid("the instruction 0x\(String(code, radix: 16)), which files of tensors lack")
      }
    }
  }

  // MARK: - Calls

  private func call(_ function: PickleValue, _ arguments: [PickleValue]) throws -> PickleValue {
    guard case .global(let name) = function else { throw invalid("a call of something unnamed") }
    switch name {
    case "collections.OrderedDict":
      guard arguments.isEmpty else { throw invalid("an OrderedDict that is filled by a call") }
      return .dictionary(PickleDictionary())
    case "torch._utils._rebuild_tensor_v2": return .tensor(try tensor(arguments))
    case "torch._utils._rebuild_parameter":
      guard case .tensor(let tensor)? = arguments.first else {
        throw invalid("a parameter without a tensor")
      }
      return .tensor(tensor)
    default:
      throw FileError(
        path: cursor.path,
        reason:
          "refused: it calls \(name.quotedForMessage), and only plain tensors in dictionaries are read; "
          + "save model.state_dict(), or use safetensors")
    }
  }

  /// (storage, offset, sizes, strides, requires a gradient, hooks)
  private func tensor(_ arguments: [PickleValue]) throws -> TorchTensor {
    guard arguments.count >= 4, case .storage(let storage) = arguments[0],
      case .integer(let offset) = arguments[1], let shape = integers(arguments[2]),
      let strides = integers(arguments[3]), shape.count == strides.count, shape.count <= 64
    else { throw invalid("a tensor without storage, offset, sizes and strides") }
    let tensor = TorchTensor(storage: storage, offset: offset, shape: shape, strides: strides)
    guard tensor.fitsStorage else {
      throw invalid(
        "a tensor of shape \(shape), strides \(strides) from \(offset) in a storage of "
          + "\(storage.count) elements")
    }
    return tensor
  }

  private func integers(_ value: PickleValue) -> [Int]? {
    guard case .tuple(let elements) = value else { return nil }
    let integers = elements.compactMap { element -> Int? in
      if case .integer(let integer) = element { integer } else { nil }
    }
    return integers.count == elements.count ? integers : nil
  }

  // MARK: - The stack

  private mutating func pop() throws -> PickleValue {
    guard stack.count > (marks.last ?? 0), let value = stack.popLast() else {
      throw invalid("a short stack")
    }
    return value
  }

  private func top() throws -> PickleValue {
    guard let value = stack.last else { throw invalid("a short stack") }
    return value
  }

  private mutating func popToMark() throws -> [PickleValue] {
    guard let mark = marks.popLast() else { throw invalid("a missing mark") }
    let values = Array(stack[mark...])
    stack.removeLast(values.count)
    return values
  }

  private func append(_ values: [PickleValue]) throws {
    guard case .list(let list) = try top() else { throw invalid("elements without a list") }
    list.elements += values
  }

  private func set(_ values: [PickleValue]) throws {
    guard values.count % 2 == 0, case .dictionary(let dictionary) = try top() else {
      throw invalid("entries without a dictionary")
    }
    for index in stride(from: 0, to: values.count, by: 2) {
      dictionary.entries.append((values[index], values[index + 1]))
    }
  }

  private func recalled(_ key: Int) throws -> PickleValue {
    guard let value = memo[key] else { throw invalid("a reference to nothing") }
    return value
  }

  // MARK: - Bytes

  private mutating func byte() throws -> UInt8 { try cursor.littleEndian(UInt8.self, "pickle") }

  private mutating func count<T: FixedWidthInteger>(_: T.Type) throws -> Int {
    guard let count = Int(exactly: try cursor.littleEndian(T.self, "pickle number")) else {
      throw invalid("a number beyond 2^63")
    }
    return count
  }

  private mutating func text(_ length: Int) throws -> PickleValue {
    .text(String(decoding: try cursor.take(length, "pickle text"), as: UTF8.self))
  }

  /// A name up to the end of its line.
  private mutating func line() throws -> String {
    var bytes: [UInt8] = []
    while true {
      let next = try byte()
      if next == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(next)
    }
  }

  /// A number in two's complement; the only one beyond 64 bits is the signature of old files, of which
  /// its low 64 remain.
  private mutating func longInteger() throws -> Int {
    let bytes = try cursor.take(Int(try byte()), "pickle number")
    guard bytes.count <= 8 || bytes.elementsEqual(TorchFile.signature) else {
      throw invalid("a number beyond 2^63")
    }
    var value = bytes.last.map { $0 & 0x80 != 0 } == true ? -1 : 0
    for byte in bytes.prefix(8).reversed() { value = value << 8 | Int(byte) }
    return value
  }

  private func invalid(_ reason: String) -> FileError {
    FileError(
      path: cursor.path,
      reason: "not a pickle of tensors: at byte \(cursor.offset) it has \(reason)")
  }
}
