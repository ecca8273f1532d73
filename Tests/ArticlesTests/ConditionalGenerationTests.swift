import Formats
import Foundation
import Parallel
import TestSupport
import Testing

@testable import Articles

@Suite struct ConditionalGenerationTests {
  @Test func reviewsOfEachLabel() {
    let data = LabelledTexts(count: 160, seed: 3)
    #expect(data.labels.count == 8 && data.training.count == 160)
    #expect(data.training == LabelledTexts(count: 160, seed: 3).training)
    for item in data.training {
      let isGood = data.labels[item.label].hasSuffix("好评")
      #expect(item.text.contains("推荐给大家") == false || isGood)
      #expect(item.text.contains("再也不会来了") == false || !isGood)
      #expect(item.text.hasSuffix("。") && item.text.count <= 60)
    }
    // What the judge learns from is not what the writer learns from.
    #expect(data.forJudge.prefix(20).map(\.text) != data.training.prefix(20).map(\.text))
  }

  @Test func labelledFiles() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.tsv"
      func problem() -> String {
        message { _ = try LabelledTexts(file: path, maxLength: 10, seed: 0) }
      }
      let texts = (0..<60).map { "\($0 % 2)\t第\($0)条，写得不错，很好很好很好\n" }
      try AtomicFile.write("label\ttext\n" + texts.joined(), to: path)
      let data = try LabelledTexts(file: path, maxLength: 10, seed: 0)
      #expect(data.labels == ["0", "1"])
      #expect(data.training.count == 40 && data.forJudge.count == 15 && data.heldOut.count == 5)
      // Whole clauses.
      #expect(data.training.allSatisfy { $0.text.hasSuffix("，") && $0.text.count <= 10 })
      try AtomicFile.write("label\ttext\n" + texts.prefix(8).joined(), to: path)
      #expect(problem().contains("at least 30"))
      try AtomicFile.write(
        "label\ttext\n" + texts.map { "1" + $0.dropFirst() }.joined(), to: path)
      #expect(problem().contains("at least two"))
    }
  }

  @Test func shapesAndTheirCaptions() {
    var random = RandomStream(seed: 1)
    var seen: Set<String> = []
    for _ in 0..<200 {
      let drawn = ShapePictures.draw(&random)
      let parts = ShapePictures.parts(of: drawn.caption)
      #expect(parts != nil, "\(drawn.caption)")
      seen.insert((parts?.shape ?? "") + (parts?.color ?? ""))
      #expect(drawn.picture.width == 32 && drawn.picture.channels == 3)
    }
    #expect(seen.count == 36)
    #expect(ShapePictures.parts(of: "一个红色的东西。") == nil)
    #expect(ShapePictures.parts(of: "红色的圆形和蓝色的圆形") == nil)
  }

  @Test func picturesOnASquare() {
    let wide = Image(width: 4, height: 2, color: [0, 100, 200])
    let square = wide.onSquare(side: 4)
    func pixel(_ row: Int) -> [UInt8] { Array(square.pixels[row * 12..<row * 12 + 3]) }
    #expect(pixel(0) == [255, 255, 255] && pixel(1) == [0, 100, 200] && pixel(3) == pixel(0))
    #expect(wide.onSquare(side: 2).pixels[0..<3] == [127, 177, 227])
    #expect(Image(width: 2, height: 2, color: [9]).onSquare(side: 4).pixels.allSatisfy { $0 == 9 })
  }

  @Test func foldersOfCaptions() throws {
    try withTemporaryFolder { folder in
      func problem() -> String {
        message { _ = try CaptionFolder.read(folder, side: 8) }
      }
      #expect(problem().contains("captions.tsv"))
      try AtomicFile.write("a.png\t一个圆\nb.png\t一个方块\n", to: folder + "/captions.tsv")
      #expect(problem().contains("none of its 2 pictures is there; the first is a.png"))
      try Image(width: 3, height: 5, color: [1, 2, 3]).writePNG(to: folder + "/b.png")
      let (pictures, missing) = try CaptionFolder.read(folder, side: 8)
      #expect(pictures.map(\.caption) == ["一个方块"] && missing == ["a.png"])
      #expect(pictures[0].picture.width == 8 && pictures[0].picture.height == 8)
      try AtomicFile.write("a.png\n", to: folder + "/captions.tsv")
      #expect(problem().contains("line 1"))
      try AtomicFile.write("", to: folder + "/captions.tsv")
      #expect(problem().contains("no captions"))
    }
  }

  @Test func distinctPairsOfNeighbors() {
    #expect(distinctPairs([[1, 2, 3], [1, 2]]) == 2.0 / 3)
    #expect(distinctPairs([]) == 0)
  }
}
