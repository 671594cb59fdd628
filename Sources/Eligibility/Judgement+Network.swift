// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime

extension Facts {
    var networkFindings: [Finding] {
        [
            forwarding(
                .ipForward, network.forwardsIPv4, setting: "net.ipv4.ip_forward",
                costs: [.core: .degraded, .directForwarding: .degraded]),
            ipv6Finding, ipv6Forwarding, reversePathFinding, uplinkFinding,
            trial(.vxlan, network.vxlan, costs: [.acrossNodes: .no], hint: Wording.Hint.loadVXLAN), overlayPortFinding,
        ]
    }

    /// Without forwarding pods reach the backends of their own node only, host processes reach all; nor does the kernel
    /// tell programs its routes then.
    private func forwarding(
        _ id: CheckID, _ isOn: Bool?, setting: String, costs: [Feature: Verdict]
    ) -> Finding {
        guard let isOn else { return unknown(id) }
        return Finding(
            id: id, found: Wording.setting(setting, isOn ? 1 : 0), hint: isOn ? nil : Wording.Hint.set(setting, to: 1),
            effects: isOn ? [:] : costs)
    }

    private var ipv6Finding: Finding {
        guard let hasIPv6 = network.hasIPv6 else { return unknown(.ipv6) }
        guard hasIPv6 else { return Finding(id: .ipv6, found: Wording.notAvailable, effects: [.ipv6: .no]) }
        let setting = "net.ipv6.conf.all.disable_ipv6"
        guard network.isIPv6Disabled == true else { return Finding(id: .ipv6, found: Wording.enabled) }
        return Finding(
            id: .ipv6, found: Wording.setting(setting, 1), hint: Wording.Hint.set(setting, to: 0),
            effects: [.ipv6: .no])
    }

    private var ipv6Forwarding: Finding {
        forwarding(
            .ipv6Forward, network.hasIPv6 == true ? network.forwardsIPv6 : nil,
            setting: "net.ipv6.conf.all.forwarding", costs: [.ipv6: .degraded])
    }

    /// A local pod's answer to a host process gets the service's address as its source before the stack sees it, and no
    /// route leads back there through the pod's interface. Connect-time balancing translates no packets.
    private var reversePathFinding: Finding {
        guard let strict = network.strictReversePaths else { return unknown(.reversePathFilter) }
        guard !strict.isEmpty else { return Finding(id: .reversePathFilter, found: Wording.noStrictFilter) }
        return Finding(
            id: .reversePathFilter, found: Wording.strictFilter(on: strict), weight: .notable,
            hint: Wording.Hint.set("net.ipv4.conf.all.rp_filter", to: 2),
            effects: balancesAtConnectTime ? [:] : [.core: .degraded])
    }

    private var balancesAtConnectTime: Bool {
        if case .accepted = programs[.connectV4] { cgroup.attachment == .supported } else { false }
    }

    private var overlayPortFinding: Finding {
        guard let port = network.overlayPort else { return unknown(.overlayPort) }
        guard port.number != 0 else {
            return Finding(id: .overlayPort, found: Wording.noOverlay, effects: [.acrossNodes: .no])
        }
        let isFree = port.users.isEmpty
        return Finding(
            id: .overlayPort, found: Wording.overlayPort(port), hint: isFree ? nil : Wording.Hint.chooseOverlayPort,
            effects: isFree ? [:] : [.acrossNodes: .no])
    }

    /// Without an uplink only the node's own pods and processes are served; one may still be named to `enable`.
    private var uplinkFinding: Finding {
        guard let uplinks = network.uplinks else { return unknown(.uplink) }
        return Finding(
            id: .uplink, found: Wording.uplinks(uplinks), hint: uplinks.isEmpty ? Wording.Hint.nameUplink : nil,
            effects: uplinks.isEmpty ? [.core: .degraded] : [:])
    }
}
