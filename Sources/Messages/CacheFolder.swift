import Foundation

/// The folder that set-up fills: `DANLU_CACHE`, or `danlu` in `XDG_CACHE_HOME`, or `~/.cache/danlu`.
public enum CacheFolder {
  public static var path: String { path(environment: ProcessInfo.processInfo.environment) }

  /// The rule of Scripts/cache_folder. The home folder is `HOME`, as for every shell; Foundation's, which
  /// follows the system's list of users, differs from it in containers and under `sudo`.
  public static func path(environment: [String: String]) -> String {
    if let folder = environment["DANLU_CACHE"], !folder.isEmpty { return folder }
    // A relative one is invalid by its specification.
    if let folder = environment["XDG_CACHE_HOME"], folder.hasPrefix("/") {
      return folder + "/danlu"
    }
    if let home = environment["HOME"], !home.isEmpty { return home + "/.cache/danlu" }
    let listed = getpwuid(getuid()).flatMap { $0.pointee.pw_dir }.map { String(cString: $0) }
    return (listed ?? "/") + "/.cache/danlu"
  }
}
