// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel
package import LinuxSystem

/// What a lab server answers: who it is and between which addresses it saw the request.
package struct LabAnswer: Hashable, Sendable {
    package let server: String

    /// The client, as the server saw it.
    package let peer: Endpoint

    /// The server's own end.
    package let local: Endpoint

    init(server: String, peer: Endpoint, local: Endpoint) {
        self.server = server
        self.peer = peer
        self.local = local
    }

    /// One line, `SERVER PEER LOCAL`, without its line end.
    init?(line: String) {
        let words = line.split(separator: " ").map(String.init)
        guard words.count == 3, let peer = try? Endpoint(words[1]), let local = try? Endpoint(words[2]) else {
            return nil
        }
        self.init(server: words[0], peer: peer, local: local)
    }

    var line: [UInt8] { Array("\(server) \(peer) \(local)\n".utf8) }
}

/// Answers each line over TCP and each datagram over UDP, on every address of both families.
package struct LabServer: ~Copyable {
    /// Connections held at a time; a further one is closed at once.
    package static let connectionLimit = 1024

    /// A line longer than this ends its connection.
    private static let lineLimit = 65_536

    private let name: String
    private let listeners: [Shared]
    private let datagrams: [Shared]
    private var connections: [Int32: Connection] = [:]

    /// Binds the port in the calling thread's network namespace; a family that the kernel lacks is left out.
    ///
    /// - Parameter name: one word.
    package init(name: String, port: UInt16) throws(SystemError) {
        self.name = name
        var listeners: [Shared] = []
        var datagrams: [Shared] = []
        for address in [IPAddress.v4(0), .v6(high: 0, low: 0)] {
            let endpoint = Endpoint(address: address, port: port)
            do throws(SystemError) {
                listeners.append(Shared(try Socket.listening(on: endpoint)))
                datagrams.append(Shared(try Socket.datagrams(on: endpoint)))
            } catch  where address.family == .v6 && error.operation == .createSocket {
                continue
            }
        }
        self.listeners = listeners
        self.datagrams = datagrams
    }

    /// Serves until the descriptor `stop` becomes readable; for ever without one.
    package mutating func run(until stop: Int32? = nil) throws(SystemError) {
        while true {
            let watched = (listeners + datagrams).map(\.number) + connections.keys + [stop].compactMap { $0 }
            let ready = Set(zip(watched, try Poll.readable(watched, until: .never)).filter(\.1).map(\.0))
            if let stop, ready.contains(stop) { return }
            for listener in listeners where ready.contains(listener.number) { try accept(from: listener) }
            for socket in datagrams where ready.contains(socket.number) { answerDatagrams(of: socket) }
            for (number, connection) in connections where ready.contains(number) {
                if !connection.serve(as: name, limit: Self.lineLimit) { connections[number] = nil }
            }
        }
    }

    private mutating func accept(from listener: Shared) throws(SystemError) {
        while let socket = try listener.socket.accept() {
            guard connections.count < Self.connectionLimit, let connection = Connection(socket) else { continue }
            connections[connection.number] = connection
        }
    }

    /// A refused answer is the client's loss, as any lost datagram is; so is an error that an earlier one caused.
    private func answerDatagrams(of socket: Shared) {
        while let received = try? socket.socket.receiveDatagram() {
            guard let port = try? socket.socket.localEndpoint().port else { return }
            let answer = LabAnswer(
                server: name, peer: received.peer, local: Endpoint(address: received.local, port: port))
            _ = try? socket.socket.answer(received, with: answer.line)
        }
    }
}

/// A socket that arrays can hold.
private final class Shared {
    let socket: Socket
    var number: Int32 { socket.descriptor.rawValue }

    init(_ socket: consuming Socket) {
        self.socket = socket
    }
}

/// An accepted connection and the line it has begun.
private final class Connection {
    private let socket: Socket
    private let peer: Endpoint
    private let local: Endpoint
    private var pending: [UInt8] = []

    var number: Int32 { socket.descriptor.rawValue }

    /// nil when the other end has gone already.
    init?(_ socket: consuming Socket) {
        guard let peer = try? socket.peerEndpoint(), let local = try? socket.localEndpoint() else { return nil }
        self.peer = peer
        self.local = local
        self.socket = socket
    }

    /// Answers all whole lines; false when the connection has ended or misbehaves.
    func serve(as name: String, limit: Int) -> Bool {
        do throws(SystemError) {
            guard let bytes = try socket.receive(upTo: limit) else { return true }
            guard !bytes.isEmpty else { return false }
            pending += bytes
            let answer = LabAnswer(server: name, peer: peer, local: local).line
            while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                pending.removeSubrange(...end)
                guard try socket.send(answer) == answer.count else { return false }
            }
            return pending.count < limit
        } catch {
            return false
        }
    }
}
