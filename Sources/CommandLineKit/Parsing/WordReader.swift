// SPDX-License-Identifier: Apache-2.0

/// Goes through the words of one command line from left to right and finds out what each of them is.
struct WordReader {
    let table: CommandTable
    let words: [String]
    private(set) var noun: NounSpec?
    private(set) var command: CommandSpec?
    private(set) var occurrences: [OptionOccurrence] = []
    private(set) var positionals: [TypedText] = []
    private var next = 0
    private var areOptionsOver = false

    init(table: CommandTable, words: [String]) {
        self.table = table
        self.words = words
    }

    /// The deepest command level that the words read so far have named.
    var topic: HelpTopic {
        command.map { .command($0) } ?? noun.map { .noun($0) } ?? .tool
    }

    var isHelpRequested: Bool { occurrences.contains { $0.name == OptionSpec.help.name } }

    /// What may be given at this point: before the verb only what every command accepts.
    var options: [OptionSpec] { (command?.options ?? []) + table.globalOptions }

    mutating func readAll() throws(UsageError) {
        while next < words.count {
            let typed = TypedText(text: words[next], index: next)
            next += 1
            if areOptionsOver {
                try readPositional(typed)
            } else if typed.text == "--" {
                areOptionsOver = true
            } else if typed.text.hasPrefix("--") {
                try readLongOption(typed)
            } else if isShortOptions(typed.text) {
                try readShortOptions(typed)
            } else {
                try readPositional(typed)
            }
        }
    }

    private mutating func readPositional(_ typed: TypedText) throws(UsageError) {
        if command == nil {
            try readCommandWord(typed)
        } else {
            positionals.append(typed)
        }
    }

    /// Takes a word that has to be a noun, a verb of the noun read before, or a command of the node.
    mutating func readCommandWord(_ typed: TypedText) throws(UsageError) {
        if let found = table.command(typed.text, of: noun) {
            command = found
        } else if noun == nil, let found = table.noun(typed.text) {
            noun = found
        } else {
            throw unknownWord(typed)
        }
    }
}

// MARK: - Options

extension WordReader {
    /// True for `-q`, `-ojson` and `-4`, false for `-` and for numbers below zero.
    private func isShortOptions(_ word: String) -> Bool {
        guard word.hasPrefix("-"), word.count > 1 else { return false }
        let letters = word.dropFirst()
        guard let first = letters.first, first.isASCII, first.isNumber else { return true }
        return letters.allSatisfy { letter in options.contains { $0.short == letter } }
    }

    private mutating func readLongOption(_ typed: TypedText) throws(UsageError) {
        let parts = typed.text.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts.first ?? "")
        guard let option = options.first(where: { $0.name == name || $0.aliases.contains(name) }) else {
            throw unknownOption("--" + name, in: typed)
        }
        let attached = parts.count > 1 ? String(parts[1]) : nil
        guard option.value != nil || attached == nil else {
            throw error(.unexpectedValue(option: option.longForm, value: attached ?? ""), at: typed)
        }
        try record(option, shownAs: "--" + name, in: typed, attached: attached)
    }

    private mutating func readShortOptions(_ typed: TypedText) throws(UsageError) {
        var letters = typed.text.dropFirst()
        while let letter = letters.popFirst() {
            guard let option = options.first(where: { $0.short == letter }) else {
                throw unknownOption("-\(letter)", in: typed)
            }
            if option.value != nil {
                let attached = letters.first == "=" ? letters.dropFirst() : letters
                let isAttached = !letters.isEmpty
                return try record(
                    option, shownAs: "-\(letter)", in: typed, attached: isAttached ? String(attached) : nil)
            }
            if letters.first == "=" {
                throw error(.unexpectedValue(option: "-\(letter)", value: String(letters.dropFirst())), at: typed)
            }
            try record(option, shownAs: "-\(letter)", in: typed, attached: nil)
        }
    }

    private mutating func record(
        _ option: OptionSpec, shownAs spelling: String, in typed: TypedText, attached: String?
    ) throws(UsageError) {
        var value: TypedText?
        if let spec = option.value {
            let text = attached.map { TypedText(text: $0, index: typed.index) } ?? takeValue()
            guard let text, !text.text.isEmpty else {
                throw error(.missingValue(option: spelling, placeholder: spec.placeholder), at: typed)
            }
            try check(text, against: spec, of: .option(spelling))
            value = text
        }
        if !option.isRepeatable, occurrences.contains(where: { $0.name == option.name }) {
            throw error(.repeatedOption(spelling), at: typed)
        }
        occurrences.append(OptionOccurrence(name: option.name, index: typed.index, value: value))
    }

    /// The next word as the value of an option, unless it looks like an option itself: that needs `--name=value`.
    private mutating func takeValue() -> TypedText? {
        guard next < words.count, !words[next].hasPrefix("--"), !isShortOptions(words[next]) else { return nil }
        defer { next += 1 }
        return TypedText(text: words[next], index: next)
    }

    func check(_ typed: TypedText, against spec: ValueSpec, of owner: UsageError.ValueOwner) throws(UsageError) {
        guard let allowed = spec.allowed, !allowed.contains(typed.text) else { return }
        let problem = UsageError.Problem.valueNotAllowed(owner, value: typed.text, allowed: allowed)
        throw error(problem, at: typed, candidates: allowed.map { [$0] }, misspelt: typed.text)
    }
}

// MARK: - Errors

extension WordReader {
    func error(_ problem: UsageError.Problem, at typed: TypedText? = nil) -> UsageError {
        UsageError(problem, topic: topic, index: typed?.index)
    }

    /// An error about a misspelt part of a word: whatever stands before that part is kept in the correction.
    private func error(
        _ problem: UsageError.Problem, at typed: TypedText, candidates: [[String]], misspelt: String
    ) -> UsageError {
        let close = suggestions(for: misspelt, among: candidates)
        var correction: [String]?
        if close.count == 1, words[typed.index].hasSuffix(misspelt) {
            correction = words
            correction?[typed.index] = words[typed.index].dropLast(misspelt.count) + close[0]
        }
        return UsageError(problem, topic: topic, index: typed.index, suggestions: close, correction: correction)
    }

    private func unknownWord(_ typed: TypedText) -> UsageError {
        if let noun {
            let candidates = table.commands(of: noun).map(\.spellings)
            return error(.unknownVerb(typed.text), at: typed, candidates: candidates, misspelt: typed.text)
        }
        if let swapped = nounAfterVerb(typed) {
            return UsageError(
                .unknownNoun(typed.text), topic: .tool, index: typed.index, suggestions: [swapped[typed.index]],
                correction: swapped)
        }
        if let completed = nounLeftOut(typed) { return completed }
        let candidates = table.nouns.map(\.spellings) + table.nodeCommands.map(\.spellings)
        return error(.unknownNoun(typed.text), at: typed, candidates: candidates, misspelt: typed.text)
    }

    /// Puts `list services` right for those used to naming the verb first.
    private func nounAfterVerb(_ typed: TypedText) -> [String]? {
        let following = typed.index + 1
        guard following < words.count, let noun = table.noun(words[following]),
            table.command(typed.text, of: noun) != nil
        else { return nil }
        var swapped = words
        swapped.swapAt(typed.index, following)
        return swapped
    }

    /// Puts `apply -f x` right for those used to a verb that finds its noun in the file; nil for a verb of many nouns.
    private func nounLeftOut(_ typed: TypedText) -> UsageError? {
        let nouns = table.nouns.filter { table.command(typed.text, of: $0) != nil }.map(\.name)
        guard (1...3).contains(nouns.count) else { return nil }
        var completed = words
        completed.insert(nouns[0], at: typed.index)
        return UsageError(
            .unknownNoun(typed.text), topic: .tool, index: typed.index,
            suggestions: nouns.map { "\($0) \(typed.text)" }, correction: nouns.count == 1 ? completed : nil)
    }

    private func unknownOption(_ spelling: String, in typed: TypedText) -> UsageError {
        let isElsewhere = table.commands.flatMap(\.options).contains { $0.spellings.contains(spelling) }
        if command == nil, isElsewhere { return error(.misplacedOption(spelling), at: typed) }
        guard spelling.hasPrefix("--") else { return error(.unknownOption(spelling), at: typed) }
        if command == nil, let named = table.command(String(spelling.dropFirst(2)), of: nil) {
            return UsageError(
                .unknownOption(spelling), topic: topic, index: typed.index, suggestions: [named.verb],
                correction: [named.verb])
        }
        let shown = options.filter { !$0.isHidden }.map { [$0.longForm] }
        let close = suggestions(for: spelling, among: shown)
        var correction: [String]?
        if close.count == 1 {
            correction = words
            correction?[typed.index] = close[0] + typed.text.dropFirst(spelling.count)
        }
        return UsageError(
            .unknownOption(spelling), topic: topic, index: typed.index, suggestions: close, correction: correction)
    }
}
