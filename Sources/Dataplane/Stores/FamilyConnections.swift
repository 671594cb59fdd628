// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import CDataplaneABI
internal import DataplaneModel
internal import LinuxSystem

/// The connections map of one family: pairs of entries, read as one connection each.
struct FamilyConnections<ABI: FamilyABI>: ~Copyable
where ABI.ConnectionKey: BitwiseCopyable, ABI.Connection: BitwiseCopyable {
    let map: Map<ABI.ConnectionKey, ABI.Connection>

    init(in directory: PinDirectory) throws(DataplaneError) {
        map = try kernel { () throws(KernelError) in try Map(pinned: directory.map(.connections(ABI.family))) }
    }

    var capacity: Int { Int(map.info.maxEntries) }

    func connection(_ key: ConnectionKey, names: [UInt32: ServiceName]) throws(DataplaneError) -> Connection? {
        guard let raw = ABI.ConnectionKey(key) else { return nil }
        return try kernel { () throws(KernelError) in
            guard let value = try map.lookUp(raw), !value.isReply else { return nil }
            let reply = try map.lookUp(raw.twin(value))
            return Connection(raw, value, reply: reply, now: MonotonicClock.nanoseconds, names: names)
        }
    }

    /// The tuple that the backend knows the connection by; nil when there is none, or another node translates.
    func translated(_ key: ConnectionKey) throws(DataplaneError) -> (source: Endpoint, destination: Endpoint)? {
        guard let raw = ABI.ConnectionKey(key) else { return nil }
        return try kernel { () throws(KernelError) in
            guard let value = try map.lookUp(raw), !value.crossesOverlay else { return nil }
            return (Endpoint(value.src, value.sport), Endpoint(value.dst, value.dport))
        }
    }

    /// - Returns: how many connections were there to be removed.
    func delete(_ keys: [ConnectionKey]) throws(DataplaneError) -> Int {
        try kernel { () throws(KernelError) in
            var pairs: [(key: ABI.ConnectionKey, value: ABI.Connection)] = []
            for key in keys {
                guard let raw = ABI.ConnectionKey(key), let value = try map.lookUp(raw), !value.isReply else {
                    continue
                }
                pairs.append((raw, value))
            }
            return try delete(pairs)
        }
    }

    /// Removes the connections of these transports whose request's entry is chosen.
    ///
    /// - Returns: how many there were.
    func delete(
        _ transports: Set<TransportProtocol>, where isChosen: (ABI.Connection) -> Bool
    ) throws(DataplaneError) -> [TransportProtocol: Int] {
        try kernel { () throws(KernelError) in
            var pairs: [TransportProtocol: [(key: ABI.ConnectionKey, value: ABI.Connection)]] = [:]
            try map.forEachBatch { keys, values throws(KernelError) in
                for index in keys.indices {
                    let (key, value) = (keys[index], values[index])
                    guard !value.isReply, isChosen(value), let transport = TransportProtocol(rawValue: key.proto),
                        transports.contains(transport)
                    else { continue }
                    pairs[transport, default: []].append((key, value))
                }
            }
            var deleted: [TransportProtocol: Int] = [:]
            for (transport, pairs) in pairs { deleted[transport] = try delete(pairs) }
            return deleted
        }
    }

    /// - Parameter pairs: the requests' entries.
    private func delete(_ pairs: [(key: ABI.ConnectionKey, value: ABI.Connection)]) throws(KernelError) -> Int {
        // The requests' entries first: without them no packet makes the replies' useful.
        let deleted = try map.deleteBatch(pairs.map(\.key))
        var replies: [ABI.ConnectionKey] = []
        for (key, value) in pairs {
            let twin = key.twin(value)
            if let reply = try map.lookUp(twin), reply.leads(backTo: key) { replies.append(twin) }
        }
        try map.deleteBatch(replies)
        return deleted
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

    /// Whether this is the request's entry of a connection that another node serves: it translates nothing.
    var crossesOverlay: Bool { !isReply && forward == UInt8(FORWARD_TUNNEL.rawValue) }

    /// Whether this is the other half of `key`'s pair, and not of one that came after it.
    func leads<Key: ConnectionKeyABI>(backTo key: Key) -> Bool where Key.Address == Address, Address: AddressABI {
        dport == key.sport && sport == key.dport && dst.model == key.src.model && src.model == key.dst.model
    }
}

extension Endpoint {
    /// - Parameter port: in network byte order.
    init(_ address: some AddressABI, _ port: UInt16) {
        self.init(address: address.model, port: UInt16(bigEndian: port))
    }
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
    init?<Key: ConnectionKeyABI, Value: ConnectionABI>(
        _ key: Key, _ value: Value, reply: Value?, now: UInt64, names: [UInt32: ServiceName]
    ) where Key.Address: AddressABI, Value.Address == Key.Address {
        guard let transport = TransportProtocol(rawValue: key.proto) else { return nil }
        let source = Endpoint(key.src, key.sport)
        let destination = Endpoint(key.dst, key.dport)
        let seen = value.tcp_seen | (reply?.tcp_seen ?? 0)
        let lastSeen = max(value.last_seen, reply?.last_seen ?? 0)
        self.init(
            key: ConnectionKey(transport: transport, source: source, destination: destination),
            backend: value.crossesOverlay ? nil : Endpoint(value.dst, value.dport),
            node: value.crossesOverlay ? value.next_hop.model : nil,
            serviceID: value.service_id, service: value.has(CONNECTION_NO_SERVICE) ? nil : names[value.service_id],
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
        if value.has(CONNECTION_NO_SERVICE) { insert(.noService) }
        if value.has(CONNECTION_CLIENT_SIDE) { insert(.hostStack) }
        if value.has(CONNECTION_HAIRPIN) { insert(.hairpin) }
        if value.has(CONNECTION_PORT_REPLACED) { insert(.portReplaced) }
        if value.has(CONNECTION_OUTSIDE) { insert(.outside) }
        if value.has(CONNECTION_TUNNEL) { insert(.tunnel) }
        if value.has(CONNECTION_DSR) { insert(.directReturn) }
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
