// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import CDataplaneABI
internal import DataplaneModel

/// A socket that was sent to a backend when it connected or sent.
struct BalancedSocket: Hashable, Sendable {
    /// The kernel's number for it.
    var cookie: UInt64
    var backend: Endpoint
    var transport: TransportProtocol
    var serviceID: UInt32
}

/// The sockets maps of both families.
struct SocketStore: ~Copyable {
    private let v4: FamilySockets<IPv4ABI>
    private let v6: FamilySockets<IPv6ABI>

    init(in directory: PinDirectory) throws(DataplaneError) {
        let first = try FamilySockets<IPv4ABI>(in: directory)
        let second = try FamilySockets<IPv6ABI>(in: directory)
        v4 = first
        v6 = second
    }

    /// Reads both maps whole; entries of sockets that are closed stay until room is needed, and are among them.
    func sockets(where isWanted: (BalancedSocket) -> Bool) throws(DataplaneError) -> Set<BalancedSocket> {
        try v4.sockets(where: isWanted).union(v6.sockets(where: isWanted))
    }

    /// What these sockets asked for is forgotten, so that what they receive bears the sender's own address.
    func delete(_ sockets: some Collection<BalancedSocket>) throws(DataplaneError) {
        try v4.delete(sockets)
        try v6.delete(sockets)
    }
}

private struct FamilySockets<ABI: FamilyABI>: ~Copyable
where ABI.SocketKey: BitwiseCopyable, ABI.Socket: BitwiseCopyable {
    private let map: Map<ABI.SocketKey, ABI.Socket>

    init(in directory: PinDirectory) throws(DataplaneError) {
        map = try kernel { () throws(KernelError) in try Map(pinned: directory.map(.sockets(ABI.family))) }
    }

    func sockets(where isWanted: (BalancedSocket) -> Bool) throws(DataplaneError) -> Set<BalancedSocket> {
        try kernel { () throws(KernelError) in
            var found: Set<BalancedSocket> = []
            try map.forEach { key, value throws(KernelError) in
                guard let transport = TransportProtocol(rawValue: UInt8(truncatingIfNeeded: value.proto)) else {
                    return
                }
                let socket = BalancedSocket(
                    cookie: key.cookie, backend: Endpoint(key.addr, key.port), transport: transport,
                    serviceID: value.service_id)
                if isWanted(socket) { found.insert(socket) }
            }
            return found
        }
    }

    func delete(_ sockets: some Collection<BalancedSocket>) throws(DataplaneError) {
        let keys = sockets.compactMap { socket -> ABI.SocketKey? in
            guard let address = ABI.Address(socket.backend.address) else { return nil }
            var key = ABI.SocketKey()
            (key.cookie, key.addr, key.port) = (socket.cookie, address, socket.backend.port.bigEndian)
            return key
        }
        try kernel { () throws(KernelError) in _ = try map.deleteBatch(keys) }
    }
}
