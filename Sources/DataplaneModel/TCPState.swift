// SPDX-License-Identifier: Apache-2.0

/// How far a tracked TCP connection has come, seen from both directions together.
package enum TCPState: String, Hashable, Sendable, CaseIterable {
    case synSent = "syn-sent"
    case established
    /// One side has sent its FIN.
    case finSeen = "fin-seen"
    /// Both sides have.
    case closed
    case reset
}

extension TCPState {
    package init(_ text: String) throws(FilterParseError) {
        guard let state = TCPState(rawValue: text) else { throw .state(text) }
        self = state
    }
}
