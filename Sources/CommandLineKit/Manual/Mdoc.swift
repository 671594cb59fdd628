// SPDX-License-Identifier: Apache-2.0

/// Pieces of mdoc(7), the semantic manual language that mandoc and groff read.
enum Mdoc {
    /// Running text: each sentence starts a line, no line is long, nothing in it is taken for a macro or an escape.
    ///
    /// A function's name, such as `connect()`, is marked up as one.
    static func text(_ text: String) -> [String] {
        var lines: [String] = []
        var line = ""
        func endLine() {
            for part in wrapped(line, width: 78, by: sourceLength) { lines.append(protected(part)) }
            line = ""
        }
        for word in text.split(separator: " ") {
            if let function = function(word) {
                endLine()
                lines.append(function)
                continue
            }
            line += (line.isEmpty ? "" : " ") + word
            if let last = word.last, ".?!".contains(last) { endLine() }
        }
        endLine()
        return lines
    }

    /// In bytes, as the readers count them: what is not ASCII they write as `\[u2026]` first.
    private static func sourceLength(_ text: Substring) -> Int {
        text.unicodeScalars.reduce(0) { $0 + ($1.isASCII ? 1 : 8) }
    }

    /// `.Fn connect ,` for `connect(),`; nil for what is no function's name.
    private static func function(_ word: Substring) -> String? {
        let parts = word.split(separator: "(", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, parts[0].allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }),
            parts[1].first == ")", parts[1].dropFirst().allSatisfy({ ".,:;?!".contains($0) })
        else { return nil }
        return ([".Fn", "\(parts[0])"] + parts[1].dropFirst().map(String.init)).joined(separator: " ")
    }

    private static func protected(_ line: String) -> String {
        let safe = escaped(line)
        return safe.hasPrefix(".") || safe.hasPrefix("'") ? "\\&" + safe : safe
    }

    /// One argument of a macro, protected from being read as another macro or as punctuation.
    static func word(_ text: String) -> String {
        let safe = escaped(text).substituting("\"", with: "\\(dq")
        let isMacroLike = text.count <= 3 && text.first?.isUppercase == true
        let isPunctuation = text.allSatisfy { !$0.isLetter && !$0.isNumber }
        let guarded = isMacroLike || isPunctuation ? "\\&" + safe : safe
        return guarded.contains(" ") ? "\"\(guarded)\"" : guarded
    }

    /// `Fl o , Fl -output Ar FORMAT`.
    static func option(_ option: OptionSpec) -> String {
        let short = option.short.map { "Fl \($0) , " } ?? ""
        return short + longOption(option)
    }

    static func longOption(_ option: OptionSpec) -> String {
        "Fl -\(word(option.name))" + (option.value.map { " Ar " + word($0.placeholder) } ?? "")
    }

    static func argument(_ argument: ArgumentSpec) -> String {
        let name = "Ar " + word(argument.name)
        return switch argument.arity {
        case .one: name
        case .optional: "Op \(name)"
        case .oneOrMore: "\(name) ..."
        case .any: "Op \(name) ..."
        }
    }

    /// A tagged list; nothing for no rows.
    static func list(_ rows: [(tag: String, text: String)]) -> [String] {
        guard !rows.isEmpty else { return [] }
        return [".Bl -tag -width Ds"] + rows.flatMap { [".It " + $0.tag] + text($0.text) } + [".El"]
    }

    /// A command line to copy.
    static func literal(_ line: String) -> [String] { [".Dl " + word(line)] }

    private static func escaped(_ text: String) -> String {
        text.substituting("\\", with: "\\e")
    }
}
