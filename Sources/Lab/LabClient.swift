// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel
package import LinuxSystem

/// What a lab client is to ask, and how.
package struct LabRequest: Hashable, Sendable {
    /// How requests share sockets.
    package enum Manner: String, Hashable, Sendable, CaseIterable {
        /// A new connected socket for each.
        case fresh

        /// One connected socket for all; after a failure a new one.
        case reused

        /// UDP only: one socket without a peer, each datagram addressed, its answer's source checked.
        case unconnected
    }

    package var transport: TransportProtocol
    package var target: Endpoint
    package var count: Int
    package var manner: Manner

    /// For each request, connection set-up included.
    package var timeout: Duration

    /// Ends the run before ``count`` is reached.
    package var duration: Duration?

    package init(
        _ transport: TransportProtocol, _ target: Endpoint, count: Int = 1, manner: Manner = .fresh,
        timeout: Duration = .seconds(1), duration: Duration? = nil
    ) {
        self.transport = transport
        self.target = target
        self.count = count
        self.manner = manner
        self.timeout = timeout
        self.duration = duration
    }
}

/// Asks a lab server, one request after the other, and counts what came back.
package enum LabClient {
    /// Runs in the calling thread's network namespace; failed requests are in the tally and never thrown.
    package static func run(_ request: LabRequest) -> LabTally {
        var tally = LabTally()
        var conversation = LabConversation(request)
        let end = request.duration.map { Deadline(after: $0) } ?? .never
        for _ in 0..<request.count {
            if end.hasPassed { break }
            let start = MonotonicClock.nanoseconds
            do throws(LabFailure) {
                let answer = try conversation.ask()
                tally.count(answer, nanoseconds: MonotonicClock.nanoseconds - start)
            } catch {
                conversation.forget()
                tally.count(error)
            }
        }
        return tally
    }
}

/// Why one request failed.
package enum LabFailure: Error, Hashable, Sendable {
    /// The kernel's answer; `ETIMEDOUT` also when no reply came in time.
    case system(Errno)

    /// The connection ended before the answer.
    case closed

    /// An answer that no lab server sends.
    case malformed

    /// The answer came from, or the socket says it is connected to, another address than the one asked.
    case wrongPeer(Endpoint)

    /// One word, for tallies.
    package var name: String {
        switch self {
        case .system(let errno): errno.name
        case .closed: "closed"
        case .malformed: "malformed"
        case .wrongPeer(let endpoint): "wrong-peer:\(endpoint)"
        }
    }
}
