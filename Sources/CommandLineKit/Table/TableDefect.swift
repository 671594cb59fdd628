// SPDX-License-Identifier: Apache-2.0

/// A contradiction inside a command table, found by ``CommandTable/defects()`` and expected by no one at run time.
package enum TableDefect: Error, Sendable, Hashable {
    /// Two nouns or node commands, or two verbs of one noun, share a spelling.
    case ambiguousWord(noun: String?, word: String)
    /// Two options that one command accepts share a spelling.
    case ambiguousOption(command: String, spelling: String)
    case unknownNoun(command: String)
    case nounWithoutCommand(String)
    /// A choice or a requirement names an option that the command does not have.
    case unknownOption(command: String, name: String)
    /// More than one argument repeats, or an optional one precedes a required one.
    case ambiguousArguments(command: String)
    /// The words that should list live names are not a command line of this table.
    case invalidLiveNames(command: String, words: [String])
    case invalidExample(command: String, line: String)
    /// The command changes the node without offering `--dry-run`.
    case missingDryRun(command: String)
    case missingExample(command: String)
}

extension CommandTable {
    /// Everything in the table that contradicts itself; a test of the table's owner expects none.
    package func defects() -> [TableDefect] {
        wordDefects() + commands.flatMap(defects(of:))
    }

    private func wordDefects() -> [TableDefect] {
        let top = nouns.flatMap(\.spellings) + nodeCommands.flatMap(\.spellings)
        var found = repeated(top).map { TableDefect.ambiguousWord(noun: nil, word: $0) }
        for noun in nouns {
            let verbs = commands(of: noun)
            if verbs.isEmpty { found.append(.nounWithoutCommand(noun.name)) }
            found += repeated(verbs.flatMap(\.spellings)).map { .ambiguousWord(noun: noun.name, word: $0) }
        }
        return found
    }

    private func defects(of command: CommandSpec) -> [TableDefect] {
        var found: [TableDefect] = []
        if let noun = command.noun, !nouns.contains(where: { $0.name == noun }) {
            found.append(.unknownNoun(command: command.path))
        }
        found += optionDefects(of: command)
        if hasAmbiguousArguments(command) { found.append(.ambiguousArguments(command: command.path)) }
        found += liveNameDefects(of: command)
        found += exampleDefects(of: command)
        if command.mutates, !command.options.contains(where: { $0.name == "dry-run" }) {
            found.append(.missingDryRun(command: command.path))
        }
        return found
    }

    private func optionDefects(of command: CommandSpec) -> [TableDefect] {
        let options = command.options + globalOptions
        let spellings = options.flatMap { $0.spellings + $0.aliases.map { "--" + $0 } }
        let known = Set(options.map(\.name))
        let referred = (command.choices + globalChoices).flatMap(\.names) + options.flatMap(\.requires)
        return repeated(spellings).map { .ambiguousOption(command: command.path, spelling: $0) }
            + referred.filter { !known.contains($0) }.map { .unknownOption(command: command.path, name: $0) }
    }

    private func hasAmbiguousArguments(_ command: CommandSpec) -> Bool {
        let open = command.arguments.filter { $0.arity != .one }
        guard open.count > 1 else { return false }
        // Words are handed out from the left, so `A [B] [C]...` is clear and everything else with two open ends is not.
        return open.dropLast().contains { $0.arity != .optional }
            || command.arguments.drop { $0.arity == .one }.contains { $0.arity.minimum > 0 }
    }

    private func liveNameDefects(of command: CommandSpec) -> [TableDefect] {
        let values = command.arguments.map(\.value) + (command.options + globalOptions).compactMap(\.value)
        return values.compactMap { value in
            guard case .live(let words) = value.kind, !parsesToRun(words) else { return nil }
            return .invalidLiveNames(command: command.path, words: words)
        }
    }

    private func exampleDefects(of command: CommandSpec) -> [TableDefect] {
        guard !command.examples.isEmpty || command == .help else { return [.missingExample(command: command.path)] }
        return command.examples.filter { example in
            // Only plain lines can be checked without a shell.
            let words = example.command.split(separator: " ").map(String.init)
            guard words.first == tool, !example.command.contains(where: { "'\"|<>;$#".contains($0) }) else {
                return !example.command.mentions(tool)
            }
            return !parsesToRun(Array(words.dropFirst()))
        }.map { .invalidExample(command: command.path, line: $0.command) }
    }

    private func parsesToRun(_ words: [String]) -> Bool {
        do {
            _ = try parse(words)
            return true
        } catch {
            return false
        }
    }

    private func repeated(_ words: [String]) -> [String] {
        var seen: Set<String> = []
        return words.filter { !seen.insert($0).inserted }
    }
}
