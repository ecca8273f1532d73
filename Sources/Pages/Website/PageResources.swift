import Formats
import Foundation
import Messages

/// The files that the pages are made of, found beside the program: style sheets, scripts, articles.
///
/// SwiftPM copies `Assets/` and `Articles/` into the folder `Danlu_Pages.resources` beside whatever it
/// builds. They are read from there wherever the program is started; a program that was moved away from
/// that folder still finds the sources that it was built from, if they are there.
enum PageResources {
  /// The folder of that name. Throws `FileError` where it is missing.
  static func folder(_ name: String) throws -> String {
    for candidate in candidates where access("\(candidate)/\(name)", R_OK | X_OK) == 0 {
      return "\(candidate)/\(name)"
    }
    throw FileError(
      path: "\(candidates[0])/\(name)",
      reason: "is missing; the site needs the folder that was built beside the program")
  }

  private static let candidates: [String] = {
    let program = URL(fileURLWithPath: Bundle.main.executablePath ?? CommandLine.arguments[0])
      .resolvingSymlinksInPath().deletingLastPathComponent().path
    let sources = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().path
    return [
      "\(program)/Danlu_Pages.resources",
      "\(program)/Danlu_Pages.bundle",
      "\(program)/Danlu_Pages.bundle/Contents/Resources",
      sources,
    ]
  }()
}
