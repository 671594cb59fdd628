// SPDX-License-Identifier: Apache-2.0

/// The whole command line as data: the single source of parsing, help, completions and manuals.
package struct CommandTable: Sendable, Hashable {
    package let tool: String
    /// A phrase with a capital and no full stop.
    package let summary: String
    /// Paragraphs of whole sentences for the manual of the tool itself.
    package let details: [String]
    /// Environment variables that the tool looks at, for its manual.
    package let environment: [NamedThing]
    /// Files and directories that the tool keeps, for its manual.
    package let files: [NamedThing]
    /// Accepted by every command, before the noun and after the verb; ends with `--help`.
    package let globalOptions: [OptionSpec]
    /// Global options that exclude each other.
    package let globalChoices: [OptionChoice]
    package let nouns: [NounSpec]
    /// In the order in which help shows them; ends with `help`.
    package let commands: [CommandSpec]

    /// Adds the `--help` option and the `help` command, which every tool has.
    package init(
        tool: String, _ summary: String, details: [String] = [], environment: [NamedThing] = [],
        files: [NamedThing] = [], globalOptions: [OptionSpec] = [], globalChoices: [OptionChoice] = [],
        nouns: [NounSpec], commands: [CommandSpec]
    ) {
        self.tool = tool
        self.summary = summary
        self.details = details
        self.environment = environment
        self.files = files
        self.globalOptions = globalOptions + [.help]
        self.globalChoices = globalChoices
        self.nouns = nouns
        self.commands = commands + [.help]
    }

    /// The commands without a noun, such as `check`.
    package var nodeCommands: [CommandSpec] { commands.filter { $0.noun == nil } }

    package func commands(of noun: NounSpec) -> [CommandSpec] {
        commands.filter { $0.noun == noun.name }
    }

    /// Finds a noun by any accepted spelling; never by a prefix.
    package func noun(_ word: String) -> NounSpec? {
        nouns.first { $0.spellings.contains(word) }
    }

    /// Finds a command by any accepted spelling of its verb.
    ///
    /// - Parameter noun: nil looks among the commands of the whole node.
    package func command(_ word: String, of noun: NounSpec?) -> CommandSpec? {
        commands.first { $0.noun == noun?.name && $0.spellings.contains(word) }
    }
}

/// Something with a name of its own outside the command line: a variable, a file.
package struct NamedThing: Sendable, Hashable {
    package let name: String
    /// A phrase with a capital and no full stop.
    package let meaning: String

    package init(_ name: String, _ meaning: String) {
        self.name = name
        self.meaning = meaning
    }
}
