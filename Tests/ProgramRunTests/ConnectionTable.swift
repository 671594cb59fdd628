// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import CDataplaneABI
import DataplaneModel
import PacketBuilder

@testable import Dataplane

/// Raw access to the connections map of one family.
struct ConnectionTable<ABI: FamilyABI>: ~Copyable
where ABI.ConnectionKey: BitwiseCopyable, ABI.Connection: BitwiseCopyable {
    private let map: Map<ABI.ConnectionKey, ABI.Connection>

    init(in directory: PinDirectory) throws {
        map = try Map(pinned: directory.map(.connections(ABI.family)))
    }

    func entries() throws -> [ConnectionKey: Entry] {
        var found: [ConnectionKey: Entry] = [:]
        for (key, value) in try map.entries() {
            guard let model = key.model else { continue }
            found[model] = Entry(value)
        }
        return found
    }

    func times() throws -> [ConnectionKey: EntryTimes] {
        var found: [ConnectionKey: EntryTimes] = [:]
        for (key, value) in try map.entries() {
            guard let model = key.model else { continue }
            found[model] = EntryTimes(created: value.created, lastSeen: value.last_seen)
        }
        return found
    }

    func write(_ key: ConnectionKey, _ entry: Entry, _ times: EntryTimes) throws {
        guard let raw = ABI.ConnectionKey(key), let source = ABI.Address(entry.source.address),
            let destination = ABI.Address(entry.destination.address)
        else { return }
        var value = ABI.Connection()
        (value.created, value.last_seen) = (times.created, times.lastSeen)
        (value.packets, value.bytes) = (entry.packets, entry.bytes)
        (value.src, value.dst) = (source, destination)
        (value.sport, value.dport) = (entry.source.port.bigEndian, entry.destination.port.bigEndian)
        (value.service_id, value.flags) = (entry.serviceID, entry.flags.rawValue)
        value.tcp_seen = entry.seen.rawValue
        switch entry.way {
        case .stack: value.forward = UInt8(FORWARD_STACK.rawValue)
        case .peer(let interface):
            value.forward = UInt8(FORWARD_PEER.rawValue)
            value.ifindex = interface
        case .neighbour(let interface, let hop):
            value.forward = UInt8(FORWARD_NEIGHBOR.rawValue)
            value.ifindex = interface
            if let address = ABI.Address(hop) { value.next_hop = address }
        case .tunnel(let node):
            value.forward = UInt8(FORWARD_TUNNEL.rawValue)
            if let address = ABI.Address(node) { value.next_hop = address }
        }
        try map.update(raw, value)
    }

    func touch(_ key: ConnectionKey, lastSeen: UInt64) throws {
        guard let raw = ABI.ConnectionKey(key), var value = try map.lookUp(raw) else { return }
        value.last_seen = lastSeen
        try map.update(raw, value)
    }

    func removeAll() throws { for (key, _) in try map.entries() { try map.delete(key) } }

    /// The keys whose bytes are not exactly those of the tuple they hold, with zeroes everywhere else.
    func keysWithDirtyPadding() throws -> [ConnectionKey] {
        var found: [ConnectionKey] = []
        for (key, _) in try map.entries() {
            guard let model = key.model, let clean = ABI.ConnectionKey(model) else { continue }
            if octets(key) != octets(clean) { found.append(model) }
        }
        return found
    }
}

private func octets<Value: BitwiseCopyable>(_ value: Value) -> [UInt8] {
    unsafe withUnsafeBytes(of: value) { unsafe [UInt8]($0) }
}

extension ConnectionKeyABI where Address: AddressABI {
    fileprivate var model: ConnectionKey? {
        guard let transport = TransportProtocol(rawValue: proto) else { return nil }
        return ConnectionKey(
            transport: transport, source: Endpoint(address: src.model, port: UInt16(bigEndian: sport)),
            destination: Endpoint(address: dst.model, port: UInt16(bigEndian: dport)))
    }
}

extension Entry {
    fileprivate init<Value: ConnectionABI>(_ value: Value) where Value.Address: AddressABI {
        let way: Way =
            switch UInt32(value.forward) {
            case FORWARD_PEER.rawValue: .peer(value.ifindex)
            case FORWARD_NEIGHBOR.rawValue: .neighbour(value.ifindex, via: value.next_hop.model)
            case FORWARD_TUNNEL.rawValue: .tunnel(value.next_hop.model)
            default: .stack
            }
        self.init(
            source: Endpoint(address: value.src.model, port: UInt16(bigEndian: value.sport)),
            destination: Endpoint(address: value.dst.model, port: UInt16(bigEndian: value.dport)), way: way,
            serviceID: value.service_id, flags: Flags(rawValue: value.flags), seen: Seen(rawValue: value.tcp_seen),
            packets: value.packets, bytes: value.bytes)
    }
}
