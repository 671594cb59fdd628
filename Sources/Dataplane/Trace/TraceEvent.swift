// SPDX-License-Identifier: Apache-2.0

internal import CDataplaneABI
package import DataplaneModel

/// One exit of a packet or a socket call from a program of ours, as a tracer is told.
package struct TraceEvent: Hashable, Sendable {
    /// Which program told; socket calls have one name for all connect-time programs.
    package enum Program: String, Hashable, Sendable, CaseIterable {
        case connectTime = "connect-time"
        case fromWorkload = "from_workload"
        case toWorkload = "to_workload"
        case fromUplink = "from_uplink"
        case toUplink = "to_uplink"
        case fromOverlay = "from_overlay"
    }

    /// An address and, where the packet bears one, a port.
    package struct End: Hashable, Sendable {
        package let address: IPAddress
        /// Nil for fragments and protocols without ports.
        package let port: UInt16?

        package init(address: IPAddress, port: UInt16?) {
            self.address = address
            self.port = port
        }
    }

    /// What the event says of who speaks to whom.
    package struct Tuple: Hashable, Sendable {
        /// Nil for socket calls, whose source is not chosen yet.
        package let source: End?
        package let destination: End

        package init(source: End?, destination: End) {
            self.source = source
            self.destination = destination
        }
    }

    /// CLOCK_MONOTONIC nanoseconds.
    package var time: UInt64
    package var reason: CounterReason
    package var program: Program
    /// Nil for socket calls.
    package var interfaceIndex: UInt32?
    /// The IP protocol; nil for what is not IP.
    package var protocolNumber: UInt8?
    /// As the packet arrived, or what the process asked for; nil for what is not IP.
    package var before: Tuple?
    /// What it was translated to; nil when it was not.
    package var after: Tuple?
    /// The node that the overlay takes it to.
    package var node: IPAddress?
    package var serviceID: UInt32?
    /// Nil for a service that was deleted since, too.
    package var service: ServiceName?
    /// Whether it belongs to the backend's direction of a connection; nil without one.
    package var isReply: Bool?
    /// As in the header; zero but for TCP.
    package var tcpFlags: UInt8
    /// Bytes, from the link layer's header on; nil for socket calls.
    package var length: UInt32?

    package init(
        time: UInt64, reason: CounterReason, program: Program, interfaceIndex: UInt32? = nil,
        protocolNumber: UInt8? = nil, before: Tuple? = nil, tcpFlags: UInt8 = 0, length: UInt32? = nil
    ) {
        self.time = time
        self.reason = reason
        self.program = program
        self.interfaceIndex = interfaceIndex
        self.protocolNumber = protocolNumber
        self.before = before
        self.tcpFlags = tcpFlags
        self.length = length
    }
}

extension TraceEvent {
    /// - Returns: nil when the programs are newer than this tool and know reasons that it does not.
    init?(_ event: trace_event) {
        guard let reason = CounterReason(rawValue: UInt32(event.reason)),
            let program = Program(event.program)
        else { return nil }
        func has(_ flag: trace_flag) -> Bool { UInt32(event.flags) & flag.rawValue != 0 }
        let isCall = program == .connectTime
        let family: AddressFamily? = event.family == 4 ? .v4 : event.family == 6 ? .v6 : nil
        let hasPorts = TransportProtocol(rawValue: event.proto) != nil
        self.init(
            time: event.time, reason: reason, program: program, interfaceIndex: isCall ? nil : event.ifindex,
            protocolNumber: family.map { _ in event.proto },
            before: family.map { Tuple(event.before, $0, hasPorts, isCall: isCall) }, tcpFlags: event.tcp_flags,
            length: isCall ? nil : event.length)
        if has(TRACE_SERVICE) { serviceID = event.service_id }
        if has(TRACE_KNOWN) { isReply = UInt32(event.connection_flags) & CONNECTION_REPLY.rawValue != 0 }
        guard let family else { return }
        let node = IPAddress(words: event.node, family)
        if !node.isZero { self.node = node }
        guard has(TRACE_TRANSLATED) || reason == .newConnection else { return }
        let after = Tuple(event.after, family, hasPorts, isCall: isCall)
        if after != before { self.after = after }
    }
}

extension TraceEvent.Program {
    init?(_ number: UInt8) {
        switch trace_program(rawValue: UInt32(number)) {
        case TRACE_CONNECT: self = .connectTime
        case TRACE_FROM_WORKLOAD: self = .fromWorkload
        case TRACE_TO_WORKLOAD: self = .toWorkload
        case TRACE_FROM_UPLINK: self = .fromUplink
        case TRACE_TO_UPLINK: self = .toUplink
        case TRACE_FROM_OVERLAY: self = .fromOverlay
        default: return nil
        }
    }
}

extension TraceEvent.Tuple {
    fileprivate init(_ tuple: trace_tuple, _ family: AddressFamily, _ hasPorts: Bool, isCall: Bool) {
        func end(_ words: IPAddress.NetworkWords, _ port: UInt16) -> TraceEvent.End {
            let port = UInt16(bigEndian: port)
            return TraceEvent.End(
                address: IPAddress(words: words, family), port: hasPorts && port != 0 ? port : nil)
        }
        self.init(
            source: isCall ? nil : end(tuple.src, tuple.sport), destination: end(tuple.dst, tuple.dport))
    }
}

extension IPAddress {
    /// - Parameter words: in network byte order; of IPv4 the first one counts.
    init(words: NetworkWords, _ family: AddressFamily) {
        self = family == .v4 ? IPAddress(networkWord: words.0) : IPAddress(networkWords: words)
    }

    fileprivate var isZero: Bool {
        switch self {
        case .v4(let bits): bits == 0
        case .v6(let high, let low): high == 0 && low == 0
        }
    }
}
