// SPDX-License-Identifier: Apache-2.0

/// Reads what `nft list chains` and `nft list table` print.
enum NftablesListing {
    static func chains(in text: String) -> [FilterChain] {
        var chains: [FilterChain] = []
        var table = ""
        var isInChain = false
        for line in text.split(separator: "\n") {
            let words = QuotedWords.split(line)
            switch words.first {
            case "table":
                table = (["nft"] + words.dropFirst().prefix(2)).joined(separator: " ")
                isInChain = false
            case "chain" where words.last == "{" && words.count > 2:
                chains.append(FilterChain(table: table, name: words[1]))
                isInChain = true
            case "}":
                isInChain = false
            default:
                guard isInChain, let last = chains.indices.last else { continue }
                read(words, into: &chains[last])
            }
        }
        return chains
    }

    private static func read(_ words: [String], into chain: inout FilterChain) {
        guard words.first == "type", let hook = word(after: "hook", in: words) else {
            return chain.rules.append(rule(words))
        }
        chain.hook = hook
        if let policy = word(after: "policy", in: words) { chain.policy = String(policy.prefix { $0 != ";" }) }
    }

    /// `iifname "eth0" ct state vmap { invalid : drop, new : jump other } counter packets 0 bytes 0`.
    private static func rule(_ words: [String]) -> FilterChain.Rule {
        let plain = words.filter { !$0.hasPrefix("\"") }.map { word in word.filter { !",;{}".contains($0) } }
        var rule = FilterChain.Rule()
        for (index, word) in plain.enumerated() {
            let following = index + 1 < plain.count ? plain[index + 1] : nil
            switch word {
            case "jump", "goto": rule.targets += following.map { [$0] } ?? []
            case "drop", "reject", "queue": rule.refusal = rule.refusal ?? word
            // What a named map decides is not in the listing.
            case "vmap" where following?.hasPrefix("@") == true: rule.refusal = rule.refusal ?? word
            default: break
            }
        }
        if let target = extensionTarget(words), !IptablesListing.isHarmless(target: target) {
            rule.refusal = rule.refusal ?? target.lowercased()
        }
        return rule
    }

    /// `xt target "REJECT"`: a rule of iptables that nft has no words for.
    private static func extensionTarget(_ words: [String]) -> String? {
        guard let index = words.firstIndex(of: "xt"), index + 2 < words.count, words[index + 1] == "target" else {
            return nil
        }
        return words[index + 2].filter { $0 != "\"" }
    }

    private static func word(after keyword: String, in words: [String]) -> String? {
        guard let index = words.firstIndex(of: keyword), index + 1 < words.count else { return nil }
        return words[index + 1]
    }
}
