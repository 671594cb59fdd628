// SPDX-License-Identifier: Apache-2.0

import DataplaneModel

/// What a traffic client does, and which server stands at the other end.
enum TrafficTask: Hashable {
    /// Opens and resets so many connections, one after the other.
    case connect(count: Int)
    /// Connects, asks, gets an answer and closes, for so many milliseconds.
    case short(milliseconds: Int)
    /// Sends as much as one connection takes, for so many milliseconds after some to warm up.
    case stream(milliseconds: Int, sharingProcessor: Bool = false)
    /// Sends so many requests over one connected socket, each when the answer to the one before is there.
    case ask(TransportProtocol, count: Int)

    /// How a server treats those who come; the raw value is its word on a command line.
    enum Manner: String, CaseIterable {
        case collecting, answering, swallowing, echoing

        /// Where the backends' servers of this manner listen.
        var port: UInt16 {
            switch self {
            case .collecting: 8001
            case .answering: 8002
            case .swallowing: 8003
            case .echoing: 8004
            }
        }
    }

    var manner: Manner {
        switch self {
        case .connect: .collecting
        case .short: .answering
        case .stream: .swallowing
        case .ask: .echoing
        }
    }

    var transport: TransportProtocol {
        if case .ask(let transport, _) = self { transport } else { .tcp }
    }

    /// Whether the server runs on the client's processor, and not on another one.
    var serverSharesProcessor: Bool {
        switch self {
        case .connect: false
        case .short, .ask: true
        case .stream(_, let sharing): sharing
        }
    }

    /// For the client, whom it does not concern where the server runs.
    var words: [String] {
        switch self {
        case .connect(let count): ["connect", "\(count)"]
        case .short(let milliseconds): ["short", "\(milliseconds)"]
        case .stream(let milliseconds, _): ["stream", "\(milliseconds)"]
        case .ask(let transport, let count): ["\(transport)", "\(count)"]
        }
    }

    /// nil unless the words are such as ``words`` gives.
    init?(words: some Collection<String>) {
        guard words.count == 2, let kind = words.first, let number = words.dropFirst().first.flatMap({ Int($0) }),
            number > 0
        else { return nil }
        switch kind {
        case "connect": self = .connect(count: number)
        case "short": self = .short(milliseconds: number)
        case "stream": self = .stream(milliseconds: number)
        case "tcp": self = .ask(.tcp, count: number)
        case "udp": self = .ask(.udp, count: number)
        default: return nil
        }
    }
}
