// SPDX-License-Identifier: Apache-2.0

/// What can only be judged when every word has been read.
extension WordReader {
    /// The finished invocation.
    ///
    /// - Throws: ``UsageError`` when words are missing, left over or at odds with each other.
    func invocation() throws(UsageError) -> Invocation {
        guard let command else { throw error(noun == nil ? .missingCommand : .missingVerb) }
        let arguments = try assignArguments(of: command)
        for choice in command.choices + table.globalChoices { try checkChoice(choice) }
        for option in options { try checkPresence(of: option) }
        return Invocation(
            command: command, words: words, argumentWords: arguments, occurrences: occurrences,
            knownOptions: Set(options.map(\.name)))
    }

    /// Hands out the words from the left; a repeating argument leaves enough for those after it.
    private func assignArguments(of command: CommandSpec) throws(UsageError) -> [String: [TypedText]] {
        var left = positionals[...]
        var assigned: [String: [TypedText]] = [:]
        for (position, spec) in command.arguments.enumerated() {
            let reserved = command.arguments[(position + 1)...].reduce(0) { $0 + $1.arity.minimum }
            let available = max(left.count - reserved, 0)
            let count = spec.arity.isRepeating ? available : min(available, 1)
            let taken = left.prefix(max(count, min(spec.arity.minimum, left.count)))
            guard taken.count >= spec.arity.minimum else { throw error(.missingArgument(spec.name)) }
            for typed in taken { try check(typed, against: spec.value, of: .argument(spec.name)) }
            assigned[spec.name] = Array(taken)
            left = left.dropFirst(taken.count)
        }
        if let extra = left.first { throw error(.unexpectedArgument(extra.text), at: extra) }
        return assigned
    }

    private func checkChoice(_ choice: OptionChoice) throws(UsageError) {
        let given = occurrences.filter { choice.names.contains($0.name) }
        if let first = given.first, let other = given.first(where: { $0.name != first.name }) {
            let typed = TypedText(text: words[other.index], index: other.index)
            throw error(.conflictingOptions("--" + first.name, "--" + other.name), at: typed)
        }
        if choice.isRequired, given.isEmpty {
            throw error(.missingChoice(choice.names.map { "--" + $0 }))
        }
    }

    private func checkPresence(of option: OptionSpec) throws(UsageError) {
        guard let occurrence = occurrences.first(where: { $0.name == option.name }) else {
            if option.isRequired { throw error(.missingOption(synopsis: option.synopsis)) }
            return
        }
        for name in option.requires where !occurrences.contains(where: { $0.name == name }) {
            let typed = TypedText(text: words[occurrence.index], index: occurrence.index)
            throw error(.dependentOption(option.longForm, requires: "--" + name), at: typed)
        }
    }
}
