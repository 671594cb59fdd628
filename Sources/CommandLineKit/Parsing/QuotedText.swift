// SPDX-License-Identifier: Apache-2.0

/// The text in single quotes as every message shows objects: one line, no control characters, at most 64 of them.
package func quoted(_ text: String) -> String {
    let limit = 64
    let start = text.unicodeScalars.prefix(limit + 1)
    let isLonger = start.count > limit
    var shown = "'"
    for scalar in start.prefix(limit) { shown += visible(scalar) }
    return shown + (isLonger ? "...'" : "'")
}

/// Quoted words as a list in prose: `'a', 'b' or 'c'`.
func quotedList(_ words: [String], _ conjunction: String = "or") -> String {
    prose(words.map { quoted($0) }, conjunction)
}

/// `a, b or c`.
func prose(_ words: [String], _ conjunction: String = "or") -> String {
    guard words.count > 1, let last = words.last else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " \(conjunction) \(last)"
}

/// Escapes what would move the cursor, change colours or turn the direction of the text.
private func visible(_ scalar: Unicode.Scalar) -> String {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate:
        "\\u{" + String(scalar.value, radix: 16) + "}"
    default: String(scalar)
    }
}

/// A command line to copy out of a hint; nil when a word holds what a terminal or the hint's own quotes cannot take.
///
/// - Parameter words: with the tool's own name.
package func shellLine(_ words: [String]) -> String? {
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
