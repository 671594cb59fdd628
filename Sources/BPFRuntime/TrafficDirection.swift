// SPDX-License-Identifier: Apache-2.0

internal import CLibBPF
import Glibc

/// Which of an interface's two packet streams a program looks at, as the host sees them.
package enum TrafficDirection: String, Hashable, Sendable, CaseIterable {
    /// Received by the interface.
    case ingress

    /// Sent by the interface.
    case egress

    var tcxAttachType: AttachType {
        switch self {
        case .ingress: .tcxIngress
        case .egress: .tcxEgress
        }
    }

    var attachPoint: bpf_tc_attach_point {
        switch self {
        case .ingress: BPF_TC_INGRESS
        case .egress: BPF_TC_EGRESS
        }
    }

    /// The class of the clsact discipline that filters hang below: `TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_…)`.
    var filterParent: UInt32 {
        switch self {
        case .ingress: 0xffff_fff2
        case .egress: 0xffff_fff3
        }
    }
}

/// Where among the tcx programs of a hook a new one goes; they run from first to last.
package enum TCXPosition: Hashable, Sendable {
    case first
    case last
    case beforeProgram(id: UInt32)
    case afterProgram(id: UInt32)
    case beforeLink(id: UInt32)
    case afterLink(id: UInt32)

    // From the kernel's uapi, newer than the headers of the oldest supported distribution.
    private static let before: UInt32 = 1 << 3
    private static let after: UInt32 = 1 << 4
    private static let byID: UInt32 = 1 << 5
    private static let isLink: UInt32 = 1 << 13

    var flags: UInt32 {
        switch self {
        case .first: Self.before
        case .last: Self.after
        case .beforeProgram: Self.before | Self.byID
        case .afterProgram: Self.after | Self.byID
        case .beforeLink: Self.before | Self.byID | Self.isLink
        case .afterLink: Self.after | Self.byID | Self.isLink
        }
    }

    var relative: UInt32 {
        switch self {
        case .first, .last: 0
        case .beforeProgram(let id), .afterProgram(let id), .beforeLink(let id), .afterLink(let id): id
        }
    }
}

/// An interface's name for errors, or its index where it has none (any more).
func interfaceName(_ index: UInt32) -> String {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(IF_NAMESIZE)) { buffer in
        guard let start = buffer.baseAddress, let name = unsafe if_indextoname(index, start) else {
            return "interface \(index)"
        }
        return unsafe String(cString: name)
    }
}
