// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import LinuxSystem

/// The measuring end: one process, one thread, a loop with nothing in it but the calls that are measured.
enum TrafficClient {
    /// What a small request, and its answer, weigh.
    static let requestSize = 64

    /// The kernel's own default, which sends when it may; others hold packets back to find out how fast the way is.
    static let congestionControl = "cubic"

    /// Not measured, for neighbours, routes and caches to be there.
    private static let warmingCount = 50

    /// The same for a stream, whose window opens meanwhile.
    private static let warmingTime = Duration.milliseconds(200)

    /// Runs in the calling thread's network namespace.
    ///
    /// - Returns: for connections opened and for requests the nanoseconds that 50, 90 and 99 of a hundred did not
    ///   exceed; for short connections how many there were a second; for a stream its gigabits per second, and the
    ///   milliseconds of processor time of the machine for each gigabit.
    static func run(_ task: TrafficTask, to target: Endpoint) throws(SystemError) -> [Double] {
        switch task {
        case .connect(let count): try openConnections(count, to: target)
        case .short(let milliseconds): try makeShortConnections(milliseconds, to: target)
        case .stream(let milliseconds, _): try stream(milliseconds, to: target)
        case .ask(let transport, let count): try ask(count, over: transport, to: target)
        }
    }

    /// Times connect(2) alone: making the socket and closing it are outside.
    private static func openConnections(_ count: Int, to target: Endpoint) throws(SystemError) -> [Double] {
        var latencies: [UInt64] = []
        latencies.reserveCapacity(count + warmingCount)
        for _ in 0..<(count + warmingCount) {
            let socket = try waitingSocket(.tcp, target)
            try socket.resetWhenClosed()
            let start = MonotonicClock.nanoseconds
            try socket.establish(to: target)
            latencies.append(MonotonicClock.nanoseconds - start)
        }
        return percentiles(of: latencies)
    }

    /// The server closes first, so that its end is the one in TIME-WAIT and the client's ports are free at once.
    private static func makeShortConnections(
        _ milliseconds: Int, to target: Endpoint
    ) throws(SystemError) -> [Double] {
        let request = [UInt8](repeating: 1, count: requestSize)
        var answer = request
        for _ in 0..<warmingCount { try makeShortConnection(request, &answer, to: target) }
        let start = MonotonicClock.nanoseconds
        let end = Deadline(after: .milliseconds(milliseconds))
        var count = 0
        while !end.hasPassed {
            try makeShortConnection(request, &answer, to: target)
            count += 1
        }
        return [Double(count) * 1e9 / Double(MonotonicClock.nanoseconds - start)]
    }

    private static func makeShortConnection(
        _ request: [UInt8], _ answer: inout [UInt8], to target: Endpoint
    ) throws(SystemError) {
        let socket = try waitingSocket(.tcp, target)
        try socket.establish(to: target)
        _ = try socket.send(request)
        while try socket.receive(into: &answer) > 0 {}
    }

    private static func stream(_ milliseconds: Int, to target: Endpoint) throws(SystemError) -> [Double] {
        let socket = try waitingSocket(.tcp, target)
        try socket.establish(to: target)
        let chunk = [UInt8](repeating: 1, count: 128 << 10)
        _ = try send(chunk, over: socket, until: Deadline(after: warmingTime))
        let before = try ProcessorTime.now()
        let bytes = try send(chunk, over: socket, until: Deadline(after: .milliseconds(milliseconds)))
        let spent = try ProcessorTime.now().since(before)
        let gigabits = Double(bytes) * 8 / 1e9
        return [gigabits / spent.elapsedSeconds, spent.busyMilliseconds / gigabits]
    }

    private static func send(
        _ chunk: [UInt8], over socket: borrowing Socket, until end: Deadline
    ) throws(SystemError) -> Int {
        var bytes = 0
        while !end.hasPassed { bytes += try socket.send(chunk) ?? 0 }
        return bytes
    }

    private static func ask(
        _ count: Int, over transport: TransportProtocol, to target: Endpoint
    ) throws(SystemError) -> [Double] {
        let socket = try waitingSocket(transport, target)
        try socket.establish(to: target)
        if transport == .tcp { try socket.sendWithoutDelay() }
        let request = [UInt8](repeating: 1, count: requestSize)
        var answer = request
        var latencies: [UInt64] = []
        latencies.reserveCapacity(count + warmingCount)
        for _ in 0..<(count + warmingCount) {
            let start = MonotonicClock.nanoseconds
            _ = try socket.send(request)
            guard try socket.receive(into: &answer) == requestSize else {
                throw SystemError(.receive, "\(target)", .inputOutput)
            }
            latencies.append(MonotonicClock.nanoseconds - start)
        }
        return percentiles(of: latencies)
    }

    /// Made like all sockets of these measurements, whatever the machine's default is.
    private static func waitingSocket(
        _ transport: TransportProtocol, _ target: Endpoint
    ) throws(SystemError) -> Socket {
        let socket = try Socket.waiting(transport, family: target.family)
        if transport == .tcp { try socket.useCongestionControl(congestionControl) }
        return socket
    }

    /// Of those after the warming ones.
    private static func percentiles(of latencies: [UInt64]) -> [Double] {
        let sorted = latencies.dropFirst(warmingCount).sorted()
        return [50, 90, 99].map { Double(sorted[(sorted.count - 1) * $0 / 100]) }
    }
}
