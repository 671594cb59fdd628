// SPDX-License-Identifier: Apache-2.0

import Dataplane

extension ConnectionResetReport {
    /// What a user has to know of connections whose ends live on.
    var notices: [String] {
        var lines: [String] = []
        let cause = firstRefusal.map { ": \($0)" } ?? ""
        if !notFound.isEmpty {
            let subject = notFound.count == 1 ? "1 connection has" : "\(notFound.count) connections have"
            lines.append("\(subject) no end on this machine: forgotten, not reset")
        }
        if unreachableNamespaces > 0 {
            let places =
                unreachableNamespaces == 1 ? "1 network namespace" : "\(unreachableNamespaces) network namespaces"
            lines.append("\(places) could not be searched for sockets" + cause)
        }
        if refusedSockets > 0 {
            lines.append("\(refusedSockets == 1 ? "1 socket" : "\(refusedSockets) sockets") could not be ended" + cause)
        }
        return lines
    }
}
