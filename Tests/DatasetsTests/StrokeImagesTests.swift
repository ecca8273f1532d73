import Datasets
import Foundation
import TestSupport
import Testing
import Torch

@Suite struct StrokeImagesTests {
  @Test func imagesAreDistinctAndSeeded() throws {
    let (pixels, labels) = try StrokeImages.draw(count: 3000, seed: 5)
    let images = (0..<3000).map { Array(pixels[$0 * 784..<($0 + 1) * 784]) }
    #expect(Set(images).count == 3000)
    let counts = Dictionary(grouping: labels) { $0 }.mapValues(\.count)
    #expect(counts.keys.sorted() == Array(0...9))
    #expect(counts.values.allSatisfy { 230...370 ~= $0 })
    // The same whatever the number of threads and however many are drawn.
    let fewer = try StrokeImages.draw(count: 700, seed: 5, threads: 1)
    #expect(fewer.pixels == Array(pixels[..<(700 * 784)]))
    #expect(fewer.labels == Array(labels[..<700]))
    #expect(try StrokeImages.draw(count: 10, seed: 6).pixels != Array(pixels[..<7840]))
  }

  @Test func inkIsWhiteOnBlackAndStaysInside() throws {
    let (pixels, _) = try StrokeImages.draw(count: 500, seed: 9)
    for image in 0..<500 {
      let ink = pixels[image * 784..<(image + 1) * 784]
      let covered = ink.filter { $0 > 127 }.count
      #expect(20...330 ~= covered)
      #expect(ink.max() == 255)
      let border = ink.enumerated().filter { index, value in
        let (row, column) = (index / 28, index % 28)
        return value > 0 && (row == 0 || row == 27 || column == 0 || column == 27)
      }
      #expect(border.isEmpty)
    }
  }

  /// The classes must be told apart by their pixels: the nearest of 3000 drawn examples has the
  /// same class far more often than not, and within a class images differ.
  @Test(.enabled(if: hasTorch, torchReason)) func classesCanBeRecognized() throws {
    let known = try StrokeImages.dataset(count: 3000, seed: 1)
    let asked = try StrokeImages.dataset(count: 300, seed: 2)
    let distances = asked.scaledInputs().flattened(from: 1)
      .pairwiseDistances(known.scaledInputs().flattened(from: 1))
    let nearest = distances.argmin(axis: 1)
    let found = try #require(known.labels).gatherRows(nearest).integers()
    let right = zip(found, try #require(asked.labels).integers()).filter { $0 == $1 }.count
    #expect(right >= 270)
    #expect(distances.min().item() > 1)
  }
}
