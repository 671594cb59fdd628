// SPDX-License-Identifier: Apache-2.0

/// Writes a script for fish 3 and later.
struct FishCompletion {
    let table: CommandTable

    private var prefix: String { "_" + table.functionPrefix }
    private var start: String { "complete -c \(table.tool)" }

    var lines: [String] {
        [
            "# fish completion for \(table.tool), printed by '\(table.tool) completion fish'",
            "# SPDX-License-Identifier: Apache-2.0", "",
        ] + stepFunction + [""]
            + Self.runtime.map {
                $0.substituting("@PREFIX@", with: prefix).substituting("@VALUES@", with: valueOptions)
            }
            + ["", "\(start) -f"] + table.firstWords.map { wordLine($0.word, $0.summary, at: "") }
            + table.shownOptions(of: nil).map { optionLine($0, in: nil) }
            + table.nouns.flatMap { noun in
                table.commands(of: noun).map { wordLine($0.verb, $0.summary, at: noun.name) }
            }
            + table.commands.flatMap(commandLines)
    }

    private var stepFunction: [String] {
        let cases = table.steps.flatMap { step in
            [
                "        case " + step.spellings.map { quote("\(step.from)/\($0)") }.joined(separator: " "),
                "            echo \(quote(step.to))",
            ]
        }
        let open = ([""] + table.nouns.map(\.name)).map { quote("\($0)/*") }.joined(separator: " ")
        return [
            "# Prints the path after one more word, canonically spelt; nothing when the word is an argument.",
            "function \(prefix)_step", "    switch \"$argv[1]/$argv[2]\"",
        ] + cases + ["        case \(open)", "            echo '?'", "    end", "end"]
    }

    /// Patterns of the words after which a separate value follows; a command's path, or `*` for all, and a spelling.
    private var valueOptions: String {
        var seen: Set<String> = []
        let options =
            table.globalOptions.map { ("*", $0) }
            + table.commands.flatMap { command in
                command.options.map { (command.path, $0) }
            }
        let patterns = options.filter { $0.1.value != nil }.flatMap { path, option in
            (option.spellings + option.aliases.map { "--" + $0 }).map { quote("\(path) \($0)") }
        }
        return patterns.filter { seen.insert($0).inserted }.joined(separator: " ")
    }

    private func commandLines(_ command: CommandSpec) -> [String] {
        let options = command.options.filter { !$0.isHidden }.map { optionLine($0, in: command) }
        let arguments = command.arguments.enumerated().compactMap { position, argument -> String? in
            let offer = candidates(argument.value, in: command)
            let places = argument.arity.isRepeating ? "\(position + 1)-" : "\(position + 1)"
            let condition = quote("\(prefix)_at \"\(command.path)\" \(places)")
            return offer.isEmpty ? nil : "\(start) -n \(condition)\(offer)"
        }
        return options + arguments
    }

    private func wordLine(_ word: String, _ summary: String, at path: String) -> String {
        "\(start) -n \(quote("\(prefix)_at \"\(path)\"")) -a \(quote(word)) -d \(quote(summary))"
    }

    private func optionLine(_ option: OptionSpec, in command: CommandSpec?) -> String {
        var line = start
        if let command { line += " -n \(quote("\(prefix)_at \"\(command.path)\""))" }
        if let short = option.short { line += " -s \(short)" }
        line += " -l \(option.name)"
        if let value = option.value {
            line += " -r" + (value.kind == .file ? "" : " -f") + candidates(value, in: command)
        }
        return line + " -d \(quote(option.summary))"
    }

    private func candidates(_ value: ValueSpec, in command: CommandSpec?) -> String {
        switch table.completedKind(of: value, in: command) {
        case .free: ""
        case .enumeration(let words), .suggestions(let words): " -a \(quote(words.joined(separator: " ")))"
        case .file: " -F"
        case .directory: " -a '(__fish_complete_directories (commandline -ct))'"
        case .live(let words): " -a \(quote("(\(prefix)_live \(words.joined(separator: " ")))"))"
        }
    }

    private func quote(_ text: String) -> String {
        singleQuoted(text.substituting("\\", with: "\\\\"), quote: "\\'")
    }

    /// The part that does not depend on the table.
    private static let runtime = #"""
        # Succeeds when an option takes a separate value: its path and its spelling.
        function @PREFIX@_takes_value
            for pattern in @VALUES@
                string match -q -- $pattern "$argv[1] $argv[2]"; and return 0
            end
            return 1
        end

        # Finds the path that the words before the cursor lead to, and the number of the argument under the cursor.
        function @PREFIX@_read
            set -l words (commandline -opc)
            test "$@PREFIX@_words" = "$words"; and return
            set -g @PREFIX@_words $words
            set -g @PREFIX@_path ''
            set -g @PREFIX@_count 1
            set -l skip 0
            set -l ended 0
            for word in $words[2..]
                if test $skip = 1
                    set skip 0
                    continue
                end
                if test $ended = 0
                    if test "$word" = --
                        set ended 1
                        continue
                    else if string match -q -- '--*=*' $word
                        continue
                    else if string match -q -- '-?*' $word
                        @PREFIX@_takes_value "$@PREFIX@_path" $word; and set skip 1
                        continue
                    end
                end
                if set -l path (@PREFIX@_step "$@PREFIX@_path" $word); and test -n "$path"
                    set @PREFIX@_path $path
                else
                    set @PREFIX@_count (math $@PREFIX@_count + 1)
                end
            end
        end

        # Succeeds when the words before the cursor lead to the path $argv[1] and the word under the cursor is the
        # argument with the number $argv[2]; 'N-' stands for it and all later ones.
        function @PREFIX@_at
            @PREFIX@_read
            test "$@PREFIX@_path" = "$argv[1]"; or return 1
            switch "$argv[2]"
                case ''
                    return 0
                case '*-'
                    test $@PREFIX@_count -ge (string trim -c - -- $argv[2])
                case '*'
                    test $@PREFIX@_count -eq $argv[2]
            end
        end

        # Prints what the tool lists when run with these words.
        function @PREFIX@_live
            set -l words (commandline -opc)
            set -l tool (string replace -r '^~(?=/)' $HOME -- $words[1])
            command $tool $argv 2>/dev/null
        end
        """#.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
}
