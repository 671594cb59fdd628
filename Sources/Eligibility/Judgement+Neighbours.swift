// SPDX-License-Identifier: Apache-2.0

extension Facts {
    var neighbourFindings: [Finding] {
        [
            processFinding, leftovers(.kubeProxyIptables, kubeProxy.iptablesChains, Wording.chains),
            leftovers(.kubeProxyNftables, kubeProxy.nftablesTables, Wording.tables), ipvsFinding,
            calicoFinding, ciliumFinding, policyFinding,
        ]
    }

    private var isKubeProxyRunning: Bool { kubeProxy.processes?.isEmpty == false }

    /// What a running kube-proxy wrote it would write again, so cleaning up after it is of use only once it is gone.
    private var cleanup: String? { isKubeProxyRunning ? nil : Wording.Hint.cleanUpKubeProxy }

    private var processFinding: Finding {
        guard let processes = kubeProxy.processes else { return unknown(.kubeProxyProcess) }
        return Finding(
            id: .kubeProxyProcess, found: Wording.list(processes), weight: processes.isEmpty ? .fine : .notable)
    }

    private func leftovers(
        _ id: CheckID, _ leftovers: KubeProxyFacts.Leftovers?, _ words: (Int) -> String
    ) -> Finding {
        switch leftovers {
        case nil: unknown(id)
        case .unknown(let reason): unknown(id, Wording.unknown(reason))
        case .counted(0): Finding(id: id, found: Wording.none)
        case .kept(let count): Finding(id: id, found: Wording.kept(words(count)))
        case .counted(let count): Finding(id: id, found: words(count), weight: .notable, hint: cleanup)
        }
    }

    /// The interface of the IPVS mode makes every service address the node's own, so that host processes which are not
    /// balanced at connect time never get past it.
    private var ipvsFinding: Finding {
        guard let servers = kubeProxy.ipvsServers, let hasInterface = kubeProxy.hasIPVSInterface else {
            return unknown(.kubeProxyIPVS)
        }
        guard servers > 0 || hasInterface else { return Finding(id: .kubeProxyIPVS, found: Wording.none) }
        return Finding(
            id: .kubeProxyIPVS, found: Wording.ipvs(servers: servers, hasInterface: hasInterface), weight: .notable,
            // Servers of addresses that are not on the interface are somebody else's, and stay.
            hint: hasInterface ? cleanup : nil, effects: hasInterface ? [.core: .degraded] : [:])
    }

    /// Calico without programs of its own in the kernel works by iptables or nftables and is no obstacle as such.
    private var calicoFinding: Finding {
        guard let programs = calico.programs else { return unknown(.calico) }
        if programs.isEmpty && calico.pins.isEmpty {
            let runs = !calico.processes.isEmpty || !calico.links.isEmpty
            return Finding(id: .calico, found: runs ? Wording.calicoWithoutPrograms : Wording.none)
        }
        return foreign(.calico, calico, programs, whileRunning: Wording.Hint.disableCalico, hintLeft: nil)
    }

    private var ciliumFinding: Finding {
        guard let programs = cilium.programs else { return unknown(.cilium) }
        let traces = programs + cilium.pins + cilium.processes + cilium.links
        if traces.isEmpty { return Finding(id: .cilium, found: Wording.none) }
        return foreign(
            .cilium, cilium, programs, whileRunning: Wording.Hint.uninstallCilium, hintLeft: Wording.Hint.cleanUpCilium)
    }

    /// Two dataplanes on the same hooks each translate what the other has translated; mere leftovers do not.
    private func foreign(
        _ id: CheckID, _ other: ForeignDataplane, _ programs: [String], whileRunning: String, hintLeft: String?
    ) -> Finding {
        Finding(
            id: id, found: Wording.foreign(other), weight: .notable,
            hint: other.processes.isEmpty ? hintLeft : whileRunning, effects: programs.isEmpty ? [:] : [.core: .no])
    }

    private var policyFinding: Finding {
        let id = CheckID.forwardHookPolicy
        let found = forwardPolicy.text
        return switch forwardPolicy {
        case .none:
            Finding(id: id, found: found)
        case .enforced(let chains):
            Finding(id: id, found: found, weight: .notable, detail: chains, effects: [.directForwarding: .no])
        case .unknown:
            Finding(id: id, found: found, weight: .unknown, effects: [.directForwarding: .no])
        }
    }
}
