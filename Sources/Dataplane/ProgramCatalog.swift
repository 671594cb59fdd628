// SPDX-License-Identifier: Apache-2.0

internal import BPFImages
package import BPFRuntime
package import DataplaneModel

/// One of the embedded programs: where it comes from and where it belongs.
package struct DataplaneProgram: Hashable, Sendable {
    /// Which interfaces a tc program belongs on.
    package enum Role: String, Hashable, Sendable {
        case workload
        case uplink
        /// The tool's own VXLAN device.
        case overlay
    }

    package enum Hook: Hashable, Sendable {
        case interface(Role, TrafficDirection)
        case cgroup(AttachType)
    }

    /// The name in its source, `from_workload`.
    package let name: String
    package let family: AddressFamily
    package let hook: Hook
    /// For uplinks whose packets begin with the IP header: the same source, loaded with another constant.
    package var layer3 = false

    /// The name of its pin and in listings, `from_workload_v4` or `from_uplink_l3_v4`.
    package var pinName: String {
        if name.last?.isNumber == true { return name }
        return "\(name)_\(layer3 ? "l3_" : "")\(family.suffix)"
    }

    /// The source file it is in, without endings.
    var source: String {
        if case .cgroup = hook { "connect" } else { name }
    }

    /// Whether `--connect-time tcp` needs it.
    var servesTCP: Bool { name.hasPrefix("connect") || name.hasPrefix("getpeername") }

    var image: BPFImage {
        switch (source, family) {
        case ("connect", .v4): .connectV4
        case ("connect", .v6): .connectV6
        case ("from_workload", .v4): .fromWorkloadV4
        case ("from_workload", .v6): .fromWorkloadV6
        case ("to_workload", .v4): .toWorkloadV4
        case ("to_workload", .v6): .toWorkloadV6
        case ("from_uplink", .v4): .fromUplinkV4
        case ("from_uplink", .v6): .fromUplinkV6
        case ("to_uplink", .v4): .toUplinkV4
        case ("to_uplink", .v6): .toUplinkV6
        case (_, .v4): .fromOverlayV4
        case (_, .v6): .fromOverlayV6
        }
    }

    /// Every program that is always loaded, tc before cgroup, in the order of listings.
    package static let all: [DataplaneProgram] =
        AddressFamily.allCases.flatMap { interfacePrograms($0) } + socketPrograms

    /// Those that are loaded where an uplink needs them.
    package static let layer3Variants: [DataplaneProgram] = all.compactMap { $0.layer3Variant }

    /// Everything that may be pinned.
    package static let known = all + layer3Variants

    /// Nil for a program that only belongs on devices with an Ethernet header, or on none.
    var layer3Variant: DataplaneProgram? {
        guard case .interface(.uplink, _) = hook else { return nil }
        var variant = self
        variant.layer3 = true
        return variant
    }

    /// The same program for a device with or without Ethernet header; nil when it does not belong on the device.
    package func fitting(ethernetHeader: Bool) -> DataplaneProgram? {
        guard !ethernetHeader else {
            var plain = self
            plain.layer3 = false
            return plain
        }
        return layer3Variant
    }

    private static func interfacePrograms(_ family: AddressFamily) -> [DataplaneProgram] {
        [
            DataplaneProgram(name: "from_workload", family: family, hook: .interface(.workload, .ingress)),
            DataplaneProgram(name: "to_workload", family: family, hook: .interface(.workload, .egress)),
            DataplaneProgram(name: "from_uplink", family: family, hook: .interface(.uplink, .ingress)),
            DataplaneProgram(name: "to_uplink", family: family, hook: .interface(.uplink, .egress)),
            DataplaneProgram(name: "from_overlay", family: family, hook: .interface(.overlay, .ingress)),
        ]
    }

    /// The `_mapped` programs serve IPv4 addresses inside IPv6 sockets, so they are IPv4 programs on IPv6 hooks.
    private static let socketPrograms: [DataplaneProgram] = [
        DataplaneProgram(name: "connect4", family: .v4, hook: .cgroup(.cgroupConnect4)),
        DataplaneProgram(name: "connect_mapped", family: .v4, hook: .cgroup(.cgroupConnect6)),
        DataplaneProgram(name: "sendmsg4", family: .v4, hook: .cgroup(.cgroupSendMessage4)),
        DataplaneProgram(name: "recvmsg4", family: .v4, hook: .cgroup(.cgroupReceiveMessage4)),
        DataplaneProgram(name: "recvmsg_mapped", family: .v4, hook: .cgroup(.cgroupReceiveMessage6)),
        DataplaneProgram(name: "getpeername4", family: .v4, hook: .cgroup(.cgroupGetPeerName4)),
        DataplaneProgram(name: "getpeername_mapped", family: .v4, hook: .cgroup(.cgroupGetPeerName6)),
        DataplaneProgram(name: "connect6", family: .v6, hook: .cgroup(.cgroupConnect6)),
        DataplaneProgram(name: "sendmsg6", family: .v6, hook: .cgroup(.cgroupSendMessage6)),
        DataplaneProgram(name: "recvmsg6", family: .v6, hook: .cgroup(.cgroupReceiveMessage6)),
        DataplaneProgram(name: "getpeername6", family: .v6, hook: .cgroup(.cgroupGetPeerName6)),
    ]

    /// The programs a name stands for: a pin's name one, a pin's without the family one per family.
    package static func named(_ name: String) -> [DataplaneProgram] {
        known.filter {
            $0.pinName == name || $0.name == name && !$0.layer3 || $0.pinName == "\(name)_\($0.family.suffix)"
        }
    }
}
