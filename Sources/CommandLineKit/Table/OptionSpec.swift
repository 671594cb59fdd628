// SPDX-License-Identifier: Apache-2.0

/// One option: a flag when it has no value.
package struct OptionSpec: Sendable, Hashable {
    /// The long name without its dashes; what ``Invocation`` is asked for.
    package let name: String
    package let short: Character?
    /// Long names that are accepted too but shown nowhere: former names of the option.
    package let aliases: [String]
    package let value: ValueSpec?
    package let isRepeatable: Bool
    package let isRequired: Bool
    /// Names of options without which this one makes no sense.
    package let requires: [String]
    /// Accepted, but absent from help, completions and manuals.
    package let isHidden: Bool
    /// A phrase with a capital and no full stop.
    package let summary: String

    package init(
        _ name: String, short: Character? = nil, aliases: [String] = [], value: ValueSpec? = nil,
        isRepeatable: Bool = false, isRequired: Bool = false, requires: [String] = [], isHidden: Bool = false,
        _ summary: String
    ) {
        self.name = name
        self.short = short
        self.aliases = aliases
        self.value = value
        self.isRepeatable = isRepeatable
        self.isRequired = isRequired
        self.requires = requires
        self.isHidden = isHidden
        self.summary = summary
    }

    /// Understood at every level of every command line.
    package static let help = OptionSpec("help", short: "h", "Show help and do nothing else")

    /// `--vip`, as error texts and scripts name it.
    package var longForm: String { "--" + name }

    /// The spellings a shell offers: `-o` and `--output`.
    var spellings: [String] { (short.map { ["-\($0)"] } ?? []) + [longForm] }

    /// `--vip ADDR:PORT/PROTO`, or the bare name of a flag.
    var synopsis: String { value.map { "\(longForm) \($0.placeholder)" } ?? longForm }
}

/// Options of one command of which at most one may be given, or exactly one.
package struct OptionChoice: Sendable, Hashable {
    package let names: [String]
    package let isRequired: Bool

    package init(_ names: [String], isRequired: Bool = false) {
        self.names = names
        self.isRequired = isRequired
    }
}
