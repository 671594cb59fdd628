// SPDX-License-Identifier: Apache-2.0

internal import CDataplaneABI
internal import DataplaneModel

/// A ``ConnectionFilter`` in the terms of one family's table: refuses entries before anything of them is decoded.
///
/// It judges the request's entry alone: the state of TCP is the same in both entries of a pair.
struct EntryFilter<ABI: FamilyABI> {
    private let transport: UInt8?
    private let source: EndpointMatch<ABI.Address>?
    private let destination: EndpointMatch<ABI.Address>?
    private let backend: EndpointMatch<ABI.Address>?
    private let services: Set<UInt32>?
    private let state: TCPState?

    /// - Parameter names: of all services, by the numbers that entries carry.
    /// - Returns: nil when no entry of the family can match.
    init?(_ filter: ConnectionFilter, names: [UInt32: ServiceName]) {
        if let family = filter.family, family != ABI.family { return nil }
        let places = [filter.source, filter.destination, filter.backend]
        guard places.allSatisfy({ $0?.prefix.map { $0.family == ABI.family } ?? true }) else { return nil }
        transport = filter.transport?.rawValue
        source = filter.source.map(EndpointMatch.init)
        destination = filter.destination.map(EndpointMatch.init)
        backend = filter.backend.map(EndpointMatch.init)
        services = filter.service.map { service in Set(names.filter { service.covers($0.value) }.keys) }
        state = filter.state
    }

    /// - Parameters:
    ///   - key: the request's.
    ///   - value: of the request's entry.
    func matches(_ key: ABI.ConnectionKey, _ value: ABI.Connection) -> Bool {
        if let backend, value.crossesOverlay || !backend.matches(value.dst, value.dport) { return false }
        return matches(key, either: value)
    }

    /// What of the filter a reply's entry can be judged by.
    ///
    /// - Parameter key: the request's.
    func mayMatch(_ key: ABI.ConnectionKey, reply value: ABI.Connection) -> Bool { matches(key, either: value) }

    private func matches(_ key: ABI.ConnectionKey, either value: ABI.Connection) -> Bool {
        if let transport, key.proto != transport { return false }
        if let source, !source.matches(key.src, key.sport) { return false }
        if let destination, !destination.matches(key.dst, key.dport) { return false }
        if let state {
            guard key.proto == TransportProtocol.tcp.rawValue, TCPState(seen: value.tcp_seen) == state else {
                return false
            }
        }
        guard let services else { return true }
        return !value.has(CONNECTION_NO_SERVICE) && services.contains(value.service_id)
    }
}

/// A block of addresses and a port as entries hold them: in network byte order.
private struct EndpointMatch<Address: AddressABI> {
    private let block: (address: Address, mask: Address)?
    private let port: UInt16?

    /// - Parameter filter: its prefix is of the family.
    init(_ filter: EndpointFilter) {
        port = filter.port?.bigEndian
        block = filter.prefix.flatMap { prefix in
            guard let address = Address(prefix.address), let mask = Address(prefix.mask) else { return nil }
            return (address, mask)
        }
    }

    @inline(__always)
    func matches(_ address: Address, _ port: UInt16) -> Bool {
        if let own = self.port, port != own { return false }
        guard let block else { return true }
        return address.isEqual(to: block.address, under: block.mask)
    }
}

extension Prefix {
    /// The bits that are fixed.
    fileprivate var mask: IPAddress {
        switch family {
        case .v4: IPAddress.v4(.max).masked(to: length)
        case .v6: IPAddress.v6(high: .max, low: .max).masked(to: length)
        }
    }
}
