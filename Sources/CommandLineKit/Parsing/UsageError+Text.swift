// SPDX-License-Identifier: Apache-2.0

extension CommandTable {
    /// The whole message for a wrong command line: what is wrong, a hint, and the usage line of the command.
    ///
    /// Three lines without a final line feed; an overlong usage line is folded to `width` columns.
    package func message(for error: UsageError, width: Int = 80) -> String {
        [
            "\(tool): \(sentence(for: error))",
            "hint: \(hint(for: error))",
            usage(of: error.topic, width: width),
        ].joined(separator: "\n")
    }

    private func sentence(for error: UsageError) -> String {
        switch error.problem {
        case .missingCommand: "missing command"
        case .unknownNoun(let word): "unknown noun \(quoted(word))"
        case .missingVerb: "missing verb after \(quoted(error.topic.path))"
        case .unknownVerb(let word): "unknown verb \(quoted(word)) for \(quoted(error.topic.path))"
        case .missingArgument(let name): "missing argument \(name) for \(quoted(error.topic.path))"
        case .unexpectedArgument(let word): "unexpected argument \(quoted(word)) for \(quoted(error.topic.path))"
        case .valueNotAllowed(let owner, let value, let allowed):
            "invalid value \(quoted(value)) for \(phrase(for: owner)): must be \(prose(allowed))"
        case .invalidValue(let owner, let value, let reason):
            "invalid value \(quoted(value)) for \(phrase(for: owner)): \(reason)"
        default: optionSentence(for: error)
        }
    }

    private func optionSentence(for error: UsageError) -> String {
        let scope = error.topic == .tool ? "" : " for \(quoted(error.topic.path))"
        return switch error.problem {
        case .unknownOption(let option): "unknown option \(quoted(option))\(scope)"
        case .misplacedOption(let option): "option \(quoted(option)) must follow the verb"
        case .missingValue(let option, let placeholder): "option \(quoted(option)) needs a value \(placeholder)"
        case .unexpectedValue(let option, let value):
            "option \(quoted(option)) takes no value, but was given \(quoted(value))"
        case .repeatedOption(let option): "option \(quoted(option)) was given more than once"
        case .missingOption(let synopsis): "missing option \(quoted(synopsis))\(scope)"
        case .missingChoice(let options): "missing option\(scope): one of \(quotedList(options))"
        case .conflictingOptions(let one, let other): "options \(quotedList([one, other], "and")) exclude each other"
        case .dependentOption(let option, let other): "option \(quoted(option)) needs option \(quoted(other))"
        default: ""
        }
    }

    private func phrase(for owner: UsageError.ValueOwner) -> String {
        switch owner {
        case .option(let name): "option \(quoted(name.hasPrefix("-") ? name : "--" + name))"
        case .argument(let name): "argument \(name)"
        }
    }

    private func hint(for error: UsageError) -> String {
        if let correction = error.correction, let line = shellLine([tool] + correction), line.utf8.count <= 200 {
            return "did you mean '\(line)'?"
        }
        let help = shellLine([tool] + error.topic.path.split(separator: " ").map(String.init) + ["--help"]) ?? ""
        guard error.suggestions.isEmpty else {
            return "did you mean \(quotedList(error.suggestions))? see '\(help)'"
        }
        return "see '\(help)'"
    }
}
