// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Dataplane
import Rendering

/// An option of `enable` that is no longer what was recorded.
struct OptionChange: Hashable {
    /// As it is typed, with the map that it is about: `--return`, `--map-size connections`; `forwarding` is what `auto` of
    /// the option came to.
    let option: String
    /// Empty where the default held; of a flag that was given, one empty text.
    let from: [String]
    let to: [String]

    /// In the order of the recorded words, new ones last.
    ///
    /// - Parameters:
    ///   - old: the words that were recorded.
    ///   - new: the words that are from now on.
    static func between(_ old: [String], _ new: [String]) -> [OptionChange] {
        let (before, after) = (old.map(Word.init), new.map(Word.init))
        var options: [String] = []
        for word in before + after where !options.contains(word.option) { options.append(word.option) }
        return options.compactMap { option in
            let from = before.filter { $0.option == option }.map(\.value)
            let to = after.filter { $0.option == option }.map(\.value)
            // What was found is another thing only where both times it was looked for.
            let isFound = !option.hasPrefix("--")
            if from == to || isFound && (from.isEmpty || to.isEmpty) { return nil }
            return OptionChange(option: option, from: from, to: to)
        }
    }

    /// The new words, with the old ones of each option that has its default because it was not said again.
    ///
    /// - Parameter isTyped: whether an option was said this time; asked about those that are recorded whatever they are.
    /// - Returns: nil when nothing was forgotten.
    static func remembering(_ old: [String], _ new: [String], isTyped: (String) -> Bool) -> [String]? {
        let found = new.map(Word.init).filter { !$0.option.hasPrefix("--") }
        let lost = between(old, new).filter { change in
            // What 'auto' has come to again is kept.
            change.to.isEmpty
                || alwaysRecorded.contains(change.option) && !isTyped(change.option)
                    && !found.contains { "--\($0.option)" == change.option && [$0.value] == change.from }
        }
        let options = Set(lost.map(\.option))
        guard !options.isEmpty else { return nil }
        return new.filter { !options.contains(Word($0).option) } + old.filter { options.contains(Word($0).option) }
    }

    private static let alwaysRecorded: Set<String> = ["--connect-time", "--forwarding"]

    /// `--return was dsr, now default (tunnel)`.
    var text: String {
        // A map is only made anew for another size that is asked for.
        let now = to.isEmpty && option.hasPrefix(Self.mapSize) ? "not given: the map stays as it is" : phrase(to)
        return "\(option) was \(phrase(from)), now \(now)"
    }

    private static let mapSize = "--map-size"

    private func phrase(_ values: [String]) -> String {
        guard values.isEmpty else { return values == [""] ? "given" : values.joined(separator: ", ") }
        let spec = EnableWords.options.first { $0.longForm == option }
        return "default" + (spec?.value?.defaultText.map { " (\($0))" } ?? "")
    }

    func fields(_ item: inout ObjectWriter) {
        item.string("option", option)
        item.strings("from", from)
        item.strings("to", to)
    }

    /// One word of a configuration, `--uplink=eth0` or `--ipv4`.
    private struct Word {
        let option: String
        let value: String

        init(_ text: String) {
            var parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            // Each map has a size of its own.
            if parts[0] == OptionChange.mapSize, parts.count > 1 {
                let size = parts[1].split(separator: "=", maxSplits: 1).map(String.init)
                parts = ["\(OptionChange.mapSize) \(size[0])", size.count > 1 ? size[1] : ""]
            }
            option = parts[0]
            value = parts.count > 1 ? parts[1] : ""
        }
    }
}
