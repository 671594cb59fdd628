// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel
internal import LinuxSystem
internal import Topology

/// What `enable` was asked for.
package struct EnableOptions: Hashable, Sendable {
    package enum ConnectTime: String, Hashable, Sendable, CaseIterable {
        case all
        case tcp
        case off
    }

    package enum Forwarding: String, Hashable, Sendable, CaseIterable {
        /// Translated packets bypass the host stack where their way is known.
        case direct
        /// All packets go through the host stack, where netfilter sees them.
        case stack
    }

    /// How replies leave the node of the backend when the request came in on another one.
    package enum ReturnPath: String, Hashable, Sendable, CaseIterable {
        /// Through the node that the client sent to.
        case tunnel
        /// Straight to the client.
        case dsr
    }

    /// What a workload may send from.
    package enum SourceCheck: String, Hashable, Sendable, CaseIterable {
        /// Any address: the host stack's reverse path filter decides.
        case off
        /// The addresses that are routed to it.
        case strict
    }

    package var uplinks: [String] = []
    package var workloads: [String] = []
    package var nodeAddresses: [IPAddress] = []
    package var families: Set<AddressFamily> = Set(AddressFamily.allCases)
    package var connectTime: ConnectTime = .all
    /// Already decided: `auto` is the caller's to resolve, who knows the node's policy.
    package var forwarding: Forwarding = .direct
    /// ``forwarding`` is what `auto` came to.
    package var choosesForwarding = false
    package var returnPath: ReturnPath = .tunnel
    /// Clients in here get their replies through the tunnel whatever ``returnPath`` says.
    package var noDSR: [Prefix] = []
    /// UDP port of the VXLAN device, the same on all nodes; 0: no overlay.
    package var overlayPort = defaultOverlayPort
    /// What services may use as node ports.
    package var nodePortRange = defaultNodePortRange
    package var sourceCheck: SourceCheck = .off
    /// Nil: tcx where the kernel has it.
    package var mechanism: AttachMechanism?
    /// By the name of the map without family, `connections`, or with it, `connections_v4`.
    package var mapSizes: [String: UInt32] = [:]
    package var timeouts = ConnectionTimeouts.ofThisNode
    /// Source ports that stand in for a client's own when another connection has it at the same backend.
    package var replacementPorts = defaultReplacementPorts

    /// What a pod sees as the client when it reaches itself through a service: reserved addresses that a pod sends to by
    /// its default route. For IPv6 a link-local one would be looked for on the link, so it is a unique local one.
    package static let hairpinV4 = IPAddress.v4(0xA9FE_E7E7)
    package static let hairpinV6 = IPAddress.v6(high: 0xFD65_6270_6663_0000, low: 1)

    /// Neither IANA's for VXLAN nor Linux's old one, which other products use.
    package static let defaultOverlayPort: UInt16 = 14789

    /// As Kubernetes has it.
    package static let defaultNodePortRange: ClosedRange<UInt16> = 30000...32767

    /// As Calico has it.
    package static let defaultReplacementPorts: ClosedRange<UInt16> = 20000...29999

    package init() {}

    var selection: InterfaceSelection.Options {
        InterfaceSelection.Options(
            uplinkNames: uplinks, workloadPatterns: workloads, nodeAddresses: nodeAddresses)
    }

    /// The words of a command line that asks for the same, and what `auto` came to; kept in the maps.
    package var words: [String] {
        var words = uplinks.map { "--uplink=\($0)" } + workloads.map { "--workload=\($0)" }
        words += nodeAddresses.map { "--node-address=\($0)" }
        if families == [.v4] { words.append("--ipv4") }
        if families == [.v6] { words.append("--ipv6") }
        words.append("--connect-time=\(connectTime.rawValue)")
        words.append("--forwarding=\(choosesForwarding ? Self.auto : forwarding.rawValue)")
        if returnPath != .tunnel { words.append("--return=\(returnPath.rawValue)") }
        words += noDSR.map { "--no-dsr=\($0)" }
        if overlayPort != Self.defaultOverlayPort { words.append("--overlay-port=\(overlayPort)") }
        if nodePortRange != Self.defaultNodePortRange { words.append("--node-port-range=\(PortRange(nodePortRange))") }
        if replacementPorts != Self.defaultReplacementPorts {
            words.append("--source-port-range=\(PortRange(replacementPorts))")
        }
        if sourceCheck != .off { words.append("--source-check=\(sourceCheck.rawValue)") }
        if let mechanism { words.append("--attach=\(mechanism.rawValue)") }
        words += mapSizes.sorted { $0.key < $1.key }.map { "--map-size=\($0.key)=\($0.value)" }
        return words + (choosesForwarding ? ["\(Self.chosenForwarding)=\(forwarding.rawValue)"] : [])
    }

    /// The entries that the map is to have room for; nil for its default.
    func size(of map: MapName) -> UInt32? {
        let name = "\(map)"
        if let exact = mapSizes[name] { return exact }
        guard let underscore = name.lastIndex(of: "_"), ["_v4", "_v6"].contains(name[underscore...]) else { return nil }
        return mapSizes[String(name[..<underscore])]
    }

    /// Whether `--map-size` may name this.
    package static func isMapSizeName(_ name: String) -> Bool {
        let fixed: [MapName] = [.scratch, .counters, .meta] + MapName.forTracing
        let resizable = MapName.all.filter { !fixed.contains($0) }.map(\.description)
        return resizable.contains(name) || resizable.contains { $0 == "\(name)_v4" }
    }
}

extension ConnectionTimeouts {
    /// What the node's own connection tracking has for established and closed TCP, so that an idle connection lives as
    /// long as it would under kube-proxy; without nf_conntrack, longer than Linux waits before its first keepalive.
    package static var ofThisNode: ConnectionTimeouts {
        var timeouts = ConnectionTimeouts()
        timeouts.tcpEstablished = .seconds(7500)
        let automatic = ConnectionTimeouts([.tcpEstablished: .auto, .tcpFinsSeen: .auto]) { name in
            let path = String(name.map { $0 == "." ? "/" : $0 })
            return (try? Sysctl.read(path)).flatMap { Int($0) }
        }
        timeouts.tcpEstablished = max(timeouts.tcpEstablished, automatic.tcpEstablished)
        timeouts.tcpFinsSeen = automatic.tcpFinsSeen
        return timeouts
    }
}
