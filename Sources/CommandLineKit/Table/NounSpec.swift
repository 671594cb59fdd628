// SPDX-License-Identifier: Apache-2.0

/// A kind of object with commands of its own: `service` in `ebpfctl service list`.
package struct NounSpec: Sendable, Hashable {
    package let name: String
    /// Accepted in place of the name; nil for a noun without a plural.
    package let plural: String?
    /// Further documented spellings.
    package let aliases: [String]
    /// A phrase with a capital and no full stop.
    package let summary: String

    package init(_ name: String, plural: String? = nil, aliases: [String] = [], _ summary: String) {
        self.name = name
        self.plural = plural
        self.aliases = aliases
        self.summary = summary
    }

    /// Every accepted spelling, the canonical one first.
    package var spellings: [String] { [name] + (plural.map { [$0] } ?? []) + aliases }
}
