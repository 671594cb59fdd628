// SPDX-License-Identifier: Apache-2.0

extension CommandTable {
    /// The help text of one level, ending with a line feed and never wider than the style allows where words can break.
    package func help(about topic: HelpTopic, style: HelpStyle = HelpStyle()) -> String {
        let page =
            switch topic {
            case .tool: toolPage(style)
            case .noun(let noun): nounPage(noun, style)
            case .command(let command): commandPage(command, style)
            }
        return page.map { $0.joined(separator: "\n") + "\n" }.joined(separator: "\n")
    }

    private func toolPage(_ style: HelpStyle) -> [[String]] {
        [
            wrapped("\(tool): \(summary)", width: style.width),
            [usage(of: .tool, width: style.width)],
            section("Commands", nodeCommands.map { ($0.verb, $0.summary) }, style),
            section("Nouns", nouns.map { (named($0.name, $0.aliases), $0.summary) }, style),
            section("Global options", globalOptions.filter { !$0.isHidden }.map(row), style),
            wrapped("See '\(tool) NOUN --help' for the verbs of a noun.", width: style.width),
        ]
    }

    private func nounPage(_ noun: NounSpec, _ style: HelpStyle) -> [[String]] {
        var page = [
            wrapped(noun.summary, width: style.width),
            [usage(of: .noun(noun), width: style.width)],
            section("Verbs", commands(of: noun).map { (named($0.verb, $0.aliases), $0.summary) }, style),
        ]
        let others = noun.spellings.dropFirst()
        if !others.isEmpty { page.append(wrapped("Also spelt \(quotedList(Array(others))).", width: style.width)) }
        page.append(wrapped("See '\(tool) \(noun.name) VERB --help' for one of them.", width: style.width))
        return page
    }

    private func commandPage(_ command: CommandSpec, _ style: HelpStyle) -> [[String]] {
        var page = [wrapped(command.summary, width: style.width), [usage(of: .command(command), width: style.width)]]
        page += command.details.map { wrapped($0, width: style.width) }
        page += [
            section("Arguments", command.arguments.map { ($0.synopsis, description(of: $0.value, $0.summary)) }, style),
            section("Options", command.options.filter { !$0.isHidden }.map(row), style),
            section("Requires", command.requirements, style),
            exampleSection(command.examples, style),
            section("Exit codes", command.exitCodes.map { (String($0.code.rawValue), $0.meaning) }, style),
            globalReference(style),
        ]
        if !command.aliases.isEmpty {
            page.append(wrapped("Also spelt \(quotedList(command.aliases)).", width: style.width))
        }
        return page.filter { !$0.isEmpty }
    }

    private func section(_ title: String, _ rows: [(String, String)], _ style: HelpStyle) -> [String] {
        guard !rows.isEmpty else { return [] }
        return [style.heading("\(title):")] + definitionList(rows, width: style.width)
    }

    private func section(_ title: String, _ lines: [String], _ style: HelpStyle) -> [String] {
        guard !lines.isEmpty else { return [] }
        let body = lines.flatMap {
            wrapped($0, width: style.width - 4).enumerated().map { ($0 == 0 ? "  " : "    ") + $1 }
        }
        return [style.heading("\(title):")] + body
    }

    /// Commands are not broken, so that they can be copied.
    private func exampleSection(_ examples: [Example], _ style: HelpStyle) -> [String] {
        guard !examples.isEmpty else { return [] }
        let body = examples.flatMap { example in
            wrapped(example.explanation, width: style.width - 4).map { "  # " + $0 } + ["  " + example.command]
        }
        return [style.heading("Examples:")] + body
    }

    private func globalReference(_ style: HelpStyle) -> [String] {
        let names = globalOptions.filter { !$0.isHidden }.map { $0.spellings.joined(separator: "/") }
        return wrapped("Global options: \(names.joined(separator: ", ")); see '\(tool) --help'.", width: style.width)
    }

    private func named(_ name: String, _ aliases: [String]) -> String {
        aliases.isEmpty ? name : "\(name) (\(aliases.joined(separator: ", ")))"
    }
}

/// The words that help and the manuals share.
extension CommandTable {
    private func row(_ option: OptionSpec) -> (String, String) {
        let short = option.short.map { "-\($0), " } ?? "    "
        return (short + option.synopsis, description(of: option))
    }

    /// The summary with what the parser enforces: `Output format: table or json (default table)`.
    func description(of option: OptionSpec) -> String {
        var text = option.value.map { description(of: $0, option.summary) } ?? option.summary
        let notes =
            (option.isRequired ? ["required"] : []) + (option.isRepeatable && option.value != nil ? ["repeatable"] : [])
        if !notes.isEmpty { text += " (\(notes.joined(separator: ", ")))" }
        return text
    }

    func description(of value: ValueSpec, _ summary: String) -> String {
        let allowed = value.allowed.map { ": " + prose($0) } ?? ""
        let standard = value.defaultText.map { " (default \($0))" } ?? ""
        return summary + allowed + standard
    }
}
