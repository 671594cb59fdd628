// SPDX-License-Identifier: Apache-2.0

/// The known words that a mistyped one was probably meant to be: the closest by edit distance, at most three.
///
/// A word that begins a known one counts as one edit away, for those who abbreviate.
///
/// - Parameter candidates: groups of spellings of one thing; each group is suggested at most once.
func suggestions(for word: String, among candidates: [[String]]) -> [String] {
    let typed = Array(word.lowercased())
    guard (1...40).contains(typed.count) else { return [] }
    let limit = max(typed.count <= 3 ? 1 : 2, typed.count / 3)
    var best = limit
    var found: [String] = []
    for group in candidates {
        let ranked = group.map { (distance(typed, Array($0.lowercased()), limit: limit), $0) }
        guard let closest = ranked.min(by: { $0.0 < $1.0 }), closest.0 <= best else { continue }
        if closest.0 < best {
            best = closest.0
            found = []
        }
        if !found.contains(closest.1) { found.append(closest.1) }
    }
    return Array(found.prefix(3))
}

extension ValueSpec {
    /// The words among those that a shell offers which a refused text was probably meant to be, best first.
    package func suggestions(for text: String) -> [String] {
        guard case .suggestions(let words) = kind else { return [] }
        return CommandLineKit.suggestions(for: text, among: words.map { [$0] })
    }
}

/// The edits from one word to the other; anything above `limit` is returned as `limit + 1`.
private func distance(_ typed: [Character], _ known: [Character], limit: Int) -> Int {
    if typed.count >= 2, typed.count < known.count, known.starts(with: typed) { return 1 }
    guard abs(typed.count - known.count) <= limit else { return limit + 1 }
    return min(editDistance(typed, known), limit + 1)
}

/// Insertions, deletions, substitutions and swaps of neighbours that turn one word into the other.
///
/// Damerau and Levenshtein's distance in its restricted form: no substring is edited twice.
func editDistance(_ from: [Character], _ to: [Character]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...to.count)
    for row in from.indices {
        var current = [row + 1]
        current.reserveCapacity(to.count + 1)
        for column in to.indices {
            let substitution = last[column] + (from[row] == to[column] ? 0 : 1)
            var edits = min(last[column + 1] + 1, current[column] + 1, substitution)
            if row > 0, column > 0, from[row] == to[column - 1], from[row - 1] == to[column] {
                edits = min(edits, beforeLast[column - 1] + 1)
            }
            current.append(edits)
        }
        beforeLast = last
        last = current
    }
    return last[to.count]
}
