// SPDX-License-Identifier: Apache-2.0

/// One positional argument of a command, or a run of them.
package struct ArgumentSpec: Sendable, Hashable {
    package let value: ValueSpec
    package let arity: Arity
    /// A phrase with a capital and no full stop.
    package let summary: String

    package enum Arity: Sendable, Hashable {
        case one, optional, oneOrMore, any

        /// The fewest words that satisfy it.
        var minimum: Int { self == .one || self == .oneOrMore ? 1 : 0 }
        var isRepeating: Bool { self == .oneOrMore || self == .any }
    }

    package init(_ value: ValueSpec, arity: Arity = .one, _ summary: String) {
        self.value = value
        self.arity = arity
        self.summary = summary
    }

    /// The placeholder, under which ``Invocation`` hands out the text.
    package var name: String { value.placeholder }

    /// `NAME`, `[NAME]`, `NAME...` or `[NAME]...`.
    var synopsis: String {
        switch arity {
        case .one: name
        case .optional: "[\(name)]"
        case .oneOrMore: "\(name)..."
        case .any: "[\(name)]..."
        }
    }
}
