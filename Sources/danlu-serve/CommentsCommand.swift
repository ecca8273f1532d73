import ArgumentParser
import Foundation
import Messages
import Site

struct CommentsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "comments",
    abstract: "Look at the comments and decide which are shown.",
    discussion: """
      Examples:
        danlu serve comments list --file comments.sqlite
        danlu serve comments hide 12 --file comments.sqlite
        danlu serve comments approve 13 14 --file comments.sqlite
      """,
    subcommands: [List.self, Hide.self, Delete.self, Approve.self])

  struct FileOption: ParsableArguments {
    @Option(help: "The file that the site keeps them in (its --comments).") var file: String

    func store() throws -> CommentStore {
      guard access(file, R_OK) == 0 else {
        throw FileError(path: file, reason: "does not exist; no comment was ever written to it")
      }
      return try CommentStore(path: file)
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The newest comments.")
    @OptionGroup var file: FileOption
    @Flag(help: "Only those that wait for approval.") var waiting = false
    @Option(help: "How many.") var count = 50

    func run() async throws {
      for comment in try await file.store().newest(count, waiting ? .waiting : nil) {
        let text = comment.text.onOneLine
        let words = text.count > 80 ? text.prefix(80) + "…" : text
        DanluServe.output(
          "\(comment.id)\t\(comment.visibility.rawValue)\t\(comment.page) #\(comment.floor)\t\(comment.nickname)\t\(words)"
        )
      }
    }
  }

  struct Hide: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Take comments from the page.")
    @OptionGroup var file: FileOption
    @Argument(help: "Their numbers, as list shows them.") var numbers: [Int]
    func run() async throws { try await file.store().set(.hidden, ofAll: numbers) }
  }

  struct Delete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Mark comments as deleted: their place stays, their words do not show.")
    @OptionGroup var file: FileOption
    @Argument(help: "Their numbers, as list shows them.") var numbers: [Int]
    func run() async throws { try await file.store().set(.deleted, ofAll: numbers) }
  }

  struct Approve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show comments.")
    @OptionGroup var file: FileOption
    @Argument(help: "Their numbers, as list shows them.") var numbers: [Int]
    func run() async throws { try await file.store().set(.shown, ofAll: numbers) }
  }
}

extension CommentStore {
  /// Throws `InputError` at the first number that is no comment's.
  fileprivate func set(_ visibility: Visibility, ofAll numbers: [Int]) throws {
    for number in numbers { try set(visibility, of: number) }
  }
}
