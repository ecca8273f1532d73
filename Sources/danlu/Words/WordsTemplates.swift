import ArgumentParser

struct WordsTemplates: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "templates")
}
