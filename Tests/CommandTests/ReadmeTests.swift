import Foundation
import Testing

/// What the READMEs show is what Examples/ builds and runs.
@Suite struct ReadmeTests {
  @Test(arguments: ["README.md", "README.zh.md"]) func theProgramIsTheFirstExample(name: String)
    throws
  {
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let readme = try String(contentsOf: root.appendingPathComponent(name), encoding: .utf8)
    let program = try String(
      contentsOf: root.appendingPathComponent("Examples/Sources/first/main.swift"), encoding: .utf8)
    #expect(readme.contains("```swift\n" + program + "```"))
  }
}
