// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import LinuxSystem

/// Asks one lab server, with the socket that requests of one run share, if they do.
struct LabConversation {
    private final class Open {
        let socket: Socket

        init(_ socket: consuming Socket) {
            self.socket = socket
        }
    }

    private static let question = Array("?\n".utf8)
    private static let answerLimit = 1024

    private let request: LabRequest
    private var open: Open?

    init(_ request: LabRequest) {
        self.request = request
    }

    /// Drops the shared socket, so that the next request opens another.
    mutating func forget() {
        open = nil
    }

    /// Sends one request and waits for its answer, at most as long as the request's timeout.
    mutating func ask() throws(LabFailure) -> LabAnswer {
        let deadline = Deadline(after: request.timeout)
        let answer =
            switch request.manner {
            case .fresh, .reused: try askConnected(until: deadline)
            case .unconnected: try askUnconnected(until: deadline)
            }
        guard answer.last == UInt8(ascii: "\n"),
            let parsed = LabAnswer(line: String(decoding: answer.dropLast(), as: UTF8.self))
        else { throw .malformed }
        return parsed
    }

    private mutating func askConnected(until deadline: Deadline) throws(LabFailure) -> [UInt8] {
        let shared = if let open { open } else { try connect(until: deadline) }
        open = request.manner == .reused ? shared : nil
        _ = try kernel { () throws(SystemError) in try shared.socket.send(Self.question) }
        var answer: [UInt8] = []
        while answer.last != UInt8(ascii: "\n") {
            let bytes = try kernel { () throws(SystemError) -> [UInt8]? in
                try Self.wait(for: shared.socket, until: deadline)
                return try shared.socket.receive(upTo: Self.answerLimit)
            }
            guard let bytes else { continue }
            guard !bytes.isEmpty else { throw .closed }
            answer += bytes
            guard answer.count < Self.answerLimit else { throw .malformed }
        }
        return answer
    }

    private func connect(until deadline: Deadline) throws(LabFailure) -> Open {
        let shared = try kernel { () throws(SystemError) -> Open in
            Open(try Socket.connected(request.transport, to: request.target, until: deadline))
        }
        let peer = try kernel { () throws(SystemError) in try shared.socket.peerEndpoint() }
        guard peer == request.target else { throw .wrongPeer(peer) }
        return shared
    }

    private mutating func askUnconnected(until deadline: Deadline) throws(LabFailure) -> [UInt8] {
        let unspecified: IPAddress = request.target.family == .v4 ? .v4(0) : .v6(high: 0, low: 0)
        let shared =
            if let open { open } else {
                try kernel { () throws(SystemError) -> Open in
                    Open(try Socket.datagrams(on: Endpoint(address: unspecified, port: 0)))
                }
            }
        open = shared
        _ = try kernel { () throws(SystemError) in try shared.socket.send(Self.question, to: request.target) }
        while true {
            let datagram = try kernel { () throws(SystemError) -> Datagram? in
                try Self.wait(for: shared.socket, until: deadline)
                return try shared.socket.receiveDatagram(upTo: Self.answerLimit)
            }
            guard let datagram else { continue }
            guard datagram.peer == request.target else { throw .wrongPeer(datagram.peer) }
            return datagram.bytes
        }
    }

    private static func wait(for socket: borrowing Socket, until deadline: Deadline) throws(SystemError) {
        guard try Poll.readable([socket.descriptor.rawValue], until: deadline)[0] else {
            throw SystemError(.receive, "peer", .timedOut)
        }
    }

    private func kernel<Value>(_ body: () throws(SystemError) -> Value) throws(LabFailure) -> Value {
        do throws(SystemError) { return try body() } catch { throw .system(error.errno) }
    }
}
