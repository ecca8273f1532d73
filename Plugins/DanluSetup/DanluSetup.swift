import Foundation
import PackagePlugin

/// Runs `Scripts/setup` of the Danlu that the package depends on, or is.
@main struct DanluSetup: CommandPlugin {
  func performCommand(context: PluginContext, arguments: [String]) throws {
    guard let danlu = folder(of: context.package) else {
      throw Failure(description: "no package called Danlu among those that this one depends on")
    }
    let setup = Process()
    setup.executableURL = danlu.appendingPathComponent("Scripts/setup")
    try setup.run()
    setup.waitUntilExit()
    guard setup.terminationStatus == 0 else {
      throw Failure(description: "set-up failed; the lines above say why")
    }
  }

  /// The folder of Danlu, looked for through all dependencies.
  private func folder(of package: Package) -> URL? {
    if package.displayName == "Danlu" { return package.directoryURL }
    return package.dependencies.lazy.compactMap { folder(of: $0.package) }.first
  }
}

private struct Failure: Error, CustomStringConvertible {
  let description: String
}
