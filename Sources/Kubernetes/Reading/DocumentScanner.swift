// SPDX-License-Identifier: Apache-2.0

import YAML

/// Walks through the documents of an input, so that a long list need not be held at once.
protocol DocumentScanner: ~Copyable {
    /// Where the value ahead stands.
    var mark: Mark { get }

    /// Moves to the next document's value; false after the last one.
    mutating func nextDocument() throws(ScanError) -> Bool

    /// What the value ahead is; scalars are told apart only when they are read.
    mutating func valueAhead() throws(ScanError) -> ValueAhead

    /// Enters the mapping or sequence ahead.
    mutating func enter() throws(ScanError)

    /// Takes the next key of the mapping that was entered; nil when it ends, which leaves it.
    mutating func nextKey(into tape: inout Tape) throws(ScanError) -> String?

    /// Moves to the next item of the sequence that was entered; false when it ends, which leaves it.
    mutating func nextItem() throws(ScanError) -> Bool

    /// Takes the value ahead.
    mutating func read(into tape: inout Tape) throws(ScanError)
}

enum ValueAhead {
    case mapping
    case sequence
    case scalar
}
