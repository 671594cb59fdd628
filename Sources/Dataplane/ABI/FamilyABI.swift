// SPDX-License-Identifier: Apache-2.0

internal import CDataplaneABI
internal import DataplaneModel

/// The C structs of one address family, so that every store is written once.
///
/// The imported structs already have the fields; a conformance names no field twice. That keys and values are
/// `BitwiseCopyable`, which maps need, is asked for where a map is opened: the compiler cannot carry an imported
/// struct's conformance across modules inside another one.
protocol FamilyABI: Sendable {
    associatedtype Address: AddressABI
    associatedtype FrontendKey: FrontendKeyABI where FrontendKey.Address == Address
    associatedtype Frontend: FrontendABI
    associatedtype Slot: SlotABI where Slot.Address == Address
    associatedtype ConnectionKey: ConnectionKeyABI where ConnectionKey.Address == Address
    associatedtype Connection: ConnectionABI where Connection.Address == Address
    associatedtype RouteKey: RouteKeyABI where RouteKey.Address == Address
    associatedtype Route: RouteABI where Route.Address == Address
    associatedtype SocketKey: SocketKeyABI where SocketKey.Address == Address
    associatedtype Socket: SocketABI
    associatedtype SourceRangeKey: SourceRangeKeyABI where SourceRangeKey.Address == Address
    associatedtype AffinityKey: AffinityKeyABI where AffinityKey.Address == Address
    associatedtype Affinity: AffinityABI where Affinity.Address == Address

    static var family: AddressFamily { get }
}

enum IPv4ABI: FamilyABI {
    typealias Address = addr_v4
    typealias FrontendKey = frontend_key_v4
    typealias Frontend = frontend_v4
    typealias Slot = slot_v4
    typealias ConnectionKey = connection_key_v4
    typealias Connection = connection_v4
    typealias RouteKey = route_key_v4
    typealias Route = route_v4
    typealias SocketKey = socket_key_v4
    typealias Socket = socket_v4
    typealias SourceRangeKey = source_range_key_v4
    typealias AffinityKey = affinity_key_v4
    typealias Affinity = affinity_v4

    static let family = AddressFamily.v4
}

enum IPv6ABI: FamilyABI {
    typealias Address = addr_v6
    typealias FrontendKey = frontend_key_v6
    typealias Frontend = frontend_v6
    typealias Slot = slot_v6
    typealias ConnectionKey = connection_key_v6
    typealias Connection = connection_v6
    typealias RouteKey = route_key_v6
    typealias Route = route_v6
    typealias SocketKey = socket_key_v6
    typealias Socket = socket_v6
    typealias SourceRangeKey = source_range_key_v6
    typealias AffinityKey = affinity_key_v6
    typealias Affinity = affinity_v6

    static let family = AddressFamily.v6
}

protocol AddressABI {
    init()
    /// Nil for an address of the other family.
    init?(_ address: IPAddress)
    var model: IPAddress { get }
    /// Where a number stands in the place of an address, in the host's byte order; the rest is zero.
    var number: UInt32 { get set }
    /// Whether the bits that are set in `mask` are the same.
    func isEqual(to other: Self, under mask: Self) -> Bool
    func isEqual(to other: Self) -> Bool
    /// Of all bits, for hashing.
    var folded: UInt64 { get }
}

extension addr_v4: AddressABI {
    init?(_ address: IPAddress) {
        guard let word = address.networkWord else { return nil }
        self.init(word: word)
    }

    var model: IPAddress { IPAddress(networkWord: word) }

    var number: UInt32 {
        get { word }
        set { word = newValue }
    }

    func isEqual(to other: addr_v4, under mask: addr_v4) -> Bool { (word ^ other.word) & mask.word == 0 }
    func isEqual(to other: addr_v4) -> Bool { word == other.word }
    var folded: UInt64 { UInt64(word) }
}

extension addr_v6: AddressABI {
    init?(_ address: IPAddress) {
        guard let words = address.networkWords else { return nil }
        self.init(word: words)
    }

    var model: IPAddress { IPAddress(networkWords: word) }

    var number: UInt32 {
        get { word.0 }
        set { word = (newValue, 0, 0, 0) }
    }

    func isEqual(to other: addr_v6, under mask: addr_v6) -> Bool {
        let (one, two, bits) = (word, other.word, mask.word)
        let high = (one.0 ^ two.0) & bits.0 | (one.1 ^ two.1) & bits.1
        return high | (one.2 ^ two.2) & bits.2 | (one.3 ^ two.3) & bits.3 == 0
    }

    func isEqual(to other: addr_v6) -> Bool { word == other.word }

    var folded: UInt64 {
        (UInt64(word.0) << 32 | UInt64(word.1)) &* 0x9e37_79b9_7f4a_7c15 ^ (UInt64(word.2) << 32 | UInt64(word.3))
    }
}

protocol FrontendKeyABI {
    associatedtype Address
    init()
    var addr: Address { get set }
    var port: UInt16 { get set }
    var proto: UInt8 { get set }
    /// Not 0 keeps packets from finding the entry.
    var aside: UInt8 { get set }
}

protocol FrontendABI {
    init()
    var service_id: UInt32 { get set }
    var first_slot: UInt32 { get set }
    var slot_count: UInt32 { get set }
    var local_count: UInt32 { get set }
    var affinity_seconds: UInt32 { get set }
    var flags: UInt32 { get set }
}

protocol SlotABI {
    associatedtype Address
    init()
    var addr: Address { get set }
    var port: UInt16 { get set }
    var flags: UInt8 { get set }
    var weight: UInt8 { get set }
}

protocol ConnectionKeyABI {
    associatedtype Address
    init()
    var src: Address { get set }
    var dst: Address { get set }
    var sport: UInt16 { get set }
    var dport: UInt16 { get set }
    var proto: UInt8 { get set }
}

protocol ConnectionABI {
    associatedtype Address
    init()
    var created: UInt64 { get set }
    var last_seen: UInt64 { get set }
    var packets: UInt64 { get set }
    var bytes: UInt64 { get set }
    var src: Address { get set }
    var dst: Address { get set }
    var sport: UInt16 { get set }
    var dport: UInt16 { get set }
    var next_hop: Address { get set }
    var ifindex: UInt32 { get set }
    var service_id: UInt32 { get set }
    var flags: UInt16 { get set }
    var forward: UInt8 { get set }
    var tcp_seen: UInt8 { get set }
}

protocol RouteKeyABI {
    associatedtype Address
    init()
    var prefix_length: UInt32 { get set }
    var addr: Address { get set }
}

protocol RouteABI {
    associatedtype Address
    init()
    var flags: UInt32 { get set }
    var ifindex: UInt32 { get set }
    var node: Address { get set }
}

protocol SocketKeyABI {
    associatedtype Address
    init()
    var cookie: UInt64 { get set }
    var addr: Address { get set }
    var port: UInt16 { get set }
}

protocol SocketABI {
    init()
    /// Not in network order, unlike the fields around it.
    var proto: UInt16 { get set }
    var service_id: UInt32 { get set }
}

protocol SourceRangeKeyABI {
    associatedtype Address
    init()
    /// 32 more than the client's prefix has: the service's number comes first.
    var prefix_length: UInt32 { get set }
    var service_id: UInt32 { get set }
    var addr: Address { get set }
}

protocol AffinityKeyABI {
    associatedtype Address
    init()
    var client: Address { get set }
    var service_id: UInt32 { get set }
    /// `enum affinity_kind`.
    var kind: UInt32 { get set }
}

protocol AffinityABI {
    associatedtype Address
    var last_used: UInt64 { get set }
    var addr: Address { get set }
    var port: UInt16 { get set }
}

extension frontend_key_v4: FrontendKeyABI {}
extension frontend_key_v6: FrontendKeyABI {}
extension frontend_v4: FrontendABI {}
extension frontend_v6: FrontendABI {}
extension slot_v4: SlotABI {}
extension slot_v6: SlotABI {}
extension connection_key_v4: ConnectionKeyABI {}
extension connection_key_v6: ConnectionKeyABI {}
extension connection_v4: ConnectionABI {}
extension connection_v6: ConnectionABI {}
extension route_key_v4: RouteKeyABI {}
extension route_key_v6: RouteKeyABI {}
extension route_v4: RouteABI {}
extension route_v6: RouteABI {}
extension socket_key_v4: SocketKeyABI {}
extension socket_key_v6: SocketKeyABI {}
extension socket_v4: SocketABI {}
extension socket_v6: SocketABI {}
extension source_range_key_v4: SourceRangeKeyABI {}
extension source_range_key_v6: SourceRangeKeyABI {}
extension affinity_key_v4: AffinityKeyABI {}
extension affinity_key_v6: AffinityKeyABI {}
extension affinity_v4: AffinityABI {}
extension affinity_v6: AffinityABI {}
