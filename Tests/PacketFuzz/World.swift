// SPDX-License-Identifier: Apache-2.0

/// Who serves a frontend, and what else may happen to whom it serves.
package struct Serving: Sendable {
    /// Empty: clients are refused.
    package var backends: [End]
    /// Not everybody may use it.
    package var isRestricted = false
    /// It has no backend for some clients, who get no answer, though it has others.
    package var mayDrop = false

    package init(_ backends: [End], isRestricted: Bool = false, mayDrop: Bool = false) {
        (self.backends, self.isRestricted, self.mayDrop) = (backends, isRestricted, mayDrop)
    }
}

/// A node as the packets meet it: all that decides whose they are.
package struct World: Sendable {
    /// A service's address and port, for both transports.
    package var frontends: [End: Serving] = [:]
    package var nodePorts: [UInt16: Serving] = [:]
    /// The node's own.
    package var nodes: Set<Address> = []
    /// Those that packets from the overlay are taken of: the node's own, and the other nodes'.
    package var members: Set<Address> = []
    package var overlayPort: UInt16 = 0
    /// The pods that routes know, on this node and on others: each prefix's bits, and how many bits are not in it.
    package var workloads: [(bits: Address, rest: UInt64)] = []
    /// Whom a pod that reaches itself sees.
    package var hairpin = Address()
    /// What stands in for a client's port that is taken.
    package var replacements: ClosedRange<UInt16> = 20000...20000
    /// What fits into the overlay.
    package var overlayMTU = 0
    /// The source addresses that each device's pod owns; nil without a strict check.
    package var owners: [UInt32: Address]?
    package let isV4: Bool

    package init(isV4: Bool) { self.isV4 = isV4 }

    var etherType: UInt16 { isV4 ? 0x0800 : 0x86dd }
    var otherEtherType: UInt16 { isV4 ? 0x86dd : 0x0800 }

    /// - Parameter anyNode: another node has found that the address is its own.
    func serving(_ end: End, anyNode: Bool) -> Serving? {
        // The key of node ports, not an address.
        if end.address.isZero { return nil }
        if let serving = frontends[end] { return serving }
        guard anyNode || nodes.contains(end.address) else { return nil }
        return nodePorts[end.port]
    }

    /// Flows that are no service's and yet may be tracked, as they are: what the node sends from a port of its own that
    /// is a node port as well.
    func mayTrack(_ tuple: Tuple) -> Bool {
        tuple.transport == Wire.udp && isNodePort(tuple.source) || isNodePort(tuple.destination)
    }

    private func isNodePort(_ end: End) -> Bool { nodes.contains(end.address) && nodePorts[end.port] != nil }

    /// 127.0.0.0/8 and 169.254.0.0/16, ::1 and fe80::/10, and none at all.
    func needsNoOwner(_ address: Address) -> Bool {
        if address.isZero { return true }
        return isV4 ? address.low >> 16 == 0xa9fe : address.high >> 54 == 0xfe80 >> 6
    }
}

/// The programs, in the order in which the seasoning program finds them.
package enum Hook: Int, CaseIterable, Sendable {
    case fromWorkload, toWorkload, fromUplink, toUplink, fromOverlay

    package var program: String {
        switch self {
        case .fromWorkload: "from_workload"
        case .toWorkload: "to_workload"
        case .fromUplink: "from_uplink"
        case .toUplink: "to_uplink"
        case .fromOverlay: "from_overlay"
        }
    }

    var isEgress: Bool { self == .toWorkload || self == .toUplink }
}

/// Where a packet is and what is known about it beside its bytes.
package struct Circumstance: Hashable, Sendable {
    package var hook: Hook
    package var interface: UInt32
    /// The device it came in by, of one that is leaving.
    package var ingress: UInt32 = 0
    /// It stands for several segments of so many bytes.
    package var segmentSize: UInt32 = 0
    /// A VLAN's tag beside the packet.
    package var isTagged = false
    /// One of the programs has already dealt with it.
    package var isDone = false
    /// The node that has sent it through the overlay.
    package var sender: Address?
    /// Through our network, and known to `routes`.
    package var isSenderKnown = true
    package var isForeignNetwork = false

    package init(_ hook: Hook, at interface: UInt32) { (self.hook, self.interface) = (hook, interface) }

    /// What the seasoning program reads.
    ///
    /// - Parameter doneMark: what the programs leave in `tc_index`.
    func scratch(doneMark: UInt32, isV4: Bool) -> [UInt32] {
        var wish = UInt32(hook.rawValue)
        if isDone { wish |= doneMark << 16 }
        if isTagged { wish |= 1 << 10 }
        guard let sender else { return [wish] }
        wish |= isForeignNetwork ? 3 << 8 : 1 << 8
        if isV4 { return [wish, UInt32(truncatingIfNeeded: sender.low)] }
        return [wish]
            + [sender.high >> 32, sender.high, sender.low >> 32, sender.low].map {
                UInt32(truncatingIfNeeded: $0).bigEndian
            }
    }
}
