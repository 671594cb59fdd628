// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Dataplane
import DataplaneModel
import Eligibility
import Kubernetes
import LinuxSystem
import Rendering
import Testing

@testable import Commands

/// What `enable --kube-proxy remove` makes of what a node shows.
@Suite struct KubeProxyHandOverTests {
    private static let service = """
        *nat
        :PREROUTING ACCEPT [0:0]
        :KUBE-MARK-MASQ - [0:0]
        :KUBE-SERVICES - [0:0]
        :KUBE-SVC-NPX46M4PTMTKRN6Y - [0:0]
        -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
        -A KUBE-SERVICES -d 10.96.0.1/32 -j KUBE-SVC-NPX46M4PTMTKRN6Y
        COMMIT

        """

    private static func server(_ text: String) throws -> VirtualServer {
        VirtualServer(.endpoint(try IPAddress(text), port: 80, transport: 6))
    }

    private func fields(of handOver: KubeProxyHandOver) throws -> String {
        let sink = MemorySink()
        let renderer = Renderer(options: OutputOptions(format: .json), sink: sink)
        try renderer.page(Page(handOver: handOver))
        return sink.text
    }

    private struct Page: Describable {
        let handOver: KubeProxyHandOver
        static var kind: String { "Test" }
        var resourceName: String { "test" }
        func describe(_ page: inout DescriptionList) {}
        func fields(_ object: inout ObjectWriter) { handOver.fields(&object) }
    }

    @Test func chainsThatNoRemovalTakesAreToldApart() throws {
        func chains(_ rules: String, processes: [String] = []) -> KubeProxyFacts.Leftovers? {
            var facts = KubeProxyFacts()
            facts.processes = processes
            facts.iptablesChains = .counted(1)
            return facts.chains { KubeProxyRemains(listings: [(IptablesTool(.nft, .v4), .rules(rules))]) }
        }
        let foreign = "*nat\n:KUBE-MARK-MASQ - [0:0]\n-A POSTROUTING -s 192.0.2.0/24 -j KUBE-MARK-MASQ\nCOMMIT\n"
        #expect(chains(foreign) == .kept(1))
        #expect(chains(foreign, processes: ["kube-proxy[7]"]) == .counted(1))
        #expect(chains(Self.service) == .counted(1))
    }

    @Test func eachPartIsOneLineInTheOrderInWhichTheyGo() throws {
        let remains = KubeProxyRemains(
            listings: [
                (IptablesTool(.nft, .v4), .rules(Self.service)), (IptablesTool(.nft, .v6), .rules("")),
                (IptablesTool(.legacy, .v6), .rules("*mangle\n:KUBE-PROXY-CANARY - [0:0]\nCOMMIT\n")),
            ],
            tables: [NFTable(family: .v6, name: "kube-proxy", chains: ["services"])],
            servers: [try Self.server("10.96.0.1"), try Self.server("192.0.2.1"), VirtualServer(.mark(7, .v4))],
            device: .init(index: 9, addresses: [try IPAddress("10.96.0.1")]))
        #expect(
            remains.parts.map(\.text) == [
                "removed kube-proxy's rules from iptables-nft, table nat: 3 chains, 1 jump",
                "removed kube-proxy's rules from ip6tables-legacy, table mangle: 1 chain, 0 jumps",
                "removed kube-proxy's nftables table 'ip6 kube-proxy': 1 chain",
                "removed kube-proxy's IPVS servers: 1", "removed kube-proxy's device kube-ipvs0",
            ])
        #expect(
            KubeProxyHandOver(remains).keptLines == [
                "IPVS server 192.0.2.1:80/tcp: its address is not on kube-ipvs0",
                "IPVS server mark 7: its address is not on kube-ipvs0",
            ])
    }

    @Test func virtualServersWithoutTheDeviceAreSomebodyElses() throws {
        let remains = KubeProxyRemains(servers: [try Self.server("10.96.0.1")])
        #expect(remains.parts == [])
        #expect(remains.kept == [.server(try Self.server("10.96.0.1"))])
    }

    @Test func whatStaysIsNamedWithTheRuleThatKeepsIt() throws {
        let rule = "-A PREROUTING -d 192.0.2.9/32 -j KUBE-SVC-NPX46M4PTMTKRN6Y"
        let chains = (2...6).map { "KUBE-SEP-ZZZZZZZZZZZZZZZ\($0)" }
        let saved = Self.service.split(separator: "\n").flatMap { line -> [String] in
            if line == "COMMIT" {
                return [rule] + chains.map { "-A KUBE-SVC-NPX46M4PTMTKRN6Y -j \($0)" } + ["COMMIT"]
            }
            return line.hasPrefix(":KUBE-MARK") ? [String(line)] + chains.map { ":\($0) - [0:0]" } : [String(line)]
        }.joined(separator: "\n")
        let handOver = KubeProxyHandOver(KubeProxyRemains(listings: [(IptablesTool(.legacy, .v4), .rules(saved))]))
        #expect(
            handOver.keptLines == [
                "iptables-legacy, table nat: KUBE-SVC-NPX46M4PTMTKRN6Y, where a rule of somebody else leads: \(rule)",
                "iptables-legacy, table nat: KUBE-SEP-ZZZZZZZZZZZZZZZ2, KUBE-SEP-ZZZZZZZZZZZZZZZ3, "
                    + "KUBE-SEP-ZZZZZZZZZZZZZZZ4 and 2 more, which a chain that stays needs",
            ])
        #expect(
            handOver.remains.parts.map(\.text) == [
                "removed kube-proxy's rules from iptables-legacy, table nat: 2 chains, 1 jump"
            ])
        let text = try fields(of: handOver)
        #expect(text.contains(#""chain": "KUBE-SEP-ZZZZZZZZZZZZZZZ6""#), "\(text)")
        #expect(text.contains(#""reason": "kept-chain-needs-it""#), "\(text)")
    }

    @Test func whatCannotBeReadIsSaid() {
        let incompatible = "# Table `nat' is incompatible, use 'nft' tool.\n"
        let handOver = KubeProxyHandOver(
            KubeProxyRemains(listings: [
                (IptablesTool(.nft, .v4), .rules(incompatible)),
                (IptablesTool(.legacy, .v4), .unknown(.noProgram("iptables-legacy-save"))),
                (IptablesTool(.legacy, .v6), .unknown(.programFailed("ip6tables-legacy-save"))),
            ]))
        let problems = [
            "iptables-nft, table nat: the rules are not iptables' own",
            "iptables-legacy: the rules cannot be read without 'iptables-legacy-save'",
            "ip6tables-legacy: the rules cannot be read: 'ip6tables-legacy-save' failed",
        ]
        #expect(handOver.problems == problems)
        #expect(handOver.warnings == problems.map { "\($0), so kube-proxy's may be left" })
    }

    @Test func aDryRunSaysWhatWouldBeRefused() throws {
        var handOver = KubeProxyHandOver(KubeProxyRemains(listings: [(IptablesTool(.nft, .v4), .rules(Self.service))]))
        #expect(handOver.warnings == [])
        handOver.refusal = .nothingServed
        #expect(handOver.warnings == ["refused without '--dry-run': nobody would serve what kube-proxy's rules do"])
        handOver.refusal = .running(try #require(KubeProxyHandOver.obstacle(["kube-proxy[7]"])))
        #expect(handOver.warnings == ["refused without '--dry-run': check 'kube-proxy.process' found kube-proxy[7]"])
    }

    @Test func aRunningOrUnknowableKubeProxyIsAnObstacle() {
        #expect(KubeProxyHandOver.obstacle([])?.found == nil)
        #expect(
            KubeProxyHandOver.obstacle(["kube-proxy[7]", "kube-proxy[8]"])?.found == "kube-proxy[7], kube-proxy[8]")
        #expect(KubeProxyHandOver.obstacle(nil)?.found == "unknown")
    }

    @Test func theRefusalNamesTheCheckAndTheWayOut() throws {
        let error = CommandError.notEligible([try #require(KubeProxyHandOver.obstacle(["kube-proxy[7]"]))])
        #expect(
            error.message(in: ErrorScene(words: ["enable", "--kube-proxy", "remove"])) == """
                ebpfctl: cannot enable the dataplane: check 'kube-proxy.process' found kube-proxy[7], needed is none for \
                '--kube-proxy remove'
                hint: stop kube-proxy on this node first, or leave its rules with '--kube-proxy keep'
                """)
        #expect(error.exitCode == .notSupported)
    }

    @Test func whatIsLeftIsToldWithTheLineToRepeat() {
        let error = CommandError.kubeProxyLeft(["iptables-nft, table nat: 'x' failed", "IPVS servers: gone"])
        #expect(
            error.message(in: ErrorScene(words: ["enable", "--return", "dsr", "--kube-proxy", "remove"])) == """
                ebpfctl: cannot remove all of kube-proxy: iptables-nft, table nat: 'x' failed
                IPVS servers: gone
                hint: the dataplane is enabled; put that right and repeat 'ebpfctl enable --return dsr --kube-proxy remove'
                """)
        #expect(error.exitCode == .failure)
    }

    @Test func theOptionIsNoneOfTheDataplanes() throws {
        let options = try [["-4"], ["-4", "--kube-proxy", "remove"]].map { words in
            guard case .run(let invocation) = try Tool.table.parse(["enable"] + words) else { throw NotACommand() }
            let surroundings = Surroundings(
                output: MemorySink(), errors: MemorySink(), capabilities: ToolRun.everything)
            return try EnableWords.options(of: CommandContext(invocation, in: surroundings))
        }
        #expect(options[0] == options[1])
        #expect(options[0].words == options[1].words)
    }

    private struct NotACommand: Error {}
}
