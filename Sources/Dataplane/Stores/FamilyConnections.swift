// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import CDataplaneABI
internal import DataplaneModel
internal import LinuxSystem

/// The connections map of one family: pairs of entries, read as one connection each.
struct FamilyConnections<ABI: FamilyABI>: ~Copyable
where ABI.ConnectionKey: BitwiseCopyable, ABI.Connection: BitwiseCopyable {
    private let map: Map<ABI.ConnectionKey, ABI.Connection>

    init(in directory: PinDirectory) throws(DataplaneError) {
        map = try kernel { () throws(KernelError) in try Map(pinned: directory.map(.connections(ABI.family))) }
    }

    var capacity: Int { Int(map.info.maxEntries) }

    /// Calls `body` for each connection, by its request's entry; the reply's is looked up.
    func forEach(names: [UInt32: ServiceName], _ body: (Connection) throws -> Void) throws {
        let now = MonotonicClock.nanoseconds
        var cursor = try map.cursor()
        while try cursor.next() {
            for index in 0..<cursor.count {
                let value = cursor.value(at: index)
                guard !value.isReply else { continue }
                let key = cursor.key(at: index)
                let reply = try map.lookUp(key.twin(value))
                if let connection = Connection(key, value, reply: reply, now: now, names: names) {
                    try body(connection)
                }
            }
        }
    }

    func connection(_ key: ConnectionKey, names: [UInt32: ServiceName]) throws(DataplaneError) -> Connection? {
        guard let raw = ABI.ConnectionKey(key) else { return nil }
        return try kernel { () throws(KernelError) in
            guard let value = try map.lookUp(raw), !value.isReply else { return nil }
            let reply = try map.lookUp(raw.twin(value))
            return Connection(raw, value, reply: reply, now: MonotonicClock.nanoseconds, names: names)
        }
    }

    /// - Returns: how many connections were there to be removed.
    func delete(_ keys: [ConnectionKey]) throws(DataplaneError) -> Int {
        try kernel { () throws(KernelError) in
            var deleted = 0
            for key in keys {
                guard let raw = ABI.ConnectionKey(key), let value = try map.lookUp(raw), !value.isReply else {
                    continue
                }
                // The request's entry first: without it no packet makes the reply's one useful.
                if try map.delete(raw) { deleted += 1 }
                try map.delete(raw.twin(value))
            }
            return deleted
        }
    }

    func countEntries() throws(DataplaneError) -> (requests: Int, replies: Int) {
        try kernel { () throws(KernelError) in
            var count = (requests: 0, replies: 0)
            try map.forEachBatch { _, values throws(KernelError) in
                for index in values.indices {
                    if values[index].isReply { count.replies += 1 } else { count.requests += 1 }
                }
            }
            return count
        }
    }
}

extension ConnectionABI {
    var isReply: Bool { flags & UInt16(CONNECTION_REPLY.rawValue) != 0 }

    func has(_ flag: connection_flag) -> Bool { flags & UInt16(flag.rawValue) != 0 }
}

extension ConnectionKeyABI where Address: AddressABI {
    /// Nil for a connection of the other family.
    init?(_ key: ConnectionKey) {
        guard let source = Address(key.source.address), let destination = Address(key.destination.address) else {
            return nil
        }
        self.init()
        src = source
        dst = destination
        sport = key.source.port.bigEndian
        dport = key.destination.port.bigEndian
        proto = key.transport.rawValue
    }

    /// The key of the other entry of the pair: the translated tuple, reversed.
    func twin<Value: ConnectionABI>(_ value: Value) -> Self where Value.Address == Address {
        var key = Self()
        key.src = value.dst
        key.dst = value.src
        key.sport = value.dport
        key.dport = value.sport
        key.proto = proto
        return key
    }
}

extension Connection {
    /// - Parameter now: CLOCK_MONOTONIC nanoseconds.
    fileprivate init?<Key: ConnectionKeyABI, Value: ConnectionABI>(
        _ key: Key, _ value: Value, reply: Value?, now: UInt64, names: [UInt32: ServiceName]
    ) where Key.Address: AddressABI, Value.Address == Key.Address {
        guard let transport = TransportProtocol(rawValue: key.proto) else { return nil }
        let source = Endpoint(address: key.src.model, port: UInt16(bigEndian: key.sport))
        let destination = Endpoint(address: key.dst.model, port: UInt16(bigEndian: key.dport))
        let seen = value.tcp_seen | (reply?.tcp_seen ?? 0)
        let lastSeen = max(value.last_seen, reply?.last_seen ?? 0)
        self.init(
            key: ConnectionKey(transport: transport, source: source, destination: destination),
            backend: Endpoint(address: value.dst.model, port: UInt16(bigEndian: value.dport)),
            serviceID: value.service_id, service: names[value.service_id],
            state: transport == .tcp ? TCPState(seen: seen) : nil,
            forward: Traffic(packets: value.packets, bytes: value.bytes),
            reply: Traffic(packets: reply?.packets ?? 0, bytes: reply?.bytes ?? 0),
            age: .nanoseconds(now > value.created ? now - value.created : 0),
            idle: .nanoseconds(now > lastSeen ? now - lastSeen : 0), flags: ConnectionFlags(value))
    }
}

extension ConnectionFlags {
    fileprivate init(_ value: some ConnectionABI) {
        self = []
        if value.has(CONNECTION_CONNECT_TIME) { insert(.connectTime) }
        if value.has(CONNECTION_CLIENT_SIDE) { insert(.hostStack) }
        if value.has(CONNECTION_HAIRPIN) { insert(.hairpin) }
        if value.has(CONNECTION_PORT_REPLACED) { insert(.portReplaced) }
        if value.forward == UInt8(FORWARD_PEER.rawValue) { insert(.localBackend) }
    }
}

extension TCPState {
    /// - Parameter seen: `enum tcp_seen`, both directions together.
    init(seen: UInt8) {
        func has(_ flag: tcp_seen) -> Bool { UInt32(seen) & flag.rawValue != 0 }
        let (client, backend) = (has(TCP_SEEN_CLIENT_FIN), has(TCP_SEEN_BACKEND_FIN))
        if has(TCP_SEEN_RESET) {
            self = .reset
        } else if client && backend {
            self = .closed
        } else if client || backend {
            self = .finSeen
        } else {
            self = has(TCP_SEEN_ACK) ? .established : .synSent
        }
    }
}
