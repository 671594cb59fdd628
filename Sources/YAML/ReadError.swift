// SPDX-License-Identifier: Apache-2.0

/// Why a document cannot be read, and where.
package struct ReadError: Error, Hashable {
    package enum Problem: Sendable, Hashable {
        /// Not YAML; libyaml's own words.
        case syntax(String)
        case duplicateKey(String)
        /// A key that is a sequence or a mapping.
        case keyNotScalar
        /// An alias without an anchor before it, or within the very value it names.
        case unknownAlias(String)
        /// The value of `<<` is not a mapping or a sequence of mappings.
        case mergeNotMapping
        /// The scalar is none of its tag's type.
        case tagMismatch(tag: String, text: String)
        case tooDeep(limit: Int)
        /// More nodes than the limit, aliases counted with all they stand for.
        case tooManyNodes(limit: Int)
        case tooLong(bytes: Int, limit: Int)
        case outOfMemory
    }

    package let mark: Mark
    package let problem: Problem

    package init(_ problem: Problem, at mark: Mark) {
        self.mark = mark
        self.problem = problem
    }
}

/// What keeps a hostile document from exhausting the machine.
package struct ReadLimits: Sendable {
    package var bytes: Int
    package var depth: Int
    /// Nodes of one document, aliases counted with all they stand for.
    package var nodes: Int

    package init(bytes: Int = 64 << 20, depth: Int = 64, nodes: Int = 4_000_000) {
        self.bytes = bytes
        self.depth = depth
        self.nodes = nodes
    }
}
