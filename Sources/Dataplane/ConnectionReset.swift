// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel
package import LinuxSystem

/// What became of TCP connections whose ends were to be reset.
package struct ConnectionResetReport: Sendable {
    /// One of their sockets at least was on this machine and is ended.
    package var reset: Set<ConnectionKey> = []
    /// No socket of theirs was found in any network namespace.
    package var notFound: Set<ConnectionKey> = []
    /// May hold sockets and could not be looked into.
    package var unreachableNamespaces = 0
    /// Were found and live on.
    package var refusedSockets = 0
    /// Of the above two.
    package var firstRefusal: SystemError?

    package init() {}
}

/// Resets TCP connections by ending their sockets: the kernel then sends the other end a RST that is in its window.
///
/// Nobody else could: the table knows no sequence numbers. The RST travels as the connection's packets do, translated
/// and across nodes, so the entries must stay until it has passed.
struct ConnectionReset {
    /// Those still to be found, by how a socket sees itself and its peer.
    private var wanted: [SocketEnds: ConnectionKey] = [:]
    private(set) var report = ConnectionResetReport()

    struct SocketEnds: Hashable {
        let local: Endpoint
        let peer: Endpoint
    }

    /// - Parameter ends: both sockets of each connection, wherever they are.
    init(_ ends: [ConnectionKey: [SocketEnds]]) {
        for (key, sockets) in ends { for socket in sockets { wanted[socket] = key } }
        report.notFound = Set(ends.keys)
    }

    /// Looks in every network namespace.
    mutating func run() throws(DataplaneError) {
        guard !wanted.isEmpty else { return }
        for path in try system({ () throws(SystemError) in try NetworkNamespace.findAll() }) {
            do throws(SystemError) {
                try visit(SocketDiagnosis(in: NetworkNamespace(at: path)))
            } catch {
                // It has gone meanwhile, and its sockets with it.
                if [.noEntry, .noProcess, .invalidArgument].contains(error.errno) { continue }
                report.unreachableNamespaces += 1
                if report.firstRefusal == nil { report.firstRefusal = error }
            }
        }
    }

    private mutating func visit(_ diagnosis: borrowing SocketDiagnosis) throws(SystemError) {
        // IPv6 sockets talk IPv4, too.
        for family in AddressFamily.allCases {
            var found: [(socket: ConnectedSocket, key: ConnectionKey)] = []
            let wanted = wanted
            try diagnosis.forEach(.tcp, family: family) { socket in
                let ends = SocketEnds(local: socket.local, peer: socket.peer)
                if let key = wanted[ends] { found.append((socket, key)) }
            }
            for (socket, key) in found { end(socket, key, diagnosis) }
        }
    }

    private mutating func end(
        _ socket: ConnectedSocket, _ key: ConnectionKey, _ diagnosis: borrowing SocketDiagnosis
    ) {
        report.notFound.remove(key)
        do throws(SystemError) {
            // One that is gone has got the RST of the other end.
            _ = try diagnosis.destroy(socket)
            report.reset.insert(key)
        } catch {
            report.refusedSockets += 1
            if report.firstRefusal == nil { report.firstRefusal = error }
        }
    }
}

extension ConnectionStore {
    /// Resets the TCP connections among these, and waits until the programs have seen it.
    ///
    /// Call it before ``delete(_:)``: what goes to the other end has to be translated.
    ///
    /// - Parameter deadline: how long to wait for a RST to pass; a connection is none the less reset if none does.
    package func reset(
        _ keys: [ConnectionKey], until deadline: Deadline
    ) throws(DataplaneError) -> ConnectionResetReport {
        var ends: [ConnectionKey: [ConnectionReset.SocketEnds]] = [:]
        for key in keys where key.transport == .tcp {
            guard let connection = try connection(key), connection.isOpen else { continue }
            ends[key] = try socketEnds(of: key)
        }
        var reset = ConnectionReset(ends)
        try reset.run()
        var waiting = reset.report.reset
        while !waiting.isEmpty, !deadline.hasPassed {
            for key in waiting where try connection(key).map({ $0.state == .reset }) ?? true { waiting.remove(key) }
            guard !waiting.isEmpty else { break }
            _ = try system { () throws(SystemError) in try Poll.readable([], until: Deadline(after: .milliseconds(2))) }
        }
        return reset.report
    }

    private func socketEnds(of key: ConnectionKey) throws(DataplaneError) -> [ConnectionReset.SocketEnds] {
        let client = ConnectionReset.SocketEnds(local: key.source, peer: key.destination)
        let translated =
            switch key.family {
            case .v4: try v4.translated(key)
            case .v6: try v6.translated(key)
            }
        guard let translated else { return [client] }
        return [client, ConnectionReset.SocketEnds(local: translated.destination, peer: translated.source)]
    }
}

extension Connection {
    /// Whether a RST has anything to end.
    fileprivate var isOpen: Bool { state != .reset && state != .closed }
}
