// SPDX-License-Identifier: Apache-2.0

internal import DataplaneModel
internal import LinuxSystem

/// Ends sockets wherever they are: in each network namespace of the machine.
struct SocketTermination {
    /// Still to be found. A socket's number alone would do, were it not that it may have connected elsewhere since.
    private var wanted: Set<Target>
    private let transports: Set<TransportProtocol>
    private let families: [AddressFamily]
    private(set) var report = BackendRemovalReport()
    /// Were found and live on.
    private var survivors: Set<Target> = []
    private var ended: Set<Target> = []

    fileprivate struct Target: Hashable {
        let cookie: UInt64
        let transport: TransportProtocol
        let peer: Endpoint
    }

    init(_ sockets: Set<BalancedSocket>) {
        wanted = Set(sockets.map { Target($0) })
        transports = Set(sockets.map(\.transport))
        // IPv6 sockets talk IPv4, too.
        families = sockets.contains { $0.backend.family == .v4 } ? [.v4, .v6] : [.v6]
    }

    /// Goes on until all are found or no namespace is left; what stands in the way is in ``report``.
    mutating func run() throws(DataplaneError) {
        guard !wanted.isEmpty else { return }
        let paths = try system { () throws(SystemError) in try NetworkNamespace.findAll() }
        for path in paths where !wanted.isEmpty { visit(path) }
    }

    /// Whether the entry of a socket is of no more use: the socket is ended, or is nowhere to be found.
    func isOver(_ socket: BalancedSocket) -> Bool {
        let target = Target(socket)
        if ended.contains(target) { return true }
        let isComplete = report.unreachableNamespaces == 0 && !report.unsupported.contains(socket.transport)
        return isComplete && !survivors.contains(target)
    }

    private mutating func visit(_ path: String) {
        do throws(SystemError) {
            let diagnosis = try SocketDiagnosis(in: NetworkNamespace(at: path))
            for transport in transports.sorted() where !report.unsupported.contains(transport) {
                try visit(transport, diagnosis)
            }
        } catch {
            // Its last process, or its name, has gone meanwhile; of a name, the file stays a moment longer.
            if [.noEntry, .noProcess, .invalidArgument].contains(error.errno) { return }
            report.unreachableNamespaces += 1
            note(error)
        }
    }

    private mutating func visit(
        _ transport: TransportProtocol, _ diagnosis: borrowing SocketDiagnosis
    ) throws(SystemError) {
        var found: [ConnectedSocket] = []
        for family in families {
            do throws(SystemError) {
                try diagnosis.forEach(transport, family: family) { socket in
                    if wanted.contains(Target(socket)) { found.append(socket) }
                }
            } catch {
                guard error.errno == .notSupported else { throw error }
                report.unsupported.insert(transport)
            }
        }
        for socket in found { end(socket, diagnosis) }
    }

    private mutating func end(_ socket: ConnectedSocket, _ diagnosis: borrowing SocketDiagnosis) {
        let target = Target(socket)
        wanted.remove(target)
        do throws(SystemError) {
            if try diagnosis.destroy(socket) { report.sockets[socket.transport, default: 0] += 1 }
            ended.insert(target)
        } catch {
            survivors.insert(target)
            if error.errno == .notSupported {
                report.unsupported.insert(socket.transport)
            } else {
                report.refusedSockets += 1
                note(error)
            }
        }
    }

    private mutating func note(_ error: SystemError) {
        if report.firstRefusal == nil { report.firstRefusal = error }
    }
}

extension SocketTermination.Target {
    fileprivate init(_ socket: BalancedSocket) {
        self.init(cookie: socket.cookie, transport: socket.transport, peer: socket.backend)
    }

    fileprivate init(_ socket: ConnectedSocket) {
        self.init(cookie: socket.cookie, transport: socket.transport, peer: socket.peer)
    }
}
