import ArgumentParser
import Formats
import Foundation
import Messages
import Pages
import Parallel

struct SiteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "site",
    abstract: "The articles as web pages.",
    subcommands: [SiteExportCommand.self])
}

struct SiteExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write the site's pages as plain files for any web server, search included.",
    discussion: """
      Every article's page in Chinese and English with the claims of its newest finished run, lists by \
      category, tag and year, feeds, and a search that runs in the browser. Into an earlier export only \
      what changed is written.

      Examples:
        danlu site export public
        danlu site export public --address https://example.org/danlu
        danlu site export public --articles my-articles --runs none
      """)

  @Argument(help: "The folder to write: a new or an empty one, or an earlier export.") var folder:
    String
  @Option(help: "Where the site will be found; feeds and citations name it.") var address: String?
  @Option(help: "A folder of articles, NAME.zh.md and NAME.en.md, instead of Danlu's own.")
  var articles: String?
  @Option(help: "The folder of run folders whose claims are shown, or none; runs/ unless given.")
  var runs: String?
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard let address else { return }
    guard let url = URL(string: address), ["http", "https"].contains(url.scheme), url.host() != nil,
      url.query() == nil, url.fragment() == nil
    else {
      throw ValidationError(
        "--address expects an address such as https://example.org/danlu, received '\(address)'")
    }
  }

  func run() throws {
    Interruption.install()
    var options = Website.Options()
    options.articles = articles
    options.runs = runs == "none" ? nil : runs ?? "runs"
    // A folder that was named must be there; runs/ may be.
    if let runs, runs != "none" { _ = try Folder.names(in: runs) }
    options.address = address.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
    options.threads = threads.count
    let work = Work(
      progress: output.json ? SilentProgress() : TerminalProgress(),
      cancellation: Interruption.cancellation)
    let outcome = try SiteExport(to: folder, options).run(work: work)
    if output.json { return try Console.json(outcome) }
    let size = String(format: "%.1f MB", Double(outcome.bytes) / 1e6)
    Console.output(
      "\(folder): \(outcome.articles) articles, \(outcome.files) files, \(size); "
        + "\(outcome.written) written, \(outcome.removed) removed")
  }
}
