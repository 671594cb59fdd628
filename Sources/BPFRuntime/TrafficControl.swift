// SPDX-License-Identifier: Apache-2.0

internal import CLibBPF
internal import CLinuxShim
internal import LinuxSystem

/// Programs on interfaces by filters of the clsact discipline, for kernels before tcx (Linux 6.6).
///
/// A filter is addressed by direction, priority and handle. Interfaces are those of this network namespace.
package enum TrafficControl {
    /// The place of one filter on an interface.
    package struct Place: Hashable, Sendable {
        package let interface: UInt32
        package let direction: TrafficDirection

        /// Filters run in ascending order of priority; 1 is the first.
        package let priority: UInt16

        /// Tells filters of the same priority apart; not 0.
        package let handle: UInt32

        package init(interface: UInt32, direction: TrafficDirection, priority: UInt16, handle: UInt32) {
            self.interface = interface
            self.direction = direction
            self.priority = priority
            self.handle = handle
        }
    }

    /// Makes sure of the clsact discipline.
    ///
    /// libbpf: `bpf_tc_hook_create`.
    ///
    /// - Returns: true when this call created it, false when it was there.
    package static func prepare(interface: UInt32) throws(KernelError) -> Bool {
        var hook = Self.hook(interface, BPF_TC_INGRESS)
        let (code, messages) = LibbpfOutput.capturing { failure { unsafe bpf_tc_hook_create(&hook) } }
        guard let code, code != .exists else { return code == nil }
        throw error(.createQueueingDiscipline, interfaceName(interface), nil, code, messages)
    }

    /// Removes the clsact discipline unless a filter, of whatever kind and owner, is in it.
    ///
    /// To be called only by who created it. libbpf: `bpf_tc_hook_destroy`.
    ///
    /// - Returns: false when it was left alone or was not there.
    package static func removeIfEmpty(interface: UInt32) throws(KernelError) -> Bool {
        guard try discipline(of: interface) == "clsact", try filters(of: interface).isEmpty else { return false }
        let both = bpf_tc_attach_point(BPF_TC_INGRESS.rawValue | BPF_TC_EGRESS.rawValue)
        var hook = Self.hook(interface, both)
        let (code, messages) = LibbpfOutput.capturing { failure { unsafe bpf_tc_hook_destroy(&hook) } }
        guard let code else { return true }
        throw error(.removeQueueingDiscipline, interfaceName(interface), nil, code, messages)
    }

    /// Attaches a program, in direct-action mode and for all protocols, to an interface prepared for it.
    ///
    /// libbpf: `bpf_tc_attach`.
    ///
    /// - Parameter replacing: whether a filter in this place is replaced, without a gap; otherwise it is `EEXIST`.
    package static func attach(
        _ program: borrowing Program, at place: Place, replacing: Bool = false
    ) throws(KernelError) {
        var hook = Self.hook(place.interface, place.direction.attachPoint)
        var options = Self.options(place)
        options.prog_fd = program.descriptor.rawValue
        options.flags = replacing ? BPF_TC_F_REPLACE.rawValue : 0
        let (code, messages) = LibbpfOutput.capturing { failure { unsafe bpf_tc_attach(&hook, &options) } }
        guard let code else { return }
        throw error(.attach, program.name, interfaceName(place.interface), code, messages)
    }

    /// Removes a filter.
    ///
    /// libbpf: `bpf_tc_detach`.
    ///
    /// - Returns: false when there was none in this place.
    package static func detach(_ place: Place) throws(KernelError) -> Bool {
        guard try filters(of: place.interface).contains(where: { $0.place == place }) else { return false }
        var hook = Self.hook(place.interface, place.direction.attachPoint)
        var options = Self.options(place)
        let (code, messages) = LibbpfOutput.capturing { failure { unsafe bpf_tc_detach(&hook, &options) } }
        guard let code, code != .noEntry else { return code == nil }
        throw error(.detach, "\(place.priority):\(place.handle)", interfaceName(place.interface), code, messages)
    }

    private static func hook(_ interface: UInt32, _ point: bpf_tc_attach_point) -> bpf_tc_hook {
        var hook = bpf_tc_hook()
        hook.sz = size(bpf_tc_hook.self, through: \.parent)
        hook.ifindex = Int32(bitPattern: interface)
        hook.attach_point = point
        return hook
    }

    private static func options(_ place: Place) -> bpf_tc_opts {
        var options = bpf_tc_opts()
        options.sz = size(bpf_tc_opts.self, through: \.priority)
        options.handle = place.handle
        options.priority = UInt32(place.priority)
        return options
    }

    private static func error(
        _ operation: KernelError.Operation, _ subject: String, _ target: String?, _ code: Errno, _ messages: [String]
    ) -> KernelError {
        let detail = messages.isEmpty ? nil : KernelError.Detail.messages(messages)
        return KernelError(operation, subject, to: target, code, detail: detail)
    }
}
