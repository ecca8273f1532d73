/// Spaces among bytes of UTF-8.
public enum SpaceBytes {
  /// Whether a space (`ScalarClass.isSpace`) begins at `index`, and how many bytes the scalar there has.
  @inline(__always)
  public static func at(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> (Bool, width: Int) {
    if bytes[index] < 0x80 { return (ScalarClass.isSpace(UInt32(bytes[index])), 1) }
    let (scalar, width) = ScalarLine.scalar(bytes, index)
    return (ScalarClass.isSpace(scalar), width)
  }
}
