// SPDX-License-Identifier: Apache-2.0

/// Reads what `iptables-save` prints.
enum IptablesListing {
    /// Targets that let a packet go on, changed or not.
    private static let harmlessTargets: Set<String> = [
        "ACCEPT", "RETURN", "LOG", "NFLOG", "ULOG", "AUDIT", "TRACE", "MARK", "CONNMARK", "SECMARK", "CONNSECMARK",
        "CT",
        "NOTRACK", "CLASSIFY", "DSCP", "TOS", "ECN", "TTL", "HL", "TCPMSS", "TCPOPTSTRIP", "CHECKSUM", "SET",
        "MASQUERADE", "SNAT", "DNAT", "REDIRECT", "NETMAP", "RATEEST", "TEE", "FLOWOFFLOAD",
    ]

    /// - Parameter tool: `iptables` or `ip6tables`, for the chains' names.
    static func chains(in text: String, tool: String) -> [FilterChain] {
        var chains: [FilterChain] = []
        var indices: [String: Int] = [:]
        var table = ""
        for line in text.split(separator: "\n") {
            if line.hasPrefix("*") {
                table = "\(tool) \(line.dropFirst())"
                indices = [:]
            } else if line.hasPrefix(":") {
                let chain = declaration(line, table: table)
                indices[chain.name] = chains.count
                chains.append(chain)
            } else if line.hasPrefix("-A "), let (name, rule) = rule(line, isChain: { indices[$0] != nil }),
                let index = indices[name]
            {
                chains[index].rules.append(rule)
            }
        }
        return chains
    }

    /// `:FORWARD DROP [0:0]`, with a dash for the policy of a chain that is not built in.
    private static func declaration(_ line: Substring, table: String) -> FilterChain {
        let words = line.dropFirst().split(separator: " ")
        var chain = FilterChain(table: table, name: words.first.map(String.init) ?? "")
        if words.count > 1, words[1] != "-" {
            chain.hook = chain.name.lowercased()
            chain.policy = words[1].lowercased()
        }
        return chain
    }

    /// `-A FORWARD -s 10.0.0.0/8 -m comment --comment "with spaces" -j DROP`.
    private static func rule(
        _ line: Substring, isChain: (String) -> Bool
    ) -> (chain: String, rule: FilterChain.Rule)? {
        let words = QuotedWords.split(line)
        guard words.count > 1 else { return nil }
        var rule = FilterChain.Rule()
        if let flag = words.firstIndex(where: { $0 == "-j" || $0 == "-g" }), flag + 1 < words.count {
            let target = words[flag + 1]
            if isChain(target) {
                rule.targets = [target]
            } else if !harmlessTargets.contains(target) {
                rule.refusal = target.lowercased()
            }
        }
        return (words[1], rule)
    }

    /// Whether the xtables extension of that name lets a packet go on.
    static func isHarmless(target: String) -> Bool { harmlessTargets.contains(target) }
}

/// Splits a line at spaces, but not within double quotes.
enum QuotedWords {
    /// - Returns: the words; quoted ones with the quotes still around them, so that they equal no keyword.
    static func split(_ line: Substring) -> [String] {
        var words: [String] = []
        var word = ""
        var isQuoted = false
        var isEscaped = false
        for character in line {
            if character == "\"", !isEscaped { isQuoted.toggle() }
            isEscaped = character == "\\" && !isEscaped
            if !isQuoted, character == " " || character == "\t" {
                if !word.isEmpty { words.append(word) }
                word = ""
            } else {
                word.append(character)
            }
        }
        return word.isEmpty ? words : words + [word]
    }
}
