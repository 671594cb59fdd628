// SPDX-License-Identifier: Apache-2.0

/// A command with the arguments and options that the user gave it, each checked against the table.
package struct Invocation: Sendable, Hashable {
    package let command: CommandSpec
    /// What the user typed, without the tool's name.
    package let words: [String]
    let argumentWords: [String: [TypedText]]
    let occurrences: [OptionOccurrence]
    /// Every option name that may be asked for; asking for another one is a mistake in the program.
    let knownOptions: Set<String>

    /// All arguments in the order typed.
    package var arguments: [String] {
        command.arguments.flatMap { arguments($0.name) }
    }

    /// The argument called `name`; nil when it is optional and absent.
    package func argument(_ name: String) -> String? { arguments(name).first }

    /// All arguments under a repeating name, in the order typed.
    package func arguments(_ name: String) -> [String] { typedArguments(name).map(\.text) }

    /// Like ``arguments(_:)``, with the places of the words for error messages.
    package func typedArguments(_ name: String) -> [TypedText] {
        assert(command.arguments.contains { $0.name == name }, "'\(command.path)' has no argument \(name)")
        return argumentWords[name] ?? []
    }

    /// True when the option was given.
    package func flag(_ name: String) -> Bool { !found(name).isEmpty }

    /// The value of an option; nil when it was not given.
    package func value(_ name: String) -> String? { values(name).last }

    /// Every value of a repeatable option, in the order typed.
    package func values(_ name: String) -> [String] { typedValues(name).map(\.text) }

    /// Like ``values(_:)``, with the places of the words for error messages.
    package func typedValues(_ name: String) -> [TypedText] { found(name).compactMap(\.value) }

    private func found(_ name: String) -> [OptionOccurrence] {
        assert(knownOptions.contains(name), "'\(command.path)' has no option --\(name)")
        return occurrences.filter { $0.name == name }
    }
}

/// Text from the command line and the index of the word that held it.
package struct TypedText: Sendable, Hashable {
    package let text: String
    package let index: Int
}

/// An option as it was given once.
struct OptionOccurrence: Sendable, Hashable {
    let name: String
    /// The index of the word that held the option's name.
    let index: Int
    let value: TypedText?
}

extension Invocation {
    /// The usage error for a value whose text a later layer could not read.
    ///
    /// - Parameter reason: a phrase in lower case without a full stop: `prefix length must be at most 32`.
    package func invalidValue(_ typed: TypedText, ofOption name: String, because reason: String) -> UsageError {
        let problem = UsageError.Problem.invalidValue(.option(name), value: typed.text, reason: reason)
        return UsageError(problem, topic: .command(command), index: typed.index)
    }

    /// The usage error for an argument whose text a later layer could not read.
    package func invalidArgument(_ typed: TypedText, _ name: String, because reason: String) -> UsageError {
        let problem = UsageError.Problem.invalidValue(.argument(name), value: typed.text, reason: reason)
        return UsageError(problem, topic: .command(command), index: typed.index)
    }
}
