// SPDX-License-Identifier: Apache-2.0

import Dataplane
import DataplaneModel

extension BackendRemovalReport {
    /// What clients have to be told that could not be parted from a removed backend; a line each, none when all went well.
    ///
    /// - Parameter services: as the sentence names them, such as `'default/web'`.
    func notices(about services: String) -> [String] {
        var lines = unsupported.sorted().map { transport in
            let name = transport == .tcp ? "TCP" : "UDP"
            return "this kernel cannot end \(name) sockets: "
                + "clients of \(services) keep sending to removed backends until they reconnect"
        }
        let why = firstRefusal.map { ": \($0)" } ?? ""
        if unreachableNamespaces > 0 {
            let count = unreachableNamespaces
            let place = count == 1 ? "1 network namespace" : "\(count) network namespaces"
            lines.append("clients of \(services) in \(place) may keep sending to removed backends\(why)")
        }
        if refusedSockets > 0 {
            let subject = refusedSockets == 1 ? "1 socket" : "\(refusedSockets) sockets"
            lines.append("\(subject) of clients of \(services) could not be ended\(why)")
        }
        return lines
    }
}
