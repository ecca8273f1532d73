import Formats
import Messages
import Testing

@Suite struct PNGTests {
  @Test(arguments: [
    "gray", "rgb", "rgba", "bilevel", "deep", "gray-opacity", "palette", "palette-bits4",
    "palette-transparent", "rgb-transparent", "interlaced",
  ])
  func decodes(name: String) throws {
    let image = try Image(pngPath: Golden.path("\(name).png"))
    let expected = try NPY.read(path: Golden.path("\(name).png.npy"))
    #expect([image.height, image.width, image.channels] == expected.shape)
    #expect(image.pixels == expected.bytes)
  }

  @Test(arguments: [1, 3, 4]) func encodesWhatItDecodes(channels: Int) throws {
    for (width, height) in [(1, 1), (17, 5), (64, 64)] {
      let count = width * height * channels
      let pixels = (0..<count).map { (index: Int) in UInt8(truncatingIfNeeded: index * index / 7) }
      let image = Image(width: width, height: height, channels: channels, pixels: pixels)
      #expect(try Image(png: image.png(), path: "x") == image)
    }
  }

  @Test func filtersPayForThemselves() {
    let pixels = (0..<128 * 128).map { (index: Int) in UInt8(index % 128 + index / 128) }
    let image = Image(width: 128, height: 128, channels: 1, pixels: pixels)
    #expect(image.png().count < 500)
  }

  @Test func refusesTruncationAnywhere() throws {
    let bytes = try Golden.bytes("rgb.png")
    for length in 0..<bytes.count {
      #expect(throws: FileError.self) { try Image(png: Array(bytes[..<length]), path: "x") }
    }
  }

  @Test func refusesDamageAnywhere() throws {
    let bytes = try Golden.bytes("palette.png")
    for index in 0..<bytes.count {
      var damaged = bytes
      damaged[index] ^= 0x41
      #expect(throws: FileError.self) { try Image(png: damaged, path: "x") }
    }
  }

  @Test func animationsBeginWithTheFirstPicture() throws {
    let frames = (0..<3).map { Image(width: 4, height: 3, color: [UInt8($0 * 90), 7, 200]) }
    let file = AnimatedPNG.encode(frames, milliseconds: 250)
    #expect(try Image(png: file, path: "a.png") == frames[0])
    func count(_ type: String) -> Int {
      let name = Array(type.utf8)
      return file.indices.dropLast(3).count { Array(file[$0..<$0 + 4]) == name }
    }
    #expect(count("acTL") == 1 && count("fcTL") == 3 && count("IDAT") == 1 && count("fdAT") == 2)
  }
}
