import ArgumentParser
import Distributed
import Foundation
import Messages
import Parallel

/// A failure that is explained in one line on standard error; the command exits with status 1.
struct Failure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Work that Ctrl-C stopped, where there is more to say than that: how to go on, what was kept.
struct Interrupted: Error {
  let advice: String
}

/// How the command ends that threw an error: the one place that turns errors into exit statuses.
///
///     wrong usage   ValidationError and the parser's own errors, OptionError   2
///     interrupted   Cancelled, Interrupted                                     130
///     failure       everything else                                            1
struct CommandFailure {
  /// What standard error gets; empty where the command has said it all.
  let message: String
  let status: Int32

  /// `command` is what threw `error`; `nil` where the arguments could not be parsed.
  init(_ error: any Error, of command: (any ParsableCommand.Type)?) {
    // What `validate` threw comes wrapped in types that ArgumentParser keeps to itself.
    let isParsing = command == nil
    let cause: any Error =
      isParsing
      ? Self.find(OptionError.self, in: error) ?? Self.find(InputError.self, in: error) ?? error
      : error
    switch cause {
    case is Cancelled:
      self.init(message: "interrupted", status: Interruption.exitCode)
    case let interrupted as Interrupted:
      self.init(message: "interrupted; \(interrupted.advice)", status: Interruption.exitCode)
    case let option as OptionError:
      let stack = command.map(Self.stack) ?? Self.find([any ParsableCommand.Type].self, in: error)
      self.init(
        message: Self.usage(option.description(naming: Self.flag), stack ?? [Danlu.self]), status: 2
      )
    case let usage as ValidationError where !isParsing:
      self.init(message: Self.usage(usage.message, command.map(Self.stack) ?? []), status: 2)
    case let input as InputError:
      self.init(message: "danlu: " + input.description(naming: Self.flag), status: 1)
    case let rank as RankFailure:
      let text = OptionError("", rank.description).description(naming: Self.flag)
      self.init(
        message: text.hasPrefix("rank") && text.contains(": danlu") ? text : "danlu: " + text,
        status: rank.status)
    case let code as ExitCode:
      self.init(message: "", status: code.rawValue)
    default:
      let isUsage = Danlu.exitCode(for: error) == .validationFailure
      if isUsage {
        self.init(message: Danlu.fullMessage(for: error), status: 2)
      } else {
        self.init(
          message: "danlu: " + (isParsing ? Danlu.message(for: error) : "\(error)"), status: 1)
      }
    }
  }

  private init(message: String, status: Int32) {
    self.message = message
    self.status = status
  }

  /// The option that a library calls `option` as the command spells it: `minCount` is `--min-count`.
  static func flag(_ option: String) -> String {
    if let spelling = spellings[option] { return spelling }
    var flag = "--"
    var before: Character = "A"
    for character in option {
      if character.isUppercase, before.isLowercase { flag += "-" }
      flag += character.lowercased()
      before = character
    }
    return flag
  }

  /// Where the flag is not the property's name.
  private static let spellings = [
    "dropsSelfLinks": "--no-self-links", "isRegularized": "--regularized",
    "isTwoLevel": "--two-level", "learningRate": "--rate", "minProbability": "--min-proba",
    "model": "--flow-model", "recordsTeleportation": "--recorded-teleportation",
    "spillFolder": "--spill", "teleportsToNodes": "--to-nodes",
  ]

  /// As ArgumentParser explains wrong usage.
  private static func usage(_ message: String, _ stack: [any ParsableCommand.Type]) -> String {
    let names = stack.map { $0.configuration.commandName ?? "" }.joined(separator: " ")
    let usage = Danlu.usageString(for: stack.last ?? Danlu.self)
    return "Error: \(message)\nUsage: \(usage)\n  See '\(names) --help' for more information."
  }

  /// The commands from `danlu` to `command`.
  private static func stack(to command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
    func search(_ root: any ParsableCommand.Type) -> [any ParsableCommand.Type]? {
      if root == command { return [root] }
      return root.configuration.subcommands.lazy.compactMap(search).first.map { [root] + $0 }
    }
    return search(Danlu.self) ?? [command]
  }

  /// The first value of type `Value` that `value` is or holds.
  private static func find<Value>(_ type: Value.Type, in value: Any) -> Value? {
    if let found = value as? Value { return found }
    return Mirror(reflecting: value).children.lazy.compactMap { find(type, in: $0.value) }.first
  }
}
