import Formats
import Testing

@Suite struct ImageTests {
  @Test func convertsChannels() {
    let image = Image(width: 2, height: 1, channels: 3, pixels: [255, 0, 0, 0, 0, 255])
    #expect(image.converted(toChannels: 1).pixels == [76, 29])
    #expect(image.converted(toChannels: 4).pixels == [255, 0, 0, 255, 0, 0, 255, 255])
    #expect(image.converted(toChannels: 4).converted(toChannels: 3) == image)
  }

  @Test func mapsPlanesToPixels() {
    let image = Image(
      planes: [-1, 1, 0, 3, .nan, -9], width: 1, height: 2, channels: 3, range: -1...1)
    #expect(image.pixels == [0, 128, 0, 255, 255, 0])
  }

  @Test func contactSheetOfFive() {
    let images = (0..<5).map { Image(width: 2, height: 1, color: [UInt8($0 * 10)]) }
    let sheet = Image.contactSheet(images, columns: 3, padding: 1, background: 200)
    #expect(sheet.width == 3 * 3 + 1 && sheet.height == 2 * 2 + 1)
    #expect(sheet.pixels[10..<20].elementsEqual([200, 0, 0, 200, 10, 10, 200, 20, 20, 200]))
    #expect(
      sheet.pixels[30..<40].elementsEqual([200, 30, 30, 200, 40, 40, 200, 200, 200, 200]))
  }

  @Test func enlarges() {
    let image = Image(width: 2, height: 1, channels: 1, pixels: [1, 2]).enlarged(2)
    #expect(image.pixels == [1, 1, 2, 2, 1, 1, 2, 2] && image.width == 4 && image.height == 2)
  }
}
