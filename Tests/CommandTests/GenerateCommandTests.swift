import Formats
import Foundation
import TestSupport
import Testing

/// `danlu generate` of a GAN that was hardly trained: what it shows is noise, how it does is checked.
@Suite(.enabled(if: hasBinary && hasTorch, binaryReason), .serialized) struct GenerateCommandTests {
  private func train(_ run: String) throws {
    let trained = try Command([
      "run", "o-gan", "--steps", "2", "--batch", "8", "--set", "images=1000", "--set", "width=8",
      "--out", run,
    ]).run()
    #expect(trained.status == 0 || trained.status == 1, "\(trained.errors)")
  }

  @Test func makesPictures() throws {
    try withTemporaryFolder { folder in
      let run = folder + "/run"
      try train(run)
      func generate(_ arguments: String..., status: Int32 = 0) throws -> String {
        let result = try Command(["generate", "--run", run] + arguments).run()
        #expect(result.status == status, "\(arguments): \(result.errors)")
        #expect(result.errors.split(separator: "\n").count <= (status == 0 ? 0 : 1))
        return result.errors
      }
      let first = folder + "/a.png"
      _ = try generate("--count", "6", "--seed", "4", "--out", first)
      let image = try Image(pngPath: first)
      // Two rows of three 16×16 images with a line around each, twice as large.
      #expect(image.width == 2 * (3 * 17 + 1) && image.height == 2 * (2 * 17 + 1))
      _ = try generate("--count", "6", "--seed", "4", "--out", folder + "/b.png")
      #expect(try contents(first) == contents(folder + "/b.png"))
      _ = try generate("--count", "6", "--seed", "5", "--out", folder + "/b.png")
      #expect(try contents(first) != contents(folder + "/b.png"))
      _ = try generate("--grid", "2x5", "--interpolate", "--out", folder + "/c.png")
      #expect(try Image(pngPath: folder + "/c.png").height == 2 * (2 * 17 + 1))
      _ = try generate("--grid", "2x5", "--nearest", "--out", folder + "/d.png")
      #expect(try Image(pngPath: folder + "/d.png").height == 2 * (4 * 17 + 1))
      // Samples were kept after either step; a reader that knows no animation sees the first.
      _ = try generate("--training", "--out", folder + "/g.png")
      let kept = try Image(pngPath: run + "/samples/samples-000001.png")
      #expect(try Image(pngPath: folder + "/g.png") == kept)
      // A picture of the right size goes in and comes back, below.
      let square = Image(width: 16, height: 16, color: [10, 200, 30])
      try square.writePNG(to: folder + "/in.png")
      _ = try generate("--reconstruct", folder + "/in.png", "--out", folder + "/e.png")
      #expect(try Image(pngPath: folder + "/e.png").height == 2 * (2 * 17 + 1))
      try square.enlarged(2).writePNG(to: folder + "/large.png")
      let errors = try generate(
        "--reconstruct", folder + "/large.png", "--out", folder + "/f.png", status: 1)
      #expect(errors.contains("is 32×32; the run's images are 16×16"))
      let large = try generate("--grid", "90000x90000", "--out", folder + "/f.png", status: 1)
      #expect(large.contains("too large"))
    }
  }

  @Test func badInput() throws {
    try withTemporaryFolder { folder in
      func refused(_ arguments: String...) throws -> String {
        let result = try Command(["generate", "--run", folder + "/run"] + arguments).run()
        #expect(result.status != 0)
        return result.errors
      }
      #expect(try refused("--out", "a.png").contains("is not a run"))
      #expect(try refused("--out", "a.jpg").contains(".png"))
      #expect(try refused("--out", "a.png", "--grid", "8").contains("8x8"))
      #expect(
        try refused("--out", "a.png", "--grid", "2x2", "--count", "5").contains("no 5 images"))
      #expect(try refused("--out", "a.png", "--count", "0").contains("at least 1"))
      #expect(
        try refused("--out", "a.png", "--interpolate", "--nearest").contains("one picture"))
      let other = try Command(["run", "det-exp", "--out", folder + "/run"]).run()
      #expect(other.status == 0, "\(other.errors)")
      #expect(try refused("--out", "a.png").contains("leaves no model that makes images"))
    }
  }
}
