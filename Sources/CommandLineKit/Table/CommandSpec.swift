// SPDX-License-Identifier: Apache-2.0

/// One command: everything that the parser, help, completions and manuals know about it.
package struct CommandSpec: Sendable, Hashable {
    /// The canonical name of the noun; nil for a command of the whole node, such as `check`.
    package let noun: String?
    package let verb: String
    /// Further accepted spellings of the verb: `dump` for `list`.
    package let aliases: [String]
    /// A phrase with a capital and no full stop.
    package let summary: String
    /// Paragraphs of whole sentences.
    package let details: [String]
    package let arguments: [ArgumentSpec]
    package let options: [OptionSpec]
    package let choices: [OptionChoice]
    package let examples: [Example]
    /// What the node or the user must have, one phrase each: capabilities, an enabled dataplane.
    package let requirements: [String]
    package let exitCodes: [ExitMeaning]
    /// Changes the node, and therefore has to offer a dry run.
    package let mutates: Bool

    package init(
        noun: String? = nil, verb: String, aliases: [String] = [], _ summary: String, details: [String] = [],
        arguments: [ArgumentSpec] = [], options: [OptionSpec] = [], choices: [OptionChoice] = [],
        examples: [Example] = [], requirements: [String] = [], exitCodes: [ExitMeaning] = ExitMeaning.standard,
        mutates: Bool = false
    ) {
        self.noun = noun
        self.verb = verb
        self.aliases = aliases
        self.summary = summary
        self.details = details
        self.arguments = arguments
        self.options = options
        self.choices = choices
        self.examples = examples
        self.requirements = requirements
        self.exitCodes = exitCodes
        self.mutates = mutates
    }

    /// `service list`, or `check`: the canonical spelling and the identity of the command.
    package var path: String { noun.map { "\($0) \(verb)" } ?? verb }

    /// Every accepted spelling of the verb, the canonical one first.
    package var spellings: [String] { [verb] + aliases }

    /// Understood by every table: `help`, `help service`, `help service list`.
    package static let help = CommandSpec(
        verb: "help", "Explain a command, or list them all",
        arguments: [ArgumentSpec(ValueSpec("COMMAND"), arity: .any, "A command, a noun, or a noun and its verb")],
        exitCodes: ExitMeaning.informational)
}

/// A command line worth copying, and what it does.
package struct Example: Sendable, Hashable {
    /// The whole line, starting with the tool's name.
    package let command: String
    package let explanation: String

    package init(_ command: String, _ explanation: String) {
        self.command = command
        self.explanation = explanation
    }
}

/// What an exit code says about one command.
package struct ExitMeaning: Sendable, Hashable {
    package let code: ExitCode
    package let meaning: String

    package init(_ code: ExitCode, _ meaning: String) {
        self.code = code
        self.meaning = meaning
    }

    /// For commands that read or change the system.
    package static let standard = [
        ExitMeaning(.success, "done"),
        ExitMeaning(.failure, "the operation failed"),
        ExitMeaning(.usage, "the command line or its input is wrong; nothing was changed"),
        ExitMeaning(.notFound, "the named object was not found"),
        ExitMeaning(.notPermitted, "not permitted: the message names the missing capability"),
        ExitMeaning(.notSupported, "this system lacks what was asked"),
    ]

    /// For commands that only print what the tool knows by itself.
    package static let informational = [
        ExitMeaning(.success, "done"),
        ExitMeaning(.failure, "the output could not be written"),
        ExitMeaning(.usage, "the command line is wrong"),
    ]

    /// The standard meanings with some of them said more precisely.
    package static func standard(_ changes: [ExitCode: String]) -> [ExitMeaning] {
        standard.map { ExitMeaning($0.code, changes[$0.code] ?? $0.meaning) }
    }
}
