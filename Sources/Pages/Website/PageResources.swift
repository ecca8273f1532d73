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

  /// What is served if it is there: path of the site, file. Set-up puts both into the user's cache: MathJax, and
  /// the characters of Latin Modern Math that formulas use.
  static let optional: [(path: String, file: String)] = [
    (SitePlan.mathJaxPath, cacheFolder + "/mathjax/tex-svg.js"),
    (mathFontPath, cacheFolder + "/fonts/latinmodern-math.woff"),
  ]

  static let mathFontPath = "/assets/latinmodern-math.woff"

  /// Added to the style sheet where the font is there; a page without formulas does not load it, nor a reader
  /// who has it.
  static let mathFontRule = """

    @font-face { font-family: "Danlu Math"; src: local("Latin Modern Math"),
      url("latinmodern-math.woff") format("woff"); font-display: swap; }

    """

  /// As `Scripts/cache_folder` says.
  private static var cacheFolder: String {
    let environment = ProcessInfo.processInfo.environment
    if let given = environment["DANLU_CACHE"], !given.isEmpty { return given }
    if let caches = environment["XDG_CACHE_HOME"], caches.hasPrefix("/") {
      return caches + "/danlu"
    }
    return NSHomeDirectory() + "/.cache/danlu"
  }
}
