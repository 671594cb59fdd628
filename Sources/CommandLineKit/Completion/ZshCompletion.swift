// SPDX-License-Identifier: Apache-2.0

/// Writes a script for zsh's own completion system.
struct ZshCompletion {
    let table: CommandTable

    private var prefix: String { table.functionPrefix }

    var lines: [String] {
        [
            "#compdef \(table.tool)", "# zsh completion for \(table.tool), printed by '\(table.tool) completion zsh'",
            "# SPDX-License-Identifier: Apache-2.0", "",
        ] + liveFunction + table.nouns.flatMap { [""] + nounFunction($0) } + [""] + mainFunction + [
            "", "if [[ $funcstack[1] == \(prefix) ]]; then", "    \(prefix) \"$@\"", "else",
            "    compdef \(prefix) \(table.tool)", "fi",
        ]
    }

    private var liveFunction: [String] {
        [
            "# Offers what the tool lists when run with these words.", "\(prefix)_live() {", "    local -a names",
            "    names=(\"${(@f)$(_call_program names ${(q)tool} ${(q)@} 2>/dev/null)}\")",
            "    compadd -- ${names:#}", "}",
        ]
    }

    private func nounFunction(_ noun: NounSpec) -> [String] {
        let commands = table.commands(of: noun)
        return ["\(functionName(noun.name))() {", "    local line state"]
            + dispatch(words: commands.map { ($0.verb, $0.summary) }, tag: "verb")
            + commands.flatMap { branch($0.spellings, command: $0) }
            + ["        esac", "        ;;", "    esac", "}"]
    }

    private var mainFunction: [String] {
        let globals = table.shownOptions(of: nil).flatMap { optionSpecs($0, in: nil) }
        return ["\(prefix)() {", "    local curcontext=\"$curcontext\" tool=${~words[1]} line state"]
            + ["    local -a globals choices", "    globals=("] + globals.map { "        \($0)" } + ["    )"]
            + dispatch(words: table.firstWords, tag: "command")
            + table.nodeCommands.flatMap { branch($0.spellings, command: $0) }
            + table.nouns.map { "        \($0.spellings.joined(separator: "|"))) \(functionName($0.name)) ;;" }
            + ["        esac", "        ;;", "    esac", "}"]
    }

    /// The part that chooses among the next words, up to the opening of the `case` over them.
    private func dispatch(words: [(word: String, summary: String)], tag: String) -> [String] {
        let choices = words.map { "            " + singleQuoted("\($0.word):\($0.summary)") }
        return [
            "    _arguments -C -s \"${globals[@]}\" '1: :->\(tag)' '*:: :->rest'", "    case $state in", "    \(tag))",
        ]
            + ["        choices=("] + choices + [
                "        )", "        _describe -t \(tag)s \(tag) choices", "        ;;",
            ]
            + ["    rest)", "        case $line[1] in"]
    }

    private func branch(_ spellings: [String], command: CommandSpec) -> [String] {
        let options = command.options.filter { !$0.isHidden }.flatMap { optionSpecs($0, in: command) }
        let specs = options + command.arguments.map { argumentSpec($0, in: command) }
        let calls = ["_arguments -s -S \"${globals[@]}\""] + specs
        let body = calls.enumerated().map { position, call in
            (position == 0 ? "            " : "                ") + call + (position == calls.count - 1 ? "" : " \\")
        }
        return ["        \(spellings.joined(separator: "|")))"] + body + ["            ;;"]
    }

    private func optionSpecs(_ option: OptionSpec, in command: CommandSpec?) -> [String] {
        let spellings = option.spellings
        let exclusion = option.isRepeatable ? "*" : "(\(spellings.joined(separator: " ")))"
        return spellings.map { spelling in
            let isLong = spelling.hasPrefix("--")
            var spec = exclusion + spelling
            if option.value != nil { spec += isLong ? "=" : "+" }
            spec += "[\(escaped(option.summary, "[]:"))]"
            if let value = option.value { spec += ":" + message(value, in: command) }
            return singleQuoted(spec)
        }
    }

    private func argumentSpec(_ argument: ArgumentSpec, in command: CommandSpec) -> String {
        let start =
            switch argument.arity {
            case .one: ":"
            case .optional: "::"
            case .oneOrMore, .any: "*:"
            }
        return singleQuoted(start + message(argument.value, in: command))
    }

    private func message(_ value: ValueSpec, in command: CommandSpec?) -> String {
        let action =
            switch table.completedKind(of: value, in: command) {
            case .free: " "
            case .enumeration(let words), .suggestions(let words):
                "(\(words.map { escaped($0, ":() ") }.joined(separator: " ")))"
            case .file: "_files"
            case .directory: "_files -/"
            // The leading space keeps zsh from adding arguments of its own.
            case .live(let words): " \(prefix)_live \(words.joined(separator: " "))"
            }
        return "\(escaped(value.placeholder, ":")):\(action)"
    }

    private func functionName(_ noun: String) -> String {
        "\(prefix)_" + String(noun.map { $0.isLetter || $0.isNumber ? $0 : "_" })
    }

    private func escaped(_ text: String, _ special: String) -> String {
        text.reduce(into: "") { result, character in
            if character == "\\" || special.contains(character) { result += "\\" }
            result.append(character)
        }
    }
}
