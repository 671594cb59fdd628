// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import CDataplaneABI
internal import DataplaneModel

/// When the programs no longer count an entry of the connection table: their `connection_expired`, by their timeouts.
struct ConnectionExpiry {
    private let constants: dataplane_config

    init(_ constants: dataplane_config) {
        self.constants = constants
    }

    /// By the timeouts of the loaded programs, read back from the kernel.
    ///
    /// - Throws: ``DataplaneError/damaged(pin:)`` when no program of this version is pinned.
    init(loadedIn directory: PinDirectory) throws(DataplaneError) {
        for program in DataplaneProgram.all {
            guard let bytes = try LoadedConstants.bytes(of: program, in: directory),
                let constants = CBytes.read(bytes, as: dataplane_config.self)
            else { continue }
            self.init(constants)
            return
        }
        throw .damaged(pin: directory.programs)
    }

    /// - Parameter now: CLOCK_MONOTONIC nanoseconds.
    func isOver(_ entry: some ConnectionABI, proto: UInt8, now: UInt64) -> Bool {
        // The entry may have been written since the clock was read.
        now > entry.last_seen && now - entry.last_seen > timeout(of: entry, proto: proto)
    }

    /// Nanoseconds.
    func timeout(of entry: some ConnectionABI, proto: UInt8) -> UInt64 {
        if proto == TransportProtocol.udp.rawValue { return constants.udp_timeout }
        let seen = UInt32(entry.tcp_seen)
        if seen & TCP_SEEN_RESET.rawValue != 0 { return constants.reset_timeout }
        let both = TCP_SEEN_CLIENT_FIN.rawValue | TCP_SEEN_BACKEND_FIN.rawValue
        // Of direct server return the first node sees one direction only.
        let isFinished = entry.has(CONNECTION_DSR) ? seen & both != 0 : seen & both == both
        if isFinished { return constants.fin_timeout }
        return seen & TCP_SEEN_ACK.rawValue != 0 ? constants.established_timeout : constants.syn_timeout
    }
}
