// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel

/// What the dataplane does with an interface; the raw value is the word in listings.
package enum InterfaceRole: String, Hashable, Sendable, CaseIterable {
    /// Leads to other nodes and clients: gets `from_uplink` and `to_uplink`.
    case uplink
    /// Leads to a pod: gets `from_workload` and `to_workload`.
    case workload
    /// The tool's own VXLAN device: gets `from_overlay`.
    case overlay
    /// Gets no program.
    case ignored
}

/// Why an interface has its role: data that ``text`` puts into words; interface names are those of the snapshot.
package enum InterfaceReason: Hashable, Sendable {
    // Uplinks.
    case namedUplink
    case defaultRoute
    case nodeAddress(IPAddress)

    // Workloads.
    case matchesPattern(String)
    /// The bridge is nil for a veth that is routed.
    case vethIntoAnotherNamespace(bridge: String?)

    // The overlay.
    case ownTunnel

    // Ignored.
    case loopback
    case bondMember(of: String)
    case bridge
    case bridgePort(of: String)
    /// The parent of an uplink that is a VLAN.
    case beneath(uplink: String)
    /// The other end is in this namespace too.
    case localVeth(peer: String)
    /// Would be a workload if `--workload` had not named others.
    case unmatchedVeth
    /// Would be an uplink if `--uplink` had not named others.
    case unnamedDefaultRoute
    case down
    case unclaimed
}
