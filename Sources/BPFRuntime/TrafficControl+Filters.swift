// SPDX-License-Identifier: Apache-2.0

internal import CLinuxShim

extension TrafficControl {
    /// A filter that somebody attached.
    package struct Filter: Hashable, Sendable {
        package let place: Place

        /// The classifier, such as `bpf` or `flower`.
        package let kind: String

        /// The EtherType it is for, in host byte order; 3 (`ETH_P_ALL`) for every packet.
        package let protocolNumber: UInt16

        /// The program of a `bpf` filter.
        package let programID: UInt32?

        /// The name that whoever attached it gave; libbpf makes it from the program's name and number.
        package let name: String?

        /// Whether the program itself decides what becomes of the packet.
        package let isDirectAction: Bool
    }

    /// All filters of an interface, ingress before egress, in the order in which they run; empty without a discipline.
    ///
    /// rtnetlink(7): `RTM_GETTFILTER`.
    package static func filters(of interface: UInt32) throws(KernelError) -> [Filter] {
        guard try discipline(of: interface) != nil else { return [] }
        var all: [Filter] = []
        for direction in TrafficDirection.allCases {
            all += try filters(of: interface, direction)
        }
        return all
    }

    /// The kind of the discipline that filters need: `clsact`, or the older `ingress`, which lacks the egress half.
    ///
    /// rtnetlink(7): `RTM_GETQDISC`.
    ///
    /// - Returns: nil when there is none, or no such interface.
    package static func discipline(of interface: UInt32) throws(KernelError) -> String? {
        var kind = [CChar](repeating: 0, count: SHIM_TC_KIND_SIZE)
        let found = try perform(.listFilters, interfaceName(interface)) {
            unsafe shim_tc_ingress_kind(interface, &kind)
        }
        return found == 1 ? String(decoding: kind.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
    }

    private static func filters(of interface: UInt32, _ direction: TrafficDirection) throws(KernelError) -> [Filter] {
        var raw = [shim_tc_filter](repeating: shim_tc_filter(), count: 32)
        while true {
            let capacity = raw.count
            let count = try perform(.listFilters, interfaceName(interface)) {
                unsafe shim_tc_filters(interface, direction.filterParent, &raw, capacity)
            }
            guard Int(count) > capacity else {
                return raw.prefix(Int(count)).map { Filter($0, interface, direction) }
            }
            raw = [shim_tc_filter](repeating: shim_tc_filter(), count: Int(count))
        }
    }
}

extension TrafficControl.Filter {
    fileprivate init(_ raw: shim_tc_filter, _ interface: UInt32, _ direction: TrafficDirection) {
        place = TrafficControl.Place(
            interface: interface, direction: direction, priority: raw.priority, handle: raw.handle)
        kind = text(raw.kind)
        protocolNumber = raw.protocol
        programID = raw.program_id == 0 ? nil : raw.program_id
        name = text(raw.name).isEmpty ? nil : text(raw.name)
        isDirectAction = raw.direct_action != 0
    }
}
