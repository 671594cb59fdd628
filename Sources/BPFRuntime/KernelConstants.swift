// SPDX-License-Identifier: Apache-2.0

internal import CLibBPF

/// The kernel's program type (`enum bpf_prog_type`).
package struct ProgramType: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let socketFilter = ProgramType(rawValue: 1)
    package static let schedClassifier = ProgramType(rawValue: 3)
    package static let schedAction = ProgramType(rawValue: 4)
    package static let xdp = ProgramType(rawValue: 6)
    package static let cgroupSKB = ProgramType(rawValue: 8)
    package static let cgroupSock = ProgramType(rawValue: 9)
    package static let cgroupSockAddr = ProgramType(rawValue: 18)
    package static let tracing = ProgramType(rawValue: 26)

    /// The kernel's own word, such as `sched_cls`, or the number for a type newer than libbpf.
    package var name: String {
        unsafe libbpf_bpf_prog_type_str(bpf_prog_type(rawValue)).map { unsafe String(cString: $0) } ?? "\(rawValue)"
    }
}

/// The kernel's attach type (`enum bpf_attach_type`): the hook a program is made for.
package struct AttachType: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let cgroupIngress = AttachType(rawValue: 0)
    package static let cgroupEgress = AttachType(rawValue: 1)
    package static let cgroupConnect4 = AttachType(rawValue: 10)
    package static let cgroupConnect6 = AttachType(rawValue: 11)
    package static let cgroupSendMessage4 = AttachType(rawValue: 14)
    package static let cgroupSendMessage6 = AttachType(rawValue: 15)
    package static let cgroupReceiveMessage4 = AttachType(rawValue: 19)
    package static let cgroupReceiveMessage6 = AttachType(rawValue: 20)
    package static let cgroupGetPeerName4 = AttachType(rawValue: 29)
    package static let cgroupGetPeerName6 = AttachType(rawValue: 30)
    package static let tcxIngress = AttachType(rawValue: 46)
    package static let tcxEgress = AttachType(rawValue: 47)

    /// The kernel's own word, such as `cgroup_inet4_connect`, or the number for a type that nobody here knows.
    package var name: String {
        switch self {
        case .tcxIngress: "tcx_ingress"
        case .tcxEgress: "tcx_egress"
        default:
            unsafe libbpf_bpf_attach_type_str(bpf_attach_type(rawValue)).map { unsafe String(cString: $0) }
                ?? "\(rawValue)"
        }
    }
}

/// The kernel's map type (`enum bpf_map_type`).
package struct MapType: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let hash = MapType(rawValue: 1)
    package static let array = MapType(rawValue: 2)
    package static let perCPUHash = MapType(rawValue: 5)
    package static let perCPUArray = MapType(rawValue: 6)
    package static let lruHash = MapType(rawValue: 9)
    package static let lruPerCPUHash = MapType(rawValue: 10)
    package static let lpmTrie = MapType(rawValue: 11)
    package static let ringBuffer = MapType(rawValue: 27)

    /// Whether a lookup answers with one value for each possible processor.
    package var isPerCPU: Bool {
        self == .perCPUHash || self == .perCPUArray || self == .lruPerCPUHash
    }

    /// Makes room by itself, at the cost of what has been idle longest.
    package var evicts: Bool { self == .lruHash || self == .lruPerCPUHash }

    /// The kernel's own word, such as `lru_hash`, or the number for a type newer than libbpf.
    package var name: String {
        unsafe libbpf_bpf_map_type_str(bpf_map_type(rawValue)).map { unsafe String(cString: $0) } ?? "\(rawValue)"
    }
}

/// The kind of kernel object behind a descriptor or a pin.
package enum ObjectKind: String, Hashable, Sendable {
    case program, map, link
}
