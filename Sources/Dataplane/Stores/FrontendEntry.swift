// SPDX-License-Identifier: Apache-2.0

internal import CDataplaneABI
internal import DataplaneModel

/// The value of a frontend, free of its family.
struct FrontendEntry: Hashable, Sendable {
    var serviceID: UInt32
    /// What a pick among all backends is made from.
    var slots: Range<Int>
    /// Of the slots, or with Maglev behind them.
    var localCount: Int
    var affinitySeconds: UInt32
    /// `enum frontend_flag`.
    var flags: UInt32

    init(serviceID: UInt32, slots: Range<Int>, localCount: Int, affinitySeconds: UInt32, flags: UInt32) {
        self.serviceID = serviceID
        self.slots = slots
        self.localCount = localCount
        self.affinitySeconds = affinitySeconds
        self.flags = flags
    }

    /// The whole table that a program may read through this frontend, local part included.
    var table: Range<Int> {
        let isMaglev = flags & FRONTEND_MAGLEV.rawValue != 0
        return slots.lowerBound..<slots.upperBound + (isMaglev ? localCount : 0)
    }
}

extension FrontendEntry {
    init(abi value: some FrontendABI) {
        self.init(
            serviceID: value.service_id, slots: Int(value.first_slot)..<Int(value.first_slot) + Int(value.slot_count),
            localCount: Int(value.local_count), affinitySeconds: value.affinity_seconds, flags: value.flags)
    }

    func abi<Value: FrontendABI>(_ type: Value.Type) -> Value {
        var value = Value()
        value.service_id = serviceID
        value.first_slot = UInt32(slots.lowerBound)
        value.slot_count = UInt32(slots.count)
        value.local_count = UInt32(localCount)
        value.affinity_seconds = affinitySeconds
        value.flags = flags
        return value
    }
}

extension Service {
    /// `enum frontend_flag`: what kind it is, and the settings of the service that concern this kind.
    func abiFlags(of frontend: Frontend) -> UInt32 {
        var flags = frontend.kind.abiFlag
        if affinity != nil { flags |= FRONTEND_AFFINITY.rawValue }
        if algorithm == .maglev { flags |= FRONTEND_MAGLEV.rawValue }
        guard frontend.isExternal else {
            if internalPolicy == .local { flags |= FRONTEND_INTERNAL_LOCAL.rawValue }
            return flags
        }
        if externalPolicy == .local { flags |= FRONTEND_EXTERNAL_LOCAL.rawValue }
        if hasSourceRanges(for: frontend) { flags |= FRONTEND_SOURCE_RANGES.rawValue }
        return flags
    }

    /// The entries of the frontends map of one family, node ports under the address zero.
    ///
    /// - Parameter enabled: the families that the dataplane serves.
    func entries(in family: AddressFamily, of enabled: Set<AddressFamily>) -> [(Frontend, FrontendAddress)] {
        let servesNodePorts = families.intersection(enabled).contains(family)
        return frontends.compactMap { frontend in
            guard frontend.nodePort == nil || servesNodePorts else { return nil }
            return frontend.entryAddress(in: family).map { (frontend, $0) }
        }
    }
}

extension Frontend.Kind {
    fileprivate var abiFlag: UInt32 {
        switch self {
        case .clusterIP: FRONTEND_CLUSTER_IP.rawValue
        case .nodePort: FRONTEND_NODE_PORT.rawValue
        case .externalIP: FRONTEND_EXTERNAL.rawValue
        case .loadBalancer: FRONTEND_LOAD_BALANCER.rawValue
        }
    }
}

extension Frontend {
    /// The key of its entry in the frontends map of a family; nil for an address of the other family.
    func entryAddress(in family: AddressFamily) -> FrontendAddress? {
        switch self {
        case .clusterIP(let address), .externalIP(let address), .loadBalancer(let address):
            return address.family == family ? address : nil
        case .nodePort(let node):
            let any = family == .v4 ? IPAddress.v4(0) : .v6(high: 0, low: 0)
            return FrontendAddress(endpoint: Endpoint(address: any, port: node.port), transport: node.transport)
        }
    }

    /// Reads back an entry of the frontends map.
    init(_ address: FrontendAddress, flags: UInt32) {
        func has(_ flag: frontend_flag) -> Bool { flags & flag.rawValue != 0 }
        if has(FRONTEND_NODE_PORT) {
            self = .nodePort(NodePort(port: address.endpoint.port, transport: address.transport))
        } else if has(FRONTEND_EXTERNAL) {
            self = .externalIP(address)
        } else {
            self = has(FRONTEND_LOAD_BALANCER) ? .loadBalancer(address) : .clusterIP(address)
        }
    }
}

extension FrontendAddress {
    /// Nil for a protocol that this tool does not write.
    init?<Key: FrontendKeyABI>(abi key: Key) where Key.Address: AddressABI {
        guard let transport = TransportProtocol(rawValue: key.proto) else { return nil }
        self.init(
            endpoint: Endpoint(address: key.addr.model, port: UInt16(bigEndian: key.port)), transport: transport)
    }
}

extension FrontendKeyABI where Address: AddressABI {
    /// Nil for an address of the other family.
    init?(_ address: FrontendAddress) {
        guard let addr = Address(address.endpoint.address) else { return nil }
        self.init()
        self.addr = addr
        port = address.endpoint.port.bigEndian
        proto = address.transport.rawValue
    }
}
