import ArgumentParser

struct WordsDomain: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "domain")
}
