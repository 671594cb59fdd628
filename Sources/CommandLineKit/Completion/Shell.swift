// SPDX-License-Identifier: Apache-2.0

/// A shell for which a completion script can be made from the command table.
package enum Shell: String, Sendable, CaseIterable {
    case bash, zsh, fish

    /// What the file has to be called in the shell's own completion directory.
    package func fileName(for tool: String) -> String {
        switch self {
        case .bash: "\(tool).bash"
        case .zsh: "_\(tool)"
        case .fish: "\(tool).fish"
        }
    }
}

extension CommandTable {
    /// The script that completes this table's commands, ending with a line feed.
    ///
    /// It holds the whole table; only live names make it run the tool.
    package func completionScript(for shell: Shell) -> String {
        let script =
            switch shell {
            case .bash: BashCompletion(table: self).lines
            case .zsh: ZshCompletion(table: self).lines
            case .fish: FishCompletion(table: self).lines
            }
        return script.joined(separator: "\n") + "\n"
    }

    /// The name under which a script's functions live: `_ebpfctl` for `ebpfctl`.
    var functionPrefix: String {
        "_" + String(tool.map { $0.isLetter || $0.isNumber ? $0 : "_" })
    }

    /// The options of a command, or without one the global options, that scripts and manuals show.
    func shownOptions(of command: CommandSpec?) -> [OptionSpec] {
        ((command?.options ?? []) + globalOptions).filter { !$0.isHidden }
    }

    /// The words that may stand first: canonical spellings, each with its summary.
    var firstWords: [(word: String, summary: String)] {
        nodeCommands.map { ($0.verb, $0.summary) } + nouns.map { ($0.name, $0.summary) }
    }

    /// Every way to reach a command, or a noun that still lacks its verb: spellings by level, then the canonical path.
    var steps: [(from: String, spellings: [String], to: String)] {
        nodeCommands.map { ("", $0.spellings, $0.verb) }
            + nouns.map { ("", $0.spellings, $0.name) }
            + nouns.flatMap { noun in commands(of: noun).map { (noun.name, $0.spellings, $0.path) } }
    }

    /// The command `help` completes nouns and commands, which no kind of value can express.
    func completedKind(of value: ValueSpec, in command: CommandSpec?) -> ValueSpec.Kind {
        command == .help ? .suggestions(firstWords.map(\.word)) : value.kind
    }
}

/// The text as one shell word in single quotes, which all three shells read alike but for the quote itself.
///
/// - Parameter quote: how the shell writes a single quote inside or between quoted parts.
func singleQuoted(_ text: String, quote: String = #"'\''"#) -> String {
    var result = "'"
    for character in text { result += character == "'" ? quote : String(character) }
    return result + "'"
}
