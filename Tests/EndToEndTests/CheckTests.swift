// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Testing

extension EndToEnd {
    @Suite(.sharedLab) struct CheckTests {
        private let lab: HandmadeLab

        init() throws { lab = try .shared() }

        @Test func everyFeatureHasAVerdictInTheDocument() throws {
            let result = try lab.tool("check", "-o", "json")
            let document = try result.object()
            #expect(result.status == .exited(document["eligible"] as? Bool == true ? 0 : 5))
            let features = try #require(document["features"] as? [[String: Any]])
            #expect(
                features.compactMap { $0["name"] as? String }
                    == ["core", "connect-time", "direct-forwarding", "tcx", "ipv6", "node-port-across-nodes"])
            let verdicts = features.compactMap { $0["verdict"] as? String }
            #expect(verdicts.count == features.count && Set(verdicts).isSubset(of: ["yes", "degraded", "no"]))
            // The same lab serves traffic in the other tests.
            #expect(verdicts.first == "yes")
            let checks = try #require(document["checks"] as? [[String: Any]])
            #expect(checks.count > 30)
            for check in checks {
                #expect(["pass", "warn", "fail", "skip"].contains(check["status"] as? String), "\(check)")
            }
        }

        /// The trials leave neither programs on the cgroup nor pins behind.
        @Test func checkingChangesNothing() throws {
            let before = try NodeTraces(of: lab)
            let attached = try Shell.run("bpftool cgroup show \(lab.cgroup)")
            try lab.succeed("check")
            #expect(try NodeTraces(of: lab) == before)
            #expect(try Shell.run("bpftool cgroup show \(lab.cgroup)") == attached)
        }

        @Test func aNodeThatLacksWhatIsRequiredIsNotEligible() throws {
            try Shell.run("ip netns exec \(lab.namespace(.node)) sh -c 'echo 1 > \(disableIPv6)'")
            defer {
                #expect(throws: Never.self) {
                    try Shell.run("ip netns exec \(lab.namespace(.node)) sh -c 'echo 0 > \(disableIPv6)'")
                }
            }
            #expect(try lab.tool("check", "-q").status == .exited(0))
            let result = try lab.tool("check", "--require", "ipv6", "-o", "json")
            #expect(result.status == .exited(5))
            let features = try #require(result.object()["features"] as? [[String: Any]])
            let ipv6 = try #require(features.first { $0["name"] as? String == "ipv6" })
            #expect(ipv6["verdict"] as? String == "no")
            #expect(ipv6["decidedBy"] as? [String] == ["net.ipv6"])
        }

        private let disableIPv6 = "/proc/sys/net/ipv6/conf/all/disable_ipv6"
    }
}
