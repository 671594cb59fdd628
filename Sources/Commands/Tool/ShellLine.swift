// SPDX-License-Identifier: Apache-2.0

/// A command line to copy out of a hint; nil when a word holds what a terminal or the hint's own quotes cannot take.
///
/// - Parameter words: with the tool's own name.
func shellLine(_ words: [String]) -> String? {
    let quoted = words.compactMap(shellWord)
    return quoted.count == words.count ? quoted.joined(separator: " ") : nil
}

private func shellWord(_ word: String) -> String? {
    let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./-_")
    if !word.isEmpty, word.allSatisfy(plain.contains) { return word }
    // An exclamation mark means something to an interactive shell even within double quotes.
    guard word.unicodeScalars.allSatisfy({ (0x20..<0x7f).contains($0.value) && $0 != "'" && $0 != "!" }) else {
        return nil
    }
    return "\"" + word.map { "\"\\$`".contains($0) ? "\\\($0)" : "\($0)" }.joined() + "\""
}
