// SPDX-License-Identifier: Apache-2.0

/// Writes the reference of all commands as one Markdown document.
package struct CommandReference {
    private let table: CommandTable

    package init(table: CommandTable) {
        self.table = table
    }

    /// The document, ending with a line feed.
    package var text: String {
        let head = [
            "<!-- SPDX-License-Identifier: Apache-2.0 -->", "# \(table.tool): commands", "",
            "This file is made from the command table; change the table, not this file.", "",
        ]
        let lines =
            head + block(table.usage(of: .tool)) + ["## Global options", ""] + options(table.shownOptions(of: nil))
            + ["## Commands", ""] + table.nodeCommands.flatMap(chapter) + table.nouns.flatMap(chapter)
        return lines.joined(separator: "\n").trimmingLineFeeds() + "\n"
    }

    private func chapter(_ noun: NounSpec) -> [String] {
        let others = noun.spellings.dropFirst().map { "`\($0)`" }
        return ["## \(noun.name)", "", plain(noun.summary) + "."]
            + (others.isEmpty ? [] : ["Also spelt \(prose(others))."]) + [""]
            + table.commands(of: noun).flatMap(chapter)
    }

    private func chapter(_ command: CommandSpec) -> [String] {
        let others = command.aliases.map { "`\($0)`" }
        let alias = others.isEmpty ? "" : " Also spelt \(prose(others))."
        return ["### \(table.tool) \(command.path)", "", plain(command.summary) + "." + alias, ""]
            + block(table.usage(of: .command(command))) + command.details.flatMap { [plain($0), ""] }
            + rows("Argument", command.arguments.map { ($0.synopsis, table.description(of: $0.value, $0.summary)) })
            + options(command.options.filter { !$0.isHidden }) + requirements(command.requirements)
            + examples(command.examples)
            + rows("Exit code", command.exitCodes.map { (String($0.code.rawValue), $0.meaning) })
    }

    private func options(_ options: [OptionSpec]) -> [String] {
        rows("Option", options.map { (($0.short.map { "-\($0), " } ?? "") + $0.synopsis, table.description(of: $0)) })
    }

    private func requirements(_ requirements: [String]) -> [String] {
        requirements.isEmpty ? [] : ["Requires:", ""] + requirements.map { "* " + plain($0) } + [""]
    }

    private func examples(_ examples: [Example]) -> [String] {
        examples.flatMap { [plain($0.explanation) + ":", ""] + block($0.command) }
    }

    private func block(_ text: String) -> [String] { ["```", text, "```", ""] }

    private func rows(_ title: String, _ rows: [(code: String, text: String)]) -> [String] {
        guard !rows.isEmpty else { return [] }
        let body = rows.map {
            "| `\($0.code.substituting("|", with: "\\|"))` | \(plain($0.text).substituting("|", with: "\\|")) |"
        }
        return ["| \(title) | Meaning |", "|---|---|"] + body + [""]
    }

    /// Text in which a renderer sees no markup.
    private func plain(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            if "\\*_<>[]`".contains(character) { result += "\\" }
            result.append(character)
        }
    }
}

extension String {
    fileprivate func trimmingLineFeeds() -> String {
        var text = self[...]
        while text.last == "\n" { text = text.dropLast() }
        return String(text)
    }
}
