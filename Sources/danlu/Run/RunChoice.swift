import ArgumentParser
import Foundation
import Tracking

/// The finished run whose model a command asks.
struct RunChoice: ParsableArguments {
  @Option(
    name: .customLong("run"),
    help: "The run whose model is asked; the newest that has one by default.")
  var folder: String?

  @Option(help: "The folder of runs.")
  var runs = "runs"

  /// The path of the run asked for, or of the newest of `recipe` under `runs` that has the file `model`.
  func path(of recipe: String, with model: String) throws -> String {
    if let folder { return folder }
    func date(_ run: RunFolder) -> Date {
      let attributes = try? FileManager.default.attributesOfItem(atPath: "\(run.path)/\(model)")
      return attributes?[.modificationDate] as? Date ?? .distantPast
    }
    let found = ((try? RunFolder.runs(in: runs)) ?? []).filter {
      (try? $0.configuration().recipe) == recipe
        && FileManager.default.fileExists(atPath: "\($0.path)/\(model)")
    }
    guard let newest = found.max(by: { date($0) < date($1) }) else {
      throw Failure(
        "\(runs) holds no finished run of \(recipe) with \(model); 'danlu run \(recipe)' makes one, or --run "
          + "names one")
    }
    return newest.path
  }
}
