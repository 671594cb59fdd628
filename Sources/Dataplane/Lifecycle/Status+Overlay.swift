// SPDX-License-Identifier: Apache-2.0

internal import CDataplaneABI
internal import DataplaneModel
internal import LinuxSystem
internal import Topology

/// The VXLAN device as it is.
package struct OverlayStatus: Hashable, Sendable {
    package let name: String
    package let port: UInt16
    package let mtu: Int

    init?(_ selection: InterfaceSelection) {
        guard let link = selection.choices.first(where: { $0.role == .overlay })?.link, let vxlan = link.vxlan else {
            return nil
        }
        (name, port, mtu) = (link.name, vxlan.port, link.mtu)
    }
}

/// The smallest MTU of each role; nil where no interface has it.
package struct SmallestMTUs: Hashable, Sendable {
    package let uplink: Int?
    package let overlay: Int?
    package let workload: Int?

    init(_ selection: InterfaceSelection) {
        func smallest(_ role: InterfaceRole) -> Int? {
            selection.choices.filter { $0.role == role }.map(\.link.mtu).min()
        }
        uplink = smallest(.uplink)
        overlay = smallest(.overlay)
        workload = smallest(.workload)
    }
}

extension Dataplane {
    /// What keeps packets from crossing to other nodes.
    func overlayProblems(
        _ options: EnableOptions, _ snapshot: NodeSnapshot, _ selection: InterfaceSelection
    ) throws(DataplaneError) -> [StatusProblem] {
        try devices(options, selection) + filters(options, snapshot) + mtus(selection)
    }

    private func devices(
        _ options: EnableOptions, _ selection: InterfaceSelection
    ) throws(DataplaneError) -> [StatusProblem] {
        guard options.overlayPort != 0, let program = DataplaneProgram.all.first,
            let known = try LoadedConstants.config(of: program, in: directory)?.overlay_ifindex
        else { return [] }
        let device = selection.choices.first { $0.role == .overlay }?.link
        if known == 0 { return device == nil ? [.overlayUnsupported] : [.overlayBroken] }
        guard let device, device.isUp, device.index == known, device.vxlan?.port == options.overlayPort else {
            return [.overlayBroken]
        }
        return []
    }

    /// The device's own setting counts for nothing where that of all devices is stricter.
    private func filters(
        _ options: EnableOptions, _ snapshot: NodeSnapshot
    ) throws(DataplaneError) -> [StatusProblem] {
        guard options.overlayPort != 0, options.families.contains(.v4),
            (try? Sysctl.read("net/ipv4/conf/all/rp_filter")) == "1"
        else { return [] }
        if options.forwarding == .stack { return [.reversePathFilter] }
        let own = Set(snapshot.addresses.map(\.address))
        let hasHostBackend = try services().services().contains { service in
            service.backends.contains { own.contains($0.endpoint.address) }
        }
        return hasHostBackend ? [.reversePathFilter] : []
    }

    private func mtus(_ selection: InterfaceSelection) -> [StatusProblem] {
        guard let largest = selection.uplinks.map(\.mtu).max() else { return [] }
        return selection.workloads.filter { $0.mtu > largest }.map {
            .mtuAboveUplink(interface: $0.name, mtu: $0.mtu, uplink: largest)
        }
    }
}
