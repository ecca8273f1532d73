import Messages

/// NumPy's archives of named arrays (`.npz`): a zip archive with an npy file for each.
public enum NPZ {
  /// Reads what `numpy.savez` and `numpy.savez_compressed` write, in the order of the file.
  public static func read(path: String) throws -> [(name: String, array: NumericArray)] {
    let file = try MappedFile(path: path)
    return try withExtendedLifetime(file) { try parse(file.bytes, path: path) }
  }

  /// Parses a whole file. Throws `FileError` naming `path`, and the array where one is at fault.
  public static func parse(
    _ bytes: UnsafeRawBufferPointer, path: String
  ) throws -> [(name: String, array: NumericArray)] {
    let archive = try ZipReader(bytes, path: path)
    return try archive.members.map { member in
      guard member.name.hasSuffix(".npy") else {
        throw FileError(
          path: path, reason: "holds \(member.name.quotedForMessage), which is no array (.npy)")
      }
      let contents = try archive.contents(of: member)
      let array = try contents.withUnsafeBytes {
        try NPY.parse($0, path: "\(path) (\(member.name.quotedForMessage))")
      }
      return (String(member.name.dropLast(4)), array)
    }
  }

  /// Writes arrays to `path`, whole or not at all. Traps on equal names.
  ///
  /// Throws `FileError` if NumPy has no such element type (bfloat16, 8-bit floats).
  public static func write(
    _ arrays: [(name: String, array: NumericArray)], compressed: Bool = false, to path: String
  ) throws {
    require(
      Set(arrays.map(\.name)).count == arrays.count,
      "NPZ.write expected distinct names, received \(arrays.map(\.name))")
    try AtomicFile.write(to: path) { file in
      var archive = ZipWriter(to: file)
      for (name, array) in arrays {
        try archive.add(
          name + ".npy", NPY.header(of: array, path: path) + array.bytes, compressed: compressed)
      }
      try archive.finish()
    }
  }
}
