import ArgumentParser

struct WordsCount: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "count")
}
