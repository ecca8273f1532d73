import Messages

/// The members of a zip archive in memory: stored or deflated ones, archives of more than 4 GiB included.
///
/// Read from the directory at the archive's end, as the format wants it. Encrypted members, other methods
/// and archives of several volumes are refused. Every offset is checked, because files come from anywhere.
struct ZipReader {
  struct Member {
    let name: String
    fileprivate let method: Int
    fileprivate let checksum: UInt32
    fileprivate let packedSize: Int
    let size: Int
    fileprivate let headerOffset: Int
  }

  let bytes: UnsafeRawBufferPointer
  let path: String
  private(set) var members: [Member] = []

  /// Whether bytes begin as a zip archive does.
  static func recognizes(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.starts(with: [0x50, 0x4b, 0x03, 0x04]) || bytes.starts(with: [0x50, 0x4b, 0x05, 0x06])
  }

  /// Reads the directory. `bytes` must live as long as the reader. Throws `FileError` naming `path`.
  init(_ bytes: UnsafeRawBufferPointer, path: String) throws {
    self.bytes = bytes
    self.path = path
    let (count, start) = try directory()
    var cursor = try cursor(at: start)
    var names: Set<String> = []
    for _ in 0..<count {
      let member = try ZipReader.member(&cursor)
      guard names.insert(member.name).inserted else {
        throw invalid("two members are called \(member.name.quotedForMessage)")
      }
      members.append(member)
    }
  }

  /// The unpacked bytes of a member, its checksum compared.
  func contents(of member: Member) throws -> [UInt8] {
    let packed = try packedBytes(of: member)
    let contents: [UInt8]?
    switch member.method {
    case 0: contents = packed.count == member.size ? Array(packed) : nil
    case 8: contents = Zlib.inflateBare(packed, count: member.size)
    default:
      throw invalid(
        "\(member.name.quotedForMessage) is packed by method \(member.method), expected 0 (stored) or 8 "
          + "(deflate)")
    }
    guard let contents else { throw invalid("\(member.name.quotedForMessage) is damaged") }
    // PyTorch can be told to save time and write 0.
    guard
      member.checksum == 0 || contents.withUnsafeBytes({ Zlib.crc32($0) }) == member.checksum
    else { throw invalid("\(member.name.quotedForMessage) is damaged: its checksum differs") }
    return contents
  }

  private func packedBytes(of member: Member) throws -> UnsafeRawBufferPointer {
    var cursor = try cursor(at: member.headerOffset)
    guard try cursor.littleEndian(UInt32.self, "zip member header") == 0x0403_4b50 else {
      throw invalid("\(member.name.quotedForMessage) has no header at its place")
    }
    _ = try cursor.take(22, "zip member header")
    let nameLength = Int(try cursor.littleEndian(UInt16.self, "zip name length"))
    let extraLength = Int(try cursor.littleEndian(UInt16.self, "zip extra length"))
    _ = try cursor.take(nameLength + extraLength, "zip member name")
    return try cursor.take(member.packedSize, "zip member \(member.name.quotedForMessage)")
  }

  // MARK: - The directory

  /// How many members the directory lists, and where it starts.
  private func directory() throws -> (count: Int, start: Int) {
    let size = 22
    guard bytes.count >= size else { throw invalid("it is too short") }
    var end = bytes.count - size
    let last = max(0, end - 0xffff)
    while bytes.loadUnaligned(fromByteOffset: end, as: UInt32.self).littleEndian != 0x0605_4b50 {
      guard end > last else { throw invalid("its directory is missing (truncated?)") }
      end -= 1
    }
    var cursor = try cursor(at: end + 4)
    let disks = try cursor.littleEndian(UInt32.self, "zip volume numbers")
    _ = try cursor.take(2, "zip member count")
    let count = Int(try cursor.littleEndian(UInt16.self, "zip member count"))
    _ = try cursor.take(4, "zip directory size")
    let start = Int(try cursor.littleEndian(UInt32.self, "zip directory offset"))
    guard count == 0xffff || start == 0xffff_ffff else {
      guard disks == 0 else { throw invalid("it is one of several volumes") }
      return (count, start)
    }
    guard end >= 20,
      bytes.loadUnaligned(fromByteOffset: end - 20, as: UInt32.self).littleEndian == 0x0706_4b50
    else { return (count, start) }
    var locator = try self.cursor(at: end - 12)
    let place = try locator.littleEndian(UInt64.self, "zip64 directory end offset")
    var large = try self.cursor(at: Int(exactly: place) ?? -1)
    guard try large.littleEndian(UInt32.self, "zip64 directory end") == 0x0606_4b50 else {
      throw invalid("its directory is missing")
    }
    _ = try large.take(28, "zip64 directory end")
    let members = try large.littleEndian(UInt64.self, "zip64 member count")
    _ = try large.take(8, "zip64 directory size")
    let offset = try large.littleEndian(UInt64.self, "zip64 directory offset")
    // A member takes 46 bytes of the directory at least.
    guard let offset = Int(exactly: offset), members <= UInt64(bytes.count / 46) else {
      throw invalid("its directory is larger than the file")
    }
    return (Int(members), offset)
  }

  private static func member(_ cursor: inout ByteCursor) throws -> Member {
    let path = cursor.path
    func invalid(_ reason: String) -> FileError {
      FileError(path: path, reason: "not a valid zip archive: \(reason)")
    }
    guard try cursor.littleEndian(UInt32.self, "zip directory") == 0x0201_4b50 else {
      throw invalid("its directory is damaged")
    }
    _ = try cursor.take(4, "zip versions")
    let flags = try cursor.littleEndian(UInt16.self, "zip flags")
    let method = Int(try cursor.littleEndian(UInt16.self, "zip method"))
    _ = try cursor.take(4, "zip time")
    let checksum = try cursor.littleEndian(UInt32.self, "zip checksum")
    var sizes: [UInt64] = []
    for what in ["packed size", "size"] {
      sizes.append(UInt64(try cursor.littleEndian(UInt32.self, "zip \(what)")))
    }
    let nameLength = Int(try cursor.littleEndian(UInt16.self, "zip name length"))
    let extraLength = Int(try cursor.littleEndian(UInt16.self, "zip extra length"))
    let commentLength = Int(try cursor.littleEndian(UInt16.self, "zip comment length"))
    _ = try cursor.take(8, "zip attributes")
    var offset = UInt64(try cursor.littleEndian(UInt32.self, "zip member offset"))
    let name = String(decoding: try cursor.take(nameLength, "zip name"), as: UTF8.self)
    var extra = ByteCursor(try cursor.take(extraLength, "zip extra fields"), path: path)
    _ = try cursor.take(commentLength, "zip comment")
    guard flags & 1 == 0 else { throw invalid("\(name.quotedForMessage) is encrypted") }
    while extra.remaining >= 4 {
      let kind = try extra.littleEndian(UInt16.self, "zip extra field")
      let length = Int(try extra.littleEndian(UInt16.self, "zip extra field"))
      var field = ByteCursor(try extra.take(length, "zip extra field"), path: path)
      guard kind == 1 else { continue }
      // Only what did not fit its 32 bits is there, in this order.
      for index in [1, 0] where sizes[index] == 0xffff_ffff {
        sizes[index] = try field.littleEndian(UInt64.self, "zip64 size")
      }
      if offset == 0xffff_ffff { offset = try field.littleEndian(UInt64.self, "zip64 offset") }
    }
    guard let packedSize = Int(exactly: sizes[0]), let size = Int(exactly: sizes[1]),
      let headerOffset = Int(exactly: offset)
    else { throw invalid("\(name.quotedForMessage) is larger than 2^63 bytes") }
    return Member(
      name: name, method: method, checksum: checksum, packedSize: packedSize, size: size,
      headerOffset: headerOffset)
  }

  private func cursor(at offset: Int) throws -> ByteCursor {
    guard offset >= 0, offset <= bytes.count else {
      throw invalid("it points to byte \(offset) of \(bytes.count)")
    }
    var cursor = ByteCursor(bytes, path: path)
    _ = try cursor.take(offset, "zip archive")
    return cursor
  }

  private func invalid(_ reason: String) -> FileError {
    FileError(path: path, reason: "not a valid zip archive: \(reason)")
  }
}
