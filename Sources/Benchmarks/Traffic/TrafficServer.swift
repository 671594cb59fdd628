// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import LinuxSystem

/// The other end of the measurements: one process that treats everybody in one manner.
struct TrafficServer: ~Copyable {
    private let manner: TrafficTask.Manner
    private let listener: Socket
    private let datagrams: Socket

    /// How long ``TrafficTask/Manner/collecting`` lets connections wait: none of them wakes it meanwhile.
    private static let nap = Duration.milliseconds(5)

    /// Binds the manner's port in the calling thread's network namespace.
    init(_ manner: TrafficTask.Manner, family: AddressFamily) throws(SystemError) {
        self.manner = manner
        let everywhere: IPAddress = family == .v4 ? .v4(0) : .v6(high: 0, low: 0)
        let endpoint = Endpoint(address: everywhere, port: manner.port)
        let listener = try Socket.listening(on: endpoint, backlog: 4096)
        try listener.useCongestionControl(TrafficClient.congestionControl)
        let datagrams = try Socket.datagrams(on: endpoint)
        self.listener = listener
        self.datagrams = datagrams
    }

    /// Serves for ever; a client's failure is the client's to report.
    func run() throws(SystemError) {
        switch manner {
        case .collecting: try collect()
        case .echoing: try echo()
        case .answering, .swallowing: try serveConnections()
        }
    }

    /// Sleeps for ever while nobody comes, and wakes seldom while they come in crowds.
    private func collect() throws(SystemError) {
        while true {
            _ = try Poll.readable([listener.descriptor.rawValue], until: .never)
            _ = try Poll.readable([], until: Deadline(after: Self.nap))
            while try listener.accept() != nil {}
        }
    }

    private func serveConnections() throws(SystemError) {
        try listener.waitInCalls()
        var buffer = [UInt8](repeating: 0, count: manner == .swallowing ? 256 << 10 : TrafficClient.requestSize)
        while true {
            guard let connection = try listener.accept() else { continue }
            try? serve(connection, &buffer)
        }
    }

    private func serve(_ connection: borrowing Socket, _ buffer: inout [UInt8]) throws(SystemError) {
        try connection.waitInCalls()
        while try connection.receive(into: &buffer) > 0 {
            guard manner == .answering else { continue }
            _ = try connection.send(buffer)
            return
        }
    }

    /// One TCP client at a time, or one that sends datagrams.
    private func echo() throws(SystemError) {
        var buffer = [UInt8](repeating: 0, count: TrafficClient.requestSize)
        let both = [listener.descriptor.rawValue, datagrams.descriptor.rawValue]
        while true {
            let ready = try Poll.readable(both, until: .never)
            if ready[0], let connection = try listener.accept() { try? echo(connection, &buffer) }
            if ready[1] { try? echoDatagrams() }
        }
    }

    private func echo(_ connection: borrowing Socket, _ buffer: inout [UInt8]) throws(SystemError) {
        try connection.waitInCalls()
        try connection.sendWithoutDelay()
        while try connection.receive(into: &buffer) > 0 { _ = try connection.send(buffer) }
    }

    private func echoDatagrams() throws(SystemError) {
        while let datagram = try datagrams.receiveDatagram(upTo: TrafficClient.requestSize) {
            _ = try datagrams.answer(datagram, with: datagram.bytes)
        }
    }
}
