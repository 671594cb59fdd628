// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel

/// The size of a lab, and every address in it, which follows from node and pod numbers alone.
///
/// Nodes share the underlay 10.123.0.0/24; each has a pod block 10.244.NODE.0/24; the client is behind the router
/// that is everybody's default gateway, in 192.0.2.0/24. IPv6 mirrors this.
package struct LabPlan: Hashable, Sendable {
    /// What fits into the address plan.
    package static let nodeLimit = 200
    package static let podLimit = 200

    package var nodeCount: Int
    package var podsPerNode: Int

    /// Of the underlay and of the pods' interfaces.
    package var mtu: Int

    /// Counts outside the limits are clamped.
    package init(nodeCount: Int = 2, podsPerNode: Int = 2, mtu: Int = 1500) {
        self.nodeCount = min(max(nodeCount, 1), Self.nodeLimit)
        self.podsPerNode = min(max(podsPerNode, 0), Self.podLimit)
        self.mtu = mtu
    }
}

/// An address with the length of the subnet around it.
package struct LabAddress: Hashable, Sendable {
    package let address: IPAddress
    package let prefixLength: Int
}

extension LabPlan {
    /// The underlay address of a node, numbered from 1.
    package static func node(_ number: Int, _ family: AddressFamily) -> LabAddress {
        switch family {
        case .v4: LabAddress(address: .v4(0x0a7b_0000 | UInt32(number)), prefixLength: 24)
        case .v6: LabAddress(address: .v6(high: 0xfd00_0123 << 32, low: UInt64(number)), prefixLength: 64)
        }
    }

    /// The router on the underlay.
    package static func nodeGateway(_ family: AddressFamily) -> LabAddress { node(254, family) }

    /// The block that the pods of a node take their addresses from.
    package static func podBlock(ofNode node: Int, _ family: AddressFamily) -> Prefix {
        switch family {
        case .v4: Prefix(around: podGateway(ofNode: node, .v4), length: 24)
        case .v6: Prefix(around: podGateway(ofNode: node, .v6), length: 64)
        }
    }

    /// What pods use as gateway; the node's end of each pod's veth bears it.
    package static func podGateway(ofNode node: Int, _ family: AddressFamily) -> IPAddress {
        podAddress(ofNode: node, host: 1, family)
    }

    /// The address of a pod, numbered from 1.
    package static func pod(_ number: Int, ofNode node: Int, _ family: AddressFamily) -> IPAddress {
        podAddress(ofNode: node, host: number + 1, family)
    }

    private static func podAddress(ofNode node: Int, host: Int, _ family: AddressFamily) -> IPAddress {
        switch family {
        case .v4: .v4(0x0af4_0000 | UInt32(node) << 8 | UInt32(host))
        case .v6: .v6(high: 0xfd00_0244 << 32 | UInt64(node) << 16, low: UInt64(host))
        }
    }

    /// The client outside the cluster.
    package static func client(_ family: AddressFamily) -> LabAddress { outside(10, family) }

    /// The router as the client sees it.
    package static func clientGateway(_ family: AddressFamily) -> LabAddress { outside(1, family) }

    private static func outside(_ host: UInt32, _ family: AddressFamily) -> LabAddress {
        switch family {
        case .v4: LabAddress(address: .v4(0xc000_0200 | host), prefixLength: 24)
        case .v6: LabAddress(address: .v6(high: 0x2001_0db8_000c << 16, low: UInt64(host)), prefixLength: 64)
        }
    }
}
