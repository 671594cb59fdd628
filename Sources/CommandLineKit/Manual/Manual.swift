// SPDX-License-Identifier: Apache-2.0

/// Writes the manual: a page for the tool, one for each noun and one for each command of the node.
package struct Manual {
    private let table: CommandTable
    private let date: String
    private let section = 8

    /// - Parameter date: of the last change to the table, as in `March 1, 2026`; not the date of the build.
    package init(table: CommandTable, date: String) {
        self.table = table
        self.date = date
    }

    /// One page in mdoc(7).
    package struct Page: Sendable, Hashable {
        /// `ebpfctl-service.8`
        package let fileName: String
        package let text: String
    }

    package var pages: [Page] {
        [toolPage] + table.nodeCommands.map(commandPage) + table.nouns.map(nounPage)
    }

    private var toolPage: Page {
        let commands = table.firstWords.map { (tag: "Cm \($0.word)", text: sentence($0.summary)) }
        let body = synopsis(
            [[".Op Ar options", ".Ar COMMAND | NOUN VERB", ".Op Ar arguments", ".Op Ar options"]], of: table.tool)
        return page(
            "", table.summary,
            body + [".Sh DESCRIPTION"] + paragraphs(table.details.isEmpty ? [sentence(table.summary)] : table.details)
                + [".Pp", "The commands and nouns are:"] + Mdoc.list(commands)
                + [".Pp", "Every command accepts these options:"] + options(table.shownOptions(of: nil))
                + things(".Sh ENVIRONMENT", "Ev", table.environment) + things(".Sh FILES", "Pa", table.files)
                + exitStatus(ExitMeaning.standard))
    }

    private func commandPage(_ command: CommandSpec) -> Page {
        page(
            command.verb, command.summary,
            synopsis([arguments(of: command)], of: "\(table.tool) \(command.verb)")
                + [".Sh DESCRIPTION"] + description(of: command) + globalReference + exitStatus(of: [command])
                + examples(of: [command]))
    }

    private func nounPage(_ noun: NounSpec) -> Page {
        let commands = table.commands(of: noun)
        let others = noun.spellings.dropFirst()
        var text = [".Sh DESCRIPTION"] + Mdoc.text(sentence(noun.summary))
        if !others.isEmpty { text += Mdoc.text("The noun may also be spelt \(prose(Array(others))).") }
        text += globalReference
        for command in commands { text += [".Ss \(Mdoc.word(command.verb))"] + description(of: command) }
        let lines = commands.map { [".Cm \($0.verb)"] + arguments(of: $0) }
        return page(
            noun.name, noun.summary,
            synopsis(lines, of: "\(table.tool) \(noun.name)") + text + exitStatus(of: commands) + examples(of: commands)
        )
    }
}

// MARK: - Sections

extension Manual {
    private func page(_ topic: String, _ summary: String, _ body: [String]) -> Page {
        let name = topic.isEmpty ? table.tool : "\(table.tool)-\(topic)"
        let head = [
            ".\\\" SPDX-License-Identifier: Apache-2.0", ".Dd \(date)", ".Dt \(name.uppercased()) \(section)", ".Os",
            ".Sh NAME", ".Nm \(name)", ".Nd \(Mdoc.text(lowercasedFirst(summary)).joined(separator: " "))",
        ]
        let text = (head + body + seeAlso(except: name)).joined(separator: "\n") + "\n"
        return Page(fileName: "\(name).\(section)", text: text)
    }

    private func synopsis(_ lines: [[String]], of name: String) -> [String] {
        [".Sh SYNOPSIS"] + lines.flatMap { [".Nm \(name)"] + $0 }
    }

    /// The arguments and options of a synopsis, one macro line each.
    private func arguments(of command: CommandSpec) -> [String] {
        let chosen = Set(command.choices.flatMap(\.names))
        let plain = command.options.filter { !$0.isHidden && !chosen.contains($0.name) }.map { option in
            let text = Mdoc.longOption(option) + (option.isRepeatable ? " ..." : "")
            return option.isRequired ? text : "Op " + text
        }
        let choices = command.choices.map { choice in
            let options = choice.names.compactMap { name in command.options.first { $0.name == name } }
            return (choice.isRequired ? "Pq " : "Op ") + options.map(Mdoc.longOption).joined(separator: " | ")
        }
        return (command.arguments.map(Mdoc.argument) + plain + choices).map { "." + $0 }
    }

    private func description(of command: CommandSpec) -> [String] {
        var text = Mdoc.text(sentence(command.summary))
        if !command.aliases.isEmpty { text += Mdoc.text("Also spelt \(prose(command.aliases)).") }
        if !command.details.isEmpty { text += [".Pp"] + paragraphs(command.details) }
        text += Mdoc.list(
            command.arguments.map {
                ("Ar " + Mdoc.word($0.name), sentence(table.description(of: $0.value, $0.summary)))
            })
        text += options(command.options.filter { !$0.isHidden })
        if !command.requirements.isEmpty { text += [".Pp", "Requires:"] + requirements(command.requirements) }
        return text
    }

    private var globalReference: [String] {
        [".Pp", "The options that every command accepts are described in", ".Xr \(table.tool) \(section) ."]
    }

    private func options(_ options: [OptionSpec]) -> [String] {
        Mdoc.list(options.map { (Mdoc.option($0), sentence(table.description(of: $0))) })
    }

    private func requirements(_ requirements: [String]) -> [String] {
        [".Bl -bullet -compact"] + requirements.flatMap { [".It"] + Mdoc.text(sentence($0)) } + [".El"]
    }

    private func things(_ heading: String, _ macro: String, _ things: [NamedThing]) -> [String] {
        guard !things.isEmpty else { return [] }
        return [heading] + Mdoc.list(things.map { ("\(macro) " + Mdoc.word($0.name), sentence($0.meaning)) })
    }

    /// Each code with what it means to these commands.
    private func exitStatus(of commands: [CommandSpec]) -> [String] { exitStatus(commands.flatMap(\.exitCodes)) }

    private func exitStatus(_ all: [ExitMeaning]) -> [String] {
        let rows = ExitCode.allCases.compactMap { code -> (tag: String, text: String)? in
            var meanings: [String] = []
            for meaning in all where meaning.code == code {
                if !meanings.contains(meaning.meaning) { meanings.append(meaning.meaning) }
            }
            // What another one says as well need not be said again.
            meanings = meanings.filter { one in !meanings.contains { $0 != one && $0.mentions(one) } }
            return meanings.isEmpty ? nil : (String(code.rawValue), sentence(meanings.joined(separator: "; or ")))
        }
        return [".Sh EXIT STATUS"] + Mdoc.list(rows)
    }

    private func examples(of commands: [CommandSpec]) -> [String] {
        let examples = commands.flatMap(\.examples)
        guard !examples.isEmpty else { return [] }
        let body = examples.enumerated().flatMap { position, example in
            (position == 0 ? [] : [".Pp"]) + Mdoc.text(example.explanation + ":") + Mdoc.literal(example.command)
        }
        return [".Sh EXAMPLES"] + body
    }

    private func seeAlso(except name: String) -> [String] {
        let names = ([table.tool] + table.firstWords.map { "\(table.tool)-\($0.word)" }).filter { $0 != name }.sorted()
        let references = names.enumerated().map { ".Xr \($1) \(section)" + ($0 == names.count - 1 ? "" : " ,") }
        return [".Sh SEE ALSO"] + references
    }

    private func paragraphs(_ paragraphs: [String]) -> [String] {
        Array(paragraphs.map(Mdoc.text).joined(separator: [".Pp"]))
    }

    private func sentence(_ phrase: String) -> String {
        let start = phrase.prefix(1).uppercased() + phrase.dropFirst()
        return phrase.hasSuffix(".") ? start : start + "."
    }

    private func lowercasedFirst(_ phrase: String) -> String {
        // An abbreviation such as `NAT` keeps its capitals.
        guard phrase.dropFirst().first?.isUppercase != true else { return phrase }
        return phrase.prefix(1).lowercased() + phrase.dropFirst()
    }
}
