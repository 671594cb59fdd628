// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Commands

/// A line made of an example in the command table, so that every command is tried without being named here.
struct ToolLine: Sendable, CustomStringConvertible {
    let command: CommandSpec
    /// Without the tool's name.
    var words: [String]

    static let table = Commands.Tool.table

    var description: String { "'\(words.joined(separator: " "))'" }

    /// It prints text for people or shells, which has no document.
    var isText: Bool { ["completion", "help"].contains(command.path) }

    /// It builds and judges nodes of its own, and does nothing with the one at hand.
    var isShow: Bool { command.path == "demo" }

    var needsDataplane: Bool { command.requirements.contains("An enabled dataplane") }

    var needsPrivilege: Bool { command.exitCodes.contains { $0.code == .notPermitted } }

    /// What the manual says that this command may end with.
    var declaredCodes: Set<Int32> { Set(command.exitCodes.map(\.code.rawValue)) }

    /// The examples of a command as far as a shell has nothing to do in them; `help` has none and needs none.
    static func examples(of command: CommandSpec) -> [ToolLine] {
        guard command != .help else { return [ToolLine(command: command, words: [command.verb])] }
        return command.examples.compactMap { example in
            let words = example.command.split(separator: " ").map(String.init)
                .prefix { !"|<>;&".contains($0.first ?? " ") }
            // What goes on until somebody ends it has tests of its own.
            let isPlain = !words.contains {
                $0 == "--watch" || $0.hasPrefix("--cgroup") || $0.contains { "'\"$\\".contains($0) }
            }
            guard words.first == table.tool, isPlain else {
                return nil
            }
            let line = ToolLine(command: command, words: Array(words.dropFirst()))
            // An example may show what to do next with another command.
            return line.invocation?.command == command ? line : nil
        }
    }

    /// The line as the tool reads it; nil for one that asks for help.
    private var invocation: Invocation? {
        if case .run(let invocation)? = try? Self.table.parse(words) { invocation } else { nil }
    }

    /// The same line, changing nothing, and for a second only where the command would go on and on.
    var harmless: ToolLine {
        var line = self
        if command.mutates, !words.contains("--dry-run") { line.words.append("--dry-run") }
        let hasDuration = command.options.contains { $0.name == "duration" }
        if hasDuration, !words.contains(where: { $0.hasPrefix("--duration") }) { line.words += ["--duration", "1s"] }
        return line
    }

    /// The same line with another format in the place of its own.
    func printing(_ format: String) -> ToolLine {
        var line = self
        while let index = line.words.firstIndex(of: "-o") { line.words.removeSubrange(index...index + 1) }
        line.words.removeAll { $0 == "-q" }
        line.words += ["-o", format]
        return line
    }
}

/// A value on a line that names something on the node.
struct NamedObject {
    let text: String
    let wordIndex: Int
    let value: ValueSpec

    /// The words that make the tool list what there is of this kind; nil when the text is no such name.
    var listing: [String]? {
        if case .live(let words) = value.kind { return words }
        return value.placeholder == "TUPLE" && text.contains(",") ? ["conntrack", "list", "-q"] : nil
    }

    var isFile: Bool { value.kind == .file }
}

extension ToolLine {
    /// The values of arguments and options that are names or files, from the left.
    func objects() -> [NamedObject] {
        guard let invocation else { return [] }
        let arguments = command.arguments.flatMap { spec in
            invocation.typedArguments(spec.name).map {
                NamedObject(text: $0.text, wordIndex: $0.index, value: spec.value)
            }
        }
        let options = command.options.flatMap { spec in
            spec.value.map { value in
                invocation.typedValues(spec.name).map {
                    NamedObject(text: $0.text, wordIndex: $0.index, value: value)
                }
            } ?? []
        }
        return (arguments + options).filter { $0.listing != nil || $0.isFile }
    }

    /// The same line with another text in the place of an object.
    func replacing(_ object: NamedObject, by text: String) -> ToolLine {
        var line = self
        line.words[object.wordIndex] = String(words[object.wordIndex].dropLast(object.text.count)) + text
        return line
    }
}
