import Messages

/// Pictures one after the other in one PNG file: browsers play it, other programs show the first picture (the
/// extension of the PNG specification, third edition, that is called APNG).
public enum AnimatedPNG {
  /// The file's bytes. Plays for ever; the last picture stays longer.
  ///
  /// Traps unless there is a picture, all of one size and kind.
  ///
  /// - Parameter milliseconds: How long each picture is shown.
  public static func encode(_ frames: [Image], milliseconds: Int = 300) -> [UInt8] {
    guard let first = frames.first else { fatalError("AnimatedPNG of no pictures") }
    for frame in frames {
      require(
        (frame.width, frame.height, frame.channels) == (first.width, first.height, first.channels),
        "AnimatedPNG expected pictures of \(first.height)×\(first.width)×\(first.channels), received "
          + "\(frame.height)×\(frame.width)×\(frame.channels)")
    }
    require(
      1...16_000 ~= milliseconds,
      "AnimatedPNG expected 1 to 16000 milliseconds, received \(milliseconds)")
    var file = PNGChunks(of: first)
    file.append("acTL", PNGChunks.bytes(frames.count) + PNGChunks.bytes(0))
    var sequence = 0
    func next() -> [UInt8] {
      defer { sequence += 1 }
      return PNGChunks.bytes(sequence)
    }
    for (index, frame) in frames.enumerated() {
      let delay = UInt16(milliseconds * (index == frames.count - 1 ? 4 : 1))
      let time = withUnsafeBytes(of: delay.bigEndian, Array.init)
      // The whole picture, at the corner, for so many thousandths, replacing what was there.
      file.append(
        "fcTL",
        next() + PNGChunks.bytes(frame.width) + PNGChunks.bytes(frame.height) + PNGChunks.bytes(0)
          + PNGChunks.bytes(0) + time + [0x03, 0xe8, 0, 0])
      if index == 0 {
        file.append("IDAT", frame.compressedRows())
      } else {
        file.append("fdAT", next() + frame.compressedRows())
      }
    }
    return file.finished()
  }
}
