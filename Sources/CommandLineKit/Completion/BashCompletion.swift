// SPDX-License-Identifier: Apache-2.0

/// Writes a script for bash 4 and later that needs no completion library.
struct BashCompletion {
    let table: CommandTable

    private var prefix: String { table.functionPrefix }

    var lines: [String] {
        header + [""] + stepFunction + [""] + valueFunction + [""] + expectFunction + [""]
            + Self.runtime.map { line in
                line.substituting("@PREFIX@", with: prefix).substituting("@TOOL@", with: table.tool)
            }
    }

    private var header: [String] {
        [
            "# bash completion for \(table.tool), printed by '\(table.tool) completion bash'",
            "# SPDX-License-Identifier: Apache-2.0",
        ]
    }

    private var stepFunction: [String] {
        let cases = table.steps.map { step in
            let patterns = step.spellings.map { singleQuoted("\(step.from)/\($0)") }
            return "    \(patterns.joined(separator: " | "))) path=\(singleQuoted(step.to)) ;;"
        }
        return ["# Moves 'path' on by one word, from any spelling to the canonical one.", "\(prefix)_step() {"]
            + ["    case \"$path/$1\" in"] + cases + ["    *) path='?' ;;", "    esac", "}"]
    }

    private var valueFunction: [String] {
        let global = table.globalOptions.compactMap { valueCase($0, in: nil) }
        let special = table.commands.flatMap { command in command.options.compactMap { valueCase($0, in: command) } }
        return ["# Sets 'value' to the kind of an option's value, to nothing for a flag.", "\(prefix)_value() {"]
            + ["    value=", "    case \"$path $1\" in"] + global + special + ["    esac", "}"]
    }

    private func valueCase(_ option: OptionSpec, in command: CommandSpec?) -> String? {
        guard let value = option.value else { return nil }
        let spellings = option.spellings + option.aliases.map { "--" + $0 }
        let patterns = spellings.map { spelling in
            command.map { singleQuoted("\($0.path) \(spelling)") } ?? "*" + singleQuoted(" \(spelling)")
        }
        let kind = kindWord(table.completedKind(of: value, in: command))
        return "    \(patterns.joined(separator: " | "))) value=\(kind) ;;"
    }

    private var expectFunction: [String] {
        let options = table.shownOptions(of: nil).flatMap(\.spellings).joined(separator: " ")
        let nouns = table.nouns.map { noun in
            let verbs = table.commands(of: noun).map(\.verb).joined(separator: " ")
            return "    \(singleQuoted(noun.name))) next=\(singleQuoted(verbs)) ;;"
        }
        let first = table.firstWords.map(\.word).joined(separator: " ")
        return [
            "# Sets what may follow 'path': a word of 'next', or 'options' and 'arguments', the last perhaps repeating.",
            "\(prefix)_expect() {", "    next= repeats= arguments=()", "    options=\(singleQuoted(options))",
            "    case \"$path\" in", "    '') next=\(singleQuoted(first)) ;;",
        ] + nouns + table.commands.compactMap(expectCase) + ["    esac", "}"]
    }

    private func expectCase(_ command: CommandSpec) -> String? {
        var parts: [String] = []
        let options = command.options.filter { !$0.isHidden }.flatMap(\.spellings)
        if !options.isEmpty { parts.append("options+=\(singleQuoted(" " + options.joined(separator: " ")))") }
        if !command.arguments.isEmpty {
            let kinds = command.arguments.map { kindWord(table.completedKind(of: $0.value, in: command)) }
            parts.append("arguments=(\(kinds.joined(separator: " ")))")
        }
        if command.arguments.last?.arity.isRepeating == true { parts.append("repeats=1") }
        return parts.isEmpty ? nil : "    \(singleQuoted(command.path))) \(parts.joined(separator: " ")) ;;"
    }

    private func kindWord(_ kind: ValueSpec.Kind) -> String {
        switch kind {
        case .free: "free"
        case .enumeration(let values), .suggestions(let values):
            singleQuoted("words " + values.joined(separator: " "))
        case .file: "files"
        case .directory: "directories"
        case .live(let words): singleQuoted("live " + words.joined(separator: " "))
        }
    }

    /// The part that does not depend on the table.
    private static let runtime = #"""
        # Offers those words that begin with the first argument; they are data and never expanded.
        @PREFIX@_offer() {
            local start=$1 word quoted
            shift
            for word; do
                [[ $word == "$start"* ]] || continue
                printf -v quoted %q "$word"
                COMPREPLY+=("$quoted")
            done
        }

        # Completes the text $2 of a value of the kind $1.
        @PREFIX@_complete() {
            local -a names
            case $1 in
            words\ *)
                read -ra names <<<"${1#words }"
                @PREFIX@_offer "$2" "${names[@]}"
                ;;
            live\ *)
                read -ra names <<<"${1#live }"
                mapfile -t names < <("$tool" "${names[@]}" 2>/dev/null)
                @PREFIX@_offer "$2" "${names[@]}"
                ;;
            files | directories)
                compopt -o filenames 2>/dev/null
                [[ $1 == files ]] && mapfile -t COMPREPLY < <(compgen -f -- "$2")
                [[ $1 == directories ]] && mapfile -t COMPREPLY < <(compgen -d -- "$2")
                ;;
            esac
        }

        @PREFIX@() {
            local line=${COMP_LINE:0:COMP_POINT} tool=$1
            local path= value= next= repeats= options= expecting= ended= head= breaks= current word i count=0
            local -a words arguments
            COMPREPLY=()
            [[ $tool == \~/* ]] && tool=$HOME/${tool#\~/}
            # The line is split here, because bash would also split at ':' and '='.
            IFS=$' \t\n' read -ra words <<<"$line"
            [[ $line == *[[:space:]] ]] && words+=('')
            current=${words[${#words[@]} - 1]}
            for ((i = 1; i < ${#words[@]} - 1; i++)); do
                word=${words[i]}
                if [[ $expecting ]]; then
                    expecting=
                    continue
                fi
                if [[ ! $ended ]]; then
                    case $word in
                    --) ended=1 && continue ;;
                    --*=*) continue ;;
                    -?*)
                        @PREFIX@_value "$word"
                        expecting=$value
                        continue
                        ;;
                    esac
                fi
                @PREFIX@_expect
                if [[ $next ]]; then @PREFIX@_step "$word"; else count=$((count + 1)); fi
            done
            @PREFIX@_expect
            if [[ $expecting ]]; then
                @PREFIX@_complete "$expecting" "$current"
            elif [[ ! $ended && $current == --*=* ]]; then
                @PREFIX@_value "${current%%=*}"
                head=${current%%=*}=
                @PREFIX@_complete "$value" "${current#*=}"
            elif [[ ! $ended && $current == -* ]]; then
                @PREFIX@_complete "words $options" "$current"
            elif [[ $next ]]; then
                @PREFIX@_complete "words $next" "$current"
            else
                ((repeats && count >= ${#arguments[@]})) && count=$((${#arguments[@]} - 1))
                @PREFIX@_complete "${arguments[count]-free}" "$current"
            fi
            ((${#COMPREPLY[@]})) || return 0
            COMPREPLY=("${COMPREPLY[@]/#/$head}")
            # Readline replaces only what follows the last of these characters in the word.
            [[ $COMP_WORDBREAKS == *:* ]] && breaks+=:
            [[ $COMP_WORDBREAKS == *=* ]] && breaks+==
            if [[ $breaks && $current == *["$breaks"]* ]]; then
                head=${current%"${current##*["$breaks"]}"}
                COMPREPLY=("${COMPREPLY[@]#"$head"}")
            fi
        }

        complete -F @PREFIX@ @TOOL@
        """#.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
}
