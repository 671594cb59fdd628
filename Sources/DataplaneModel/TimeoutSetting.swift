// SPDX-License-Identifier: Apache-2.0

/// A connection timeout as configured: a duration, or `auto` for what the node's nf_conntrack uses.
package enum TimeoutSetting: Hashable, Sendable {
    case auto
    case fixed(Duration)

    /// Reads `auto` in any case, as Calico writes `Auto`, or a duration above zero.
    package init(_ text: String) throws(DurationParseError) {
        guard text.utf8.count != 4 || text.lowercased() != "auto" else {
            self = .auto
            return
        }
        let duration = try Duration(text: text)
        guard duration > .zero else { throw .zero(text) }
        self = .fixed(duration)
    }
}

extension TimeoutSetting: CustomStringConvertible {
    package var description: String {
        switch self {
        case .auto: "auto"
        case .fixed(let duration): duration.text
        }
    }
}

extension ConnectionTimeouts {
    /// Resolves configured settings; a phase without a setting keeps its default.
    ///
    /// - Parameter sysctl: reads a sysctl by dotted name, in seconds; nil where nf_conntrack is not loaded, which keeps
    ///   the default.
    package init(_ settings: [Phase: TimeoutSetting], sysctl: (String) -> Int?) {
        self.init()
        for (phase, setting) in settings {
            switch setting {
            case .fixed(let duration):
                self[phase] = duration
            case .auto:
                if let seconds = phase.sysctl.flatMap(sysctl), seconds > 0 { self[phase] = .seconds(seconds) }
            }
        }
    }

    /// The phase that decides about a connection.
    ///
    /// Under DSR only the requests are seen, so that one FIN counts as both.
    package static func phase(state: TCPState?, flags: ConnectionFlags) -> Phase {
        switch state {
        case nil: .udp
        case .synSent: .tcpSynSent
        case .established: .tcpEstablished
        case .finSeen: flags.contains(.directReturn) ? .tcpFinsSeen : .tcpEstablished
        case .closed: .tcpFinsSeen
        case .reset: .tcpResetSeen
        }
    }

    /// True once the connection has been idle for longer than its phase allows.
    package func hasExpired(_ connection: Connection) -> Bool {
        connection.idle > self[Self.phase(state: connection.state, flags: connection.flags)]
    }
}
