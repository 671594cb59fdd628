// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import LinuxSystem
import Testing

@testable import Eligibility

@Suite struct WordingTests {
    struct Sentence: CustomTestStringConvertible {
        let node: RecordedNode
        let id: String
        let found: String
        let hint: String?

        init(_ node: RecordedNode, _ id: String, _ found: String, hint: String? = nil) {
            (self.node, self.id, self.found, self.hint) = (node, id, found, hint)
        }

        var testDescription: String { "\(node.rawValue) \(id)" }
    }

    static let sentences = [
        Sentence(.debian5, "kernel.version", "5.10.0-28-amd64"),
        Sentence(.debian5, "bpf.tcx", "not available"),
        Sentence(.debian5, "bpf.batch", "for hash, array, lru-hash"),
        Sentence(.debian5, "program.to_uplink_v4", "accepted"),
        Sentence(.complete, "program.to_uplink_v4", "accepted, 4000 instructions verified"),
        Sentence(
            .rhel8, "program.from_workload_v4",
            "refused: invalid func unknown#155 (EINVAL, after 642 more lines)"),
        Sentence(.rhel8, "mount.cgroup2", "/sys/fs/cgroup/unified, beside version 1 hierarchies"),
        Sentence(.withoutCgroup2, "mount.cgroup2", "not mounted", hint: "mount -t cgroup2 none /sys/fs/cgroup"),
        Sentence(.withoutCgroup2, "bpf.attach.cgroup", "not tried"),
        Sentence(.locked, "kernel.lockdown", "confidentiality"),
        Sentence(.here, "kernel.lockdown", "not reported"),
        Sentence(.here, "mount.bpffs", "not mounted on /sys/fs/bpf", hint: "mount -t bpf bpf /sys/fs/bpf"),
        Sentence(.here, "net.ip-forward", "net.ipv4.ip_forward = 0", hint: "sysctl -w net.ipv4.ip_forward=1"),
        Sentence(.here, "net.uplink", "eth0 (has the default route)"),
        Sentence(
            .unprivileged, "capabilities", "missing CAP_NET_ADMIN, CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN",
            hint: "sudo ebpfctl check"),
        Sentence(.unprivileged, "policy.forward-hook", "unknown, 'nft' failed"),
        Sentence(
            .ipvsLeftovers, "kube-proxy.ipvs", "12 virtual servers, kube-ipvs0",
            hint: "once services are in, repeat 'ebpfctl enable' with its options and '--kube-proxy remove'"),
        Sentence(
            .calico, "foreign.calico",
            "programs cali_tc_preambl, calico_connect_; pins /sys/fs/bpf/calico; "
                + "interfaces cali1, cali2, cali3 and 1 more; calico-node[812]",
            hint: #"kubectl patch felixconfiguration default --type merge --patch '{"spec": {"bpfEnabled": false}}'"#),
        Sentence(.calico, "policy.forward-hook", "iptables filter/cali-fw-cali1: drop"),
        Sentence(
            .cilium, "foreign.cilium",
            "programs cil_from_contai; pins /sys/fs/bpf/cilium; interfaces cilium_host; cilium-agent[99]",
            hint: "cilium uninstall"),
        Sentence(.complete, "foreign.cilium", "none"),
        Sentence(.complete, "net.overlay-port", "UDP port 14789 is free"),
        Sentence(
            .takenOverlayPort, "net.overlay-port", "UDP port 14789 of flannel.1",
            hint: "ebpfctl enable --overlay-port N"),
        Sentence(.withoutVXLAN, "net.vxlan", "not available", hint: "modprobe vxlan"),
    ]

    @Test(arguments: sentences)
    func checksSayWhatWasFoundAndWhatToRun(_ sentence: Sentence) throws {
        let check = try #require(judge(sentence.node.facts).checks.first { $0.id.text == sentence.id })
        #expect(check.found == sentence.found)
        #expect(check.hint == sentence.hint)
    }

    @Test func aRefusedProgramKeepsTheEndOfTheVerifiersLog() throws {
        let check = try #require(judge(RecordedNode.rhel8.facts).checks.first { $0.id == .program(.toUplinkV4) })
        #expect(
            check.detail == [
                "; return bpf_redirect_peer(c->ifindex, 0);", "642: (85) call unknown#155", "invalid func unknown#155",
            ])
    }

    @Test func aRunningKubeProxyIsNamedAndItsRulesAreNotToBeCleanedUp() {
        var facts = RecordedNode.complete.facts
        facts.kubeProxy.processes = ["kube-proxy[7]"]
        facts.kubeProxy.iptablesChains = .counted(1)
        facts.kubeProxy.nftablesTables = .counted(2)
        let checks = judge(facts).checks.filter { $0.id.text.hasPrefix("kube-proxy.") }
        #expect(checks.map(\.found) == ["kube-proxy[7]", "1 chain of kube-proxy", "2 tables of kube-proxy", "none"])
        #expect(checks.map(\.status) == [.warn, .warn, .warn, .pass])
        #expect(checks.allSatisfy { $0.hint == nil })
    }

    @Test func whatARemovalOfKubeProxyKeepsIsNoReasonToWarn() throws {
        var facts = RecordedNode.complete.facts
        facts.kubeProxy.iptablesChains = .kept(6)
        facts.kubeProxy.ipvsServers = 2
        let checks = judge(facts).checks
        let chains = try #require(checks.first { $0.id == .kubeProxyIptables })
        #expect(chains.found == "6 chains of kube-proxy, kept for rules of others")
        #expect(chains.status == .pass)
        #expect(chains.hint == nil)
        // Without the interface of the IPVS mode the virtual servers are somebody else's.
        let servers = try #require(checks.first { $0.id == .kubeProxyIPVS })
        #expect(servers.found == "2 virtual servers")
        #expect(servers.hint == nil)
    }

    @Test func aRefusedTrialNamesTheErrorOfTheKernel() {
        #expect(Wording.support(.refused(.notPermitted)) == "refused: operation not permitted (EPERM)")
    }

    @Test func errorsNameTheMissingCapabilities() {
        let denied = EligibilityError.notPermitted(missing: [.netAdmin, .bpf])
        #expect(denied.message == "not permitted: missing CAP_NET_ADMIN, CAP_BPF")
        #expect(denied.hint == "sudo ebpfctl check")
        let unreadable = EligibilityError.system(SystemError(.readCapabilities, "/proc/x", .noEntry))
        #expect(unreadable.message == "cannot read capabilities '/proc/x': no such file or directory")
        #expect(unreadable.hint == nil)
    }

    @Test func policyIsToldInAFewWords() {
        #expect(ForwardPolicy.none.text == "none")
        #expect(ForwardPolicy.enforced(by: ["a", "b", "c", "d", "e"]).text == "a, b, c and 2 more")
        #expect(ForwardPolicy.unknown(reason: .noProgram("nft")).text == "unknown without 'nft'")
    }

    @Test func calicoWithoutEBPFIsNoObstacle() {
        var facts = RecordedNode.complete.facts
        facts.calico.processes = ["calico-node[1]"]
        facts.calico.links = ["cali1"]
        let check = judge(facts).checks.first { $0.id == .calico }
        #expect(check?.status == .pass)
        #expect(check?.found == "runs without eBPF programs")
    }

    @Test func everyIDNamesOneCheckAndIsReadBack() {
        #expect(Set(CheckID.all.map(\.text)).count == CheckID.all.count)
        for id in CheckID.all {
            #expect(CheckID(id.text) == id)
            #expect(!id.text.isEmpty && id.text.allSatisfy { $0.isLowercase || $0.isNumber || "._-".contains($0) })
        }
        #expect(CheckID("bpf.nonsense") == nil)
    }
}
