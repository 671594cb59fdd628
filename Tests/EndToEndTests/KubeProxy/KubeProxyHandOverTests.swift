// SPDX-License-Identifier: Apache-2.0

import Foundation
import LinuxSystem
import Testing

extension EndToEnd {
    /// `enable --kube-proxy remove` on a node where kube-proxy, the kubelet, Docker and an administrator have rules.
    @Suite struct KubeProxyHandOverTests {
        private let lab: HandmadeLab
        private let target = HandmadeLab.virtualAddress

        init() throws {
            lab = try HandmadeLab()
            try load(foreign: true)
            try lab.serve("--forwarding", "direct")
        }

        private static let remove =
            HandmadeLab.enableWords + [
                "--forwarding", "direct", "--kube-proxy", "remove",
            ]

        private static let tools = ["iptables-nft", "ip6tables-nft", "iptables-legacy", "ip6tables-legacy"]

        @discardableResult
        private func onNode(_ line: String) throws -> String {
            try Shell.run("ip netns exec \(lab.namespace(.node)) sh -euc '\(line)'")
        }

        /// Feeds a program on the node with a text.
        private func feed(_ program: String, _ text: String) throws {
            var command = Command("/usr/sbin/ip", ["netns", "exec", lab.namespace(.node)] + program.words)
            command.input = .bytes(Array(text.utf8))
            let result = try command.run(until: Deadline(after: Tool.patience))
            try #require(result.status.isSuccess, "\(program): \(result.errorText)")
        }

        private func load(foreign: Bool) throws {
            for tool in Self.tools {
                let isIPv6 = tool.hasPrefix("ip6")
                let rules =
                    foreign
                    ? NodeRules.foreign(isIPv6: isIPv6)
                    : NodeRules.kubeProxy(
                        address: isIPv6 ? "fd96::a" : "10.96.0.10",
                        backends: [HandmadeLab.Machine.pod2, .pod3].map {
                            HandmadeLab.backend(on: $0, isIPv6: isIPv6)
                        }, isIPv6: isIPv6)
                try feed("\(tool)-restore --noflush", rules)
            }
            if foreign { return try feed("nft -f -", NodeRules.foreignTable) }
            try feed("nft -f -", NodeRules.nftables("ip") + "\n" + NodeRules.nftables("ip6"))
            // Of the IPVS mode; kube-proxy makes it a dummy, which not every kernel has.
            try Shell.run(
                """
                ip -n \(lab.namespace(.node)) link add kube-ipvs0 type bridge
                ip -n \(lab.namespace(.node)) addr add 10.96.0.99/32 dev kube-ipvs0
                """)
        }

        /// All rules of the node as the programs print them, without their counters and the time.
        private func rules() throws -> String {
            let saves = try Self.tools.map { tool in
                let lines = try onNode("\(tool)-save").split(separator: "\n").filter { !$0.hasPrefix("#") }
                return tool + "\n"
                    + lines.map { $0.hasPrefix(":") ? $0.prefix { $0 != "[" } : $0 }.joined(separator: "\n")
            }
            let tables = try onNode("nft list tables").split(separator: "\n").filter { $0.hasPrefix("table inet ") }
            let others = try tables.map { try onNode("nft list \($0)") }
            let kubeProxys = try onNode("nft list tables | grep kube-proxy || true")
            let links = try Shell.run("ip -o -n \(lab.namespace(.node)) link show | cut -d: -f2")
            return (saves + others + [kubeProxys, links]).joined(separator: "\n\n")
        }

        private func finish() { lab.remove() }

        @Test func exactlyKubeProxysOwnGoesAndServicesAreServedOn() throws {
            defer { finish() }
            let before = try rules()
            try load(foreign: false)
            let with = try rules()
            #expect(with != before)

            let plan = try lab.succeed(Self.remove + ["--dry-run"]).text
            #expect(try rules() == with)
            let line = "removed kube-proxy's rules from"
            for tool in Self.tools {
                #expect(plan.contains("\(line) \(tool), table mangle: 1 chain, 0 jumps"), "\(plan)")
                #expect(plan.contains("\(line) \(tool), table filter: 6 chains, 9 jumps"), "\(plan)")
                #expect(plan.contains("\(line) \(tool), table nat: 9 chains, 3 jumps"), "\(plan)")
            }
            let report = try lab.succeed(Self.remove + ["--dry-run", "-o", "json"]).object()
            let planned = try #require(report["changes"] as? [[String: Any]])
            #expect(planned.count == 15, "\(planned)")

            let done = try lab.succeed(Self.remove + ["-o", "json"])
            #expect(done.errorText == "")
            let changes = try #require(try done.object()["changes"] as? [[String: Any]])
            #expect(NSArray(array: changes) == NSArray(array: planned))
            #expect(try rules() == before)
            #expect(try lab.ask(Traffic(to: target)).isSpread(over: .pod2, .pod3, .remote, times: 20))
            #expect(
                try lab.ask(Traffic(to: target), outsideCgroup: true).isSpread(over: .pod2, .pod3, .remote, times: 20))

            let second = try lab.succeed(Self.remove + ["-o", "json"])
            #expect(try second.object()["outcome"] as? String == "unchanged")
            #expect(second.errorText == "nothing of kube-proxy is on this node\n")
            #expect(try rules() == before)
            #expect(try lab.succeed("status", "-q").text == "healthy\n")
        }

        @Test func theOptionIsNotRemembered() throws {
            defer { finish() }
            try load(foreign: false)
            let with = try rules()
            try lab.succeed(HandmadeLab.enableWords + ["--forwarding", "direct", "--kube-proxy", "keep"])
            #expect(try rules() == with)
            try lab.succeed(Self.remove)
            let without = try rules()
            #expect(try !lab.succeed("status", "-o", "json").text.contains("kube-proxy"))
            try feed("iptables-nft-restore --noflush", "*filter\n:KUBE-FORWARD - [0:0]\nCOMMIT\n")
            let report = try lab.succeed(HandmadeLab.enableWords + ["--forwarding", "direct", "-o", "json"]).object()
            #expect(report["outcome"] as? String == "unchanged")
            #expect(try rules() != without)
        }

        @Test func aRunningKubeProxyOfThisNodeIsRefused() throws {
            defer { finish() }
            try lab.succeed("disable")
            try load(foreign: false)
            let (with, traces) = (try rules(), try NodeTraces(of: lab))
            let scratch = FileManager.default.temporaryDirectory.path + "/\(lab.name)-bin"
            try Shell.run("mkdir \(scratch); cp \"$(command -v sleep)\" \(scratch)/kube-proxy")
            defer { #expect(throws: Never.self) { try Shell.run("rm -r \(scratch)") } }

            let process = try lab.start(Command("\(scratch)/kube-proxy", ["600"]), on: .node)
            defer { process.kill() }
            let message = """
                ebpfctl: cannot enable the dataplane: check 'kube-proxy.process' found kube-proxy[\(process.id)], \
                needed is none for '--kube-proxy remove'
                hint: stop kube-proxy on this node first, or leave its rules with '--kube-proxy keep'

                """
            #expect(try lab.tool(Self.remove).outcome == Outcome(5, error: message))
            let plan = try lab.succeed(Self.remove + ["--dry-run"]).text
            #expect(plan.contains("removed kube-proxy's rules from iptables-nft, table nat"), "\(plan)")
            let warning = "refused without '--dry-run': check 'kube-proxy.process' found kube-proxy[\(process.id)]"
            #expect(plan.contains("Warnings:      \(warning)\n"), "\(plan)")
            #expect(try rules() == with)
            #expect(try NodeTraces(of: lab) == traces)

            process.kill()
            let elsewhere = try lab.start(Command("\(scratch)/kube-proxy", ["600"]), on: .pod1)
            defer { elsewhere.kill() }
            #expect(try lab.tool(Self.remove + ["--dry-run"]).status == .exited(0))
        }

        @Test func nothingGoesBeforeThereAreServices() throws {
            defer { finish() }
            try load(foreign: false)
            try lab.succeed("service", "delete", "default/echo")
            let with = try rules()
            let refusal = try lab.tool(Self.remove)
            #expect(refusal.status == .exited(5))
            let said = "cannot remove kube-proxy's rules: the dataplane has no services"
            #expect(refusal.errorText.hasPrefix("ebpfctl: \(said)"), "\(refusal.errorText)")
            #expect(try rules() == with)
            let plan = try lab.succeed(Self.remove + ["--dry-run"]).text
            #expect(plan.contains("removed kube-proxy's rules from iptables-nft, table nat"), "\(plan)")
            #expect(plan.contains("Warnings:      refused without '--dry-run'"), "\(plan)")
        }

        @Test func aChainThatSomebodyElseLeadsToStaysAndIsNamed() throws {
            defer { finish() }
            try load(foreign: false)
            let rule = "-A FORWARD -s 203.0.113.0/24 -j KUBE-FORWARD"
            try feed("iptables-legacy-restore --noflush", "*filter\n\(rule)\nCOMMIT\n")
            let line = "iptables-legacy, table filter: KUBE-FORWARD, where a rule of somebody else leads: \(rule)"
            #expect(try lab.succeed(Self.remove + ["--dry-run"]).text.contains("Kept rules:    \(line)\n"))
            let done = try lab.succeed(Self.remove)
            #expect(done.text.contains("Kept rules:    \(line)\n"), "\(done.text)")
            #expect(done.errorText == "")
            let chains = try #require(
                try lab.tool("check", "-o", "json").object()["checks"] as? [[String: Any]]
            ).first { $0["id"] as? String == "kube-proxy.iptables" }
            #expect(chains?["status"] as? String == "pass", "\(String(describing: chains))")
            let left = try onNode("iptables-legacy-save -t filter").split(separator: "\n").filter {
                $0.contains("FORWARD ")
            }
            #expect(left.contains { $0 == rule })
            #expect(left.contains { $0.hasPrefix("-A KUBE-FORWARD -m conntrack --ctstate INVALID") })
            #expect(try onNode("iptables-legacy-save -t filter | grep -c KUBE-SERVICES || true") == "1\n")
        }

        /// An element of an nftables map is a user that iptables does not show.
        @Test func whatCannotBeRemovedIsToldAndAllElseIsDone() throws {
            defer { finish() }
            let before = try rules()
            try load(foreign: false)
            try feed(
                "nft -f -",
                """
                add map ip nat others { type ipv4_addr : verdict; }
                add element ip nat others { 192.0.2.77 : goto KUBE-SERVICES }
                """)
            let result = try lab.tool(Self.remove)
            #expect(result.status == .exited(1))
            let line = (["enable"] + Self.remove.dropFirst() + lab.location).joined(separator: " ")
            let hint = "hint: the dataplane is enabled; put that right and repeat 'ebpfctl \(line)'"
            let lines = result.errorText.split(separator: "\n").map(String.init)
            #expect(
                lines.first == """
                    ebpfctl: cannot remove all of kube-proxy: iptables-nft, table nat: 'iptables-nft-restore' failed: \
                    line 21: CHAIN_DEL failed (Device or resource busy): chain KUBE-SERVICES
                    """, "\(lines)")
            #expect(lines.last?.replacingOccurrences(of: "\"h*\"", with: "h*") == hint, "\(lines)")
            #expect(try lab.ask(Traffic(to: target)).isSpread(over: .pod2, .pod3, .remote, times: 20))
            #expect(try onNode("iptables-nft-save -t nat | grep -c ^:KUBE- || true") == "10\n")
            #expect(try onNode("iptables-legacy-save -t nat | grep -c ^:KUBE- || true") == "1\n")
            #expect(try onNode("ip6tables-nft-save -t nat | grep -c ^:KUBE- || true") == "1\n")

            try onNode("nft delete map ip nat others")
            try lab.succeed(Self.remove)
            #expect(try rules() == before)
        }
    }
}

extension String {
    fileprivate var words: [String] { split(separator: " ").map(String.init) }
}
