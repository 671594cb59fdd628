// SPDX-License-Identifier: Apache-2.0

/// The rules of one table, as `iptables-save` or `ip6tables-save` prints them.
struct SavedTable {
    struct Rule {
        let chain: String
        /// As printed, without counters: what `iptables-restore` takes.
        let text: String
        /// The chain that the rule jumps or goes to; nil without one.
        let target: String?
        let comment: String?
    }

    let name: String
    private(set) var chains: [String] = []
    private(set) var rules: [Rule] = []

    /// The tables of a whole output; lines that are neither chains nor rules say nothing here.
    static func all(in saved: String) -> [SavedTable] {
        var tables: [SavedTable] = []
        for line in saved.split(separator: "\n") {
            switch line.first {
            case "*": tables.append(SavedTable(name: String(line.dropFirst())))
            case ":" where !tables.isEmpty:
                tables[tables.count - 1].chains.append(String(line.dropFirst().prefix { $0 != " " }))
            case "-" where !tables.isEmpty, "[" where !tables.isEmpty: tables[tables.count - 1].add(rule: line)
            default: continue
            }
        }
        return tables
    }

    private mutating func add(rule line: Substring) {
        // With `--counters` a rule stands behind its `[packets:bytes]`.
        let text = line.first == "[" ? line.drop { $0 != "]" }.dropFirst().drop { $0 == " " } : line
        let words = words(of: text)
        guard words.count > 1, words[0] == "-A" else { return }
        func value(after options: Set<String>) -> String? {
            words.firstIndex { options.contains($0) }.flatMap { $0 + 1 < words.count ? words[$0 + 1] : nil }
        }
        rules.append(
            Rule(
                chain: words[1], text: String(text), target: value(after: ["-j", "-g"]),
                comment: value(after: ["--comment"])))
    }
}

/// The words of a rule, with those in double quotes as one.
private func words(of rule: Substring) -> [String] {
    var words: [String] = []
    var word = ""
    var (isQuoted, isEscaped, isOpen) = (false, false, false)
    for character in rule {
        if isEscaped {
            word.append(character)
            isEscaped = false
        } else if character == "\\" {
            (isEscaped, isOpen) = (true, true)
        } else if character == "\"" {
            isQuoted.toggle()
            isOpen = true
        } else if character == " ", !isQuoted {
            if isOpen { words.append(word) }
            (word, isOpen) = ("", false)
        } else {
            word.append(character)
            isOpen = true
        }
    }
    return isOpen ? words + [word] : words
}
