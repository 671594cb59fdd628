// SPDX-License-Identifier: Apache-2.0

extension CommandTable {
    /// Reads the words after the tool's name.
    ///
    /// Help asked for anywhere before `--` wins over every mistake but an unknown noun or verb.
    ///
    /// - Throws: ``UsageError`` for the first mistake from the left, then for what is missing.
    package func parse(_ words: [String]) throws(UsageError) -> ParseResult {
        var reader = WordReader(table: self, words: words)
        do {
            try reader.readAll()
            if reader.isHelpRequested { return .help(reader.topic) }
            let invocation = try reader.invocation()
            return invocation.command == .help ? .help(try topic(named: invocation)) : .run(invocation)
        } catch {
            switch error.problem {
            case .unknownNoun, .unknownVerb: throw error
            default: break
            }
            // An early mistake may have kept the reader from the words that name the command.
            guard words.prefix(while: { $0 != "--" }).contains(where: { $0 == "-h" || $0 == "--help" }) else {
                throw error
            }
            return .help(error.topic)
        }
    }

    /// Resolves the words after `help`.
    private func topic(named invocation: Invocation) throws(UsageError) -> HelpTopic {
        var reader = WordReader(table: self, words: invocation.words)
        let named = invocation.typedArguments("COMMAND")
        for typed in named {
            guard reader.command == nil else {
                throw UsageError(.unexpectedArgument(typed.text), topic: .command(.help), index: typed.index)
            }
            try reader.readCommandWord(typed)
        }
        return reader.topic
    }
}
