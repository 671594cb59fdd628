// SPDX-License-Identifier: Apache-2.0

extension CommandTable {
    /// `usage: ebpfctl service get NAME [options]`, folded to `width` columns with aligned continuation lines.
    package func usage(of topic: HelpTopic, width: Int = 80) -> String {
        let label = "usage: "
        let parts = usageParts(of: topic, room: width - label.count - 2)
        // Continuation lines start under the first argument where that leaves room for them.
        let head = label.count + parts[0].count + 1
        let isRoomy = head <= width / 2 && parts.dropFirst().allSatisfy { head + $0.count <= width }
        let margin = isRoomy ? head : label.count + 2
        var lines: [String] = []
        var line = label + parts[0]
        for part in parts.dropFirst() {
            if line.count + 1 + part.count > width {
                lines.append(line)
                line = String(repeating: " ", count: margin) + part
            } else {
                line += " " + part
            }
        }
        return (lines + [line]).joined(separator: "\n")
    }

    /// The usage line in parts that are never broken; the first names the command.
    ///
    /// - Parameter room: the columns that one part may take; a list of verbs that needs more is not spelt out.
    private func usageParts(of topic: HelpTopic, room: Int) -> [String] {
        switch topic {
        case .tool: [tool, "[options]", "(COMMAND | NOUN VERB)", "[arguments]", "[options]"]
        case .noun(let noun): ["\(tool) \(noun.name)", verbs(of: noun, room: room), "[arguments]", "[options]"]
        case .command(let command): ["\(tool) \(command.path)"] + parts(of: command) + ["[options]"]
        }
    }

    private func verbs(of noun: NounSpec, room: Int) -> String {
        let verbs = commands(of: noun).map(\.verb).joined(separator: "|")
        return verbs.count <= room ? verbs : "VERB"
    }

    /// Arguments, and those options without which the command does nothing.
    private func parts(of command: CommandSpec) -> [String] {
        let chosen = Set(command.choices.flatMap(\.names))
        let required = command.options.filter { $0.isRequired && !chosen.contains($0.name) }
        let choices = command.choices.filter(\.isRequired).map { choice in
            let synopses = choice.names.compactMap { name in command.options.first { $0.name == name }?.synopsis }
            return "(\(synopses.joined(separator: " | ")))"
        }
        return command.arguments.map(\.synopsis)
            + required.map { $0.synopsis + ($0.isRepeatable ? "..." : "") } + choices
    }
}
