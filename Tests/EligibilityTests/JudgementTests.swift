// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import LinuxSystem
import Testing

@testable import Eligibility

@Suite struct JudgementTests {
    /// The verdicts of a node in the order core, connect-time, direct-forwarding, tcx, ipv6, across nodes.
    struct Expectation: CustomTestStringConvertible {
        let node: RecordedNode
        let verdicts: [Verdict]
        let fails: [String]
        let warns: [String]

        init(_ node: RecordedNode, _ verdicts: [Verdict], fails: [String] = [], warns: [String] = []) {
            self.node = node
            self.verdicts = verdicts
            self.fails = fails
            self.warns = warns
        }

        var testDescription: String { node.rawValue }
    }

    static let packetPrograms = [
        "program.from_workload_v4", "program.to_workload_v4", "program.from_uplink_v4", "program.to_uplink_v4",
        "program.from_overlay_v4",
    ]

    static let packetProgramsV6 = packetPrograms.map { String($0.dropLast(2)) + "v6" }

    static let expectations = [
        Expectation(.complete, [.yes, .yes, .yes, .yes, .yes, .yes]),
        Expectation(
            .debian5, [.yes, .yes, .yes, .no, .yes, .yes],
            warns: ["bpf.helper.ktime-get-coarse-ns", "bpf.helper.set-retval", "bpf.tcx"]),
        Expectation(
            .rhel8, [.no, .no, .no, .no, .no, .no],
            fails: ["bpf.helper.redirect-neigh", "bpf.helper.redirect-peer"] + packetPrograms,
            warns: [
                "kernel.version", "bpf.helper.ktime-get-coarse-ns", "bpf.helper.set-retval", "bpf.tcx",
            ] + packetProgramsV6),
        Expectation(.withoutBTF, [.yes, .yes, .yes, .yes, .yes, .yes], warns: ["bpf.btf"]),
        Expectation(.withoutCgroup2, [.degraded, .no, .yes, .yes, .yes, .yes], warns: ["mount.cgroup2"]),
        Expectation(.ipvsLeftovers, [.degraded, .yes, .yes, .yes, .yes, .yes], warns: ["kube-proxy.ipvs"]),
        Expectation(.locked, [.yes, .yes, .yes, .yes, .yes, .yes]),
        Expectation(.unprivileged, [.no, .no, .no, .no, .no, .no], fails: ["capabilities"]),
        Expectation(
            .calico, [.no, .no, .no, .no, .no, .no], fails: ["foreign.calico"], warns: ["policy.forward-hook"]),
        Expectation(.cilium, [.no, .no, .no, .no, .no, .no], fails: ["foreign.cilium"]),
        Expectation(
            .here, [.degraded, .yes, .degraded, .yes, .degraded, .yes],
            warns: ["mount.bpffs", "net.ip-forward", "net.ipv6-forward"]),
        Expectation(.withoutVXLAN, [.yes, .yes, .yes, .yes, .yes, .no], warns: ["net.vxlan"]),
        Expectation(.takenOverlayPort, [.yes, .yes, .yes, .yes, .yes, .no], warns: ["net.overlay-port"]),
    ]

    @Test func everyRecordedNodeIsExpectedSomething() {
        #expect(Self.expectations.map(\.node) == RecordedNode.allCases)
    }

    @Test(arguments: expectations)
    func nodesGetTheVerdictsThatTheirFactsDeserve(_ expected: Expectation) {
        let judgement = judge(expected.node.facts)
        #expect(judgement.verdicts.map(\.feature) == Feature.allCases)
        #expect(judgement.verdicts.map(\.verdict) == expected.verdicts)
        #expect(ids(judgement, .fail) == Set(expected.fails))
        #expect(ids(judgement, .warn) == Set(expected.warns))
        #expect(judgement.isEligible == expected.fails.isEmpty)
    }

    @Test(arguments: RecordedNode.allCases)
    func everyCheckIsListedOnceAndInOrder(_ node: RecordedNode) {
        #expect(judge(node.facts).checks.map(\.id) == CheckID.all)
    }

    /// A verdict without a check behind it could not be explained, and an effect outside `features` not be foreseen.
    @Test(arguments: RecordedNode.allCases)
    func verdictsAndEffectsAgreeWithTheChecks(_ node: RecordedNode) {
        let judgement = judge(node.facts)
        for verdict in judgement.verdicts {
            #expect(verdict.decidedBy.isEmpty == (verdict.verdict == .yes))
        }
        for check in judgement.checks {
            #expect(Set(check.effects.keys).isSubset(of: check.features), "\(check.id)")
            #expect(!check.found.isEmpty && !check.required.isEmpty, "\(check.id)")
        }
    }

    @Test func verdictsNameTheChecksThatDecide() {
        let judgement = judge(RecordedNode.withoutCgroup2.facts)
        #expect(judgement.verdicts[0].decidedBy == [.cgroup2])
        #expect(judgement.verdicts[1] == FeatureVerdict(feature: .connectTime, verdict: .no, decidedBy: [.cgroup2]))
        #expect(judgement.verdicts[2].decidedBy == [])
    }

    @Test func withoutCoreNoFeatureWorksAndTheCoresChecksDecide() {
        let verdicts = judge(RecordedNode.unprivileged.facts).verdicts
        #expect(verdicts.map(\.decidedBy) == Array(repeating: [.capabilities], count: Feature.allCases.count))
    }

    @Test func aRequiredFeatureMakesItsChecksFail() {
        let facts = RecordedNode.debian5.facts
        #expect(judge(facts).isEligible)
        let strict = judge(facts, requiring: [.tcx])
        #expect(!strict.isEligible)
        #expect(ids(strict, .fail) == ["bpf.tcx"])
        #expect(strict.needed == [.core, .tcx])
    }

    @Test func aDegradedFeatureSatisfiesARequirement() {
        #expect(judge(RecordedNode.here.facts, requiring: [.ipv6]).isEligible)
    }

    @Test func anIgnoredCheckIsListedButDecidesNothing() {
        let judgement = judge(RecordedNode.cilium.facts, ignoring: [.cilium])
        #expect(judgement.isEligible)
        #expect(judgement.verdict(of: .core) == .yes)
        let check = judgement.checks.first { $0.id == .cilium }
        #expect(check?.isIgnored == true)
        #expect(check?.status == .fail)
        #expect(judgement.checks.count { $0.isIgnored } == 1)
    }

    @Test func strictReversePathFilteringMattersOnlyWithoutConnectTimeBalancing() {
        var facts = RecordedNode.complete.facts
        facts.network.strictReversePaths = ["veth1"]
        #expect(judge(facts).verdict(of: .core) == .yes)
        facts.cgroup.attachment = .refused(.notPermitted)
        #expect(judge(facts).verdicts[0].decidedBy == [.cgroupAttachment, .reversePathFilter])
    }

    @Test func unknownPolicyRulesOutDirectForwardingAndIsReportedAsUnknown() {
        var facts = RecordedNode.complete.facts
        facts.forwardPolicy = .unknown(reason: .noProgram("nft"))
        let judgement = judge(facts)
        #expect(judgement.verdict(of: .directForwarding) == .no)
        #expect(judgement.checks.last?.status == .skip)
        #expect(judgement.checks.last?.found == "unknown without 'nft'")
    }

    @Test func aBpffsThatMayNotBeMountedRulesTheNodeOut() {
        var facts = RecordedNode.here.facts
        facts.capabilities = CapabilitySet(bits: 1 << 12 | 1 << 38 | 1 << 39)
        #expect(judge(facts).verdicts[0] == FeatureVerdict(feature: .core, verdict: .no, decidedBy: [.bpffs]))
    }

    private func ids(_ judgement: Judgement, _ status: Check.Status) -> Set<String> {
        Set(judgement.checks.filter { $0.status == status }.map(\.id.text))
    }
}
