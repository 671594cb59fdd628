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
    }

    package enum Hook: Hashable, Sendable {
        case interface(Role, TrafficDirection)
        case cgroup(AttachType)
    }

    /// The name in its source, `from_workload`.
    package let name: String
    package let family: AddressFamily
    package let hook: Hook

    /// The name of its pin and in listings, `from_workload_v4`.
    package var pinName: String { name.last?.isNumber == true ? name : "\(name)_\(family.suffix)" }

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
        case (_, .v4): .toUplinkV4
        case (_, .v6): .toUplinkV6
        }
    }

    /// Every program, tc before cgroup, in the order of listings.
    package static let all: [DataplaneProgram] =
        AddressFamily.allCases.flatMap { interfacePrograms($0) } + socketPrograms

    private static func interfacePrograms(_ family: AddressFamily) -> [DataplaneProgram] {
        [
            DataplaneProgram(name: "from_workload", family: family, hook: .interface(.workload, .ingress)),
            DataplaneProgram(name: "to_workload", family: family, hook: .interface(.workload, .egress)),
            DataplaneProgram(name: "from_uplink", family: family, hook: .interface(.uplink, .ingress)),
            DataplaneProgram(name: "to_uplink", family: family, hook: .interface(.uplink, .egress)),
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

    /// The programs a name stands for: a pin's name one, a source's name one per family.
    package static func named(_ name: String) -> [DataplaneProgram] {
        all.filter { $0.pinName == name || $0.name == name }
    }
}
