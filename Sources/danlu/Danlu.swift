import ArgumentParser

@main
struct Danlu: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "danlu",
    abstract: "丹炉: every method of the articles of 科学空间, as a program that checks its claims.",
    version: "0.1.0",
    subcommands: [CommunitiesCommand.self]
  )
}
