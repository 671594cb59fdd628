// SPDX-License-Identifier: Apache-2.0

import Lab
import LinuxSystem
import Testing

extension EndToEnd {
    /// Each thing that can be put in can be seen, and taken out again.
    @Suite(.servingLab) struct RoundTripTests {
        private let lab: HandmadeLab

        init() throws { lab = try .shared() }

        private func expect(
            _ words: String, _ code: Int32 = 0, _ output: String = "", error: String = "",
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let result = try lab.tool(words.split(separator: " ").map(String.init))
            #expect(
                result.outcome == Outcome(code, output, error: error), "\(words)", sourceLocation: sourceLocation)
        }

        private func hint(_ words: String) -> String { "'ebpfctl \(words) \(lab.location.joined(separator: " "))'" }

        @Test func aRouteIsAddedFoundAndDeleted() throws {
            try expect("route add 10.9.0.0/16 --workload --via 192.168.7.2", 0, "route 10.9.0.0/16 created\n")
            try expect("route add 10.9.0.0/16 --workload --via 192.168.7.2", 0, "route 10.9.0.0/16 unchanged\n")
            try expect("route add 10.9.0.0/16 --host --via 192.168.7.2", 0, "route 10.9.0.0/16 configured\n")
            let found = try lab.succeed("route", "get", "10.9.3.4", "-o", "json").object()
            #expect(found["prefix"] as? String == "10.9.0.0/16")
            #expect(found["role"] as? String == "host")
            #expect(found["node"] as? String == "192.168.7.2")
            // One more: the node that the route names.
            try expect("route sync", 0, error: "13 routes unchanged\n")
            try expect("route delete 10.9.0.0/16", 0, "route 10.9.0.0/16 deleted\n")
            let other = "hint: list routes with \(hint("route list"))\n"
            try expect(
                "route delete 10.9.0.0/16", 3,
                error: "ebpfctl: cannot delete route '10.9.0.0/16': no such route\n" + other)
            try expect(
                "route get 10.9.3.4", 3, error: "ebpfctl: cannot get route '10.9.3.4/32': no such route\n" + other)
        }

        @Test func routesFollowTheKernel() throws {
            let node = "ip -n \(lab.namespace(.node)) addr"
            try Shell.run("\(node) add 192.168.50.1/24 dev eth0")
            let created = "route 192.168.50.0/24 created\nroute 192.168.50.1/32 created\n"
            let dryRun = created.replacing("created", with: "created (dry run)")
            try expect("route sync --dry-run", 0, dryRun, error: "12 routes unchanged\n")
            try expect("route sync", 0, created, error: "12 routes unchanged\n")
            try Shell.run("\(node) del 192.168.50.1/24 dev eth0")
            let deleted = created.replacing("created", with: "deleted")
            try expect("route sync", 0, deleted, error: "12 routes unchanged\n")
        }

        @Test func aProgramIsAttachedByHandAndStaysUntilItIsDetached() throws {
            let place = "--interface lo --hook ingress"
            let names = ["from_workload_v4", "from_workload_v6"]
            func lines(_ word: String) -> String { names.map { "attachment \($0):lo/ingress \(word)\n" }.joined() }
            try expect("program attach from_workload \(place)", 0, lines("created"))
            try expect(
                "program attach from_workload \(place)", 1,
                error: names.map {
                    "ebpfctl: cannot attach program '\($0)' to 'lo ingress': it is attached there already (EEXIST)\n"
                }.joined())
            #expect(try programs(on: "lo") == names)
            try lab.succeed(HandmadeLab.enableWords)
            #expect(try programs(on: "lo") == names)
            try expect("program detach from_workload \(place)", 0, lines("deleted"))
            #expect(try programs(on: "lo") == [])
            try expect(
                "program attach from_uplink --interface eth9 --hook ingress", 3,
                error: """
                    ebpfctl: cannot find interface 'eth9': no such interface (ENODEV)
                    hint: list interfaces with \(hint("interface list"))

                    """)
        }

        @Test func aDetachedProgramIsAttachedAgainByEnable() throws {
            let all = ["from_workload_v4", "from_workload_v6", "to_workload_v4", "to_workload_v6"]
            #expect(try programs(on: "h2") == all)
            try expect(
                "program detach from_workload_v4 --interface h2 --hook ingress", 0,
                "attachment from_workload_v4:h2/ingress deleted\n")
            #expect(try programs(on: "h2") == Array(all.dropFirst()))
            try lab.succeed(HandmadeLab.enableWords)
            #expect(try programs(on: "h2") == all)
        }

        /// As both listings have it, which must agree.
        private func programs(on interface: String) throws -> [String] {
            let interfaces = try lab.succeed("interface", "list", "-o", "json").items()
            let row = interfaces.first { $0["name"] as? String == interface }
            let programs = try lab.succeed("program", "list", "-o", "json").items().filter { program in
                (program["attachments"] as? [[String: Any]] ?? []).contains {
                    $0["interface"] as? String == interface
                }
            }
            let names = programs.compactMap { $0["name"] as? String }.sorted()
            #expect((row?["programs"] as? [String])?.sorted() == names)
            return names
        }

        @Test func interfacesAreListedWithTheirRoles() throws {
            try expect(
                "interface list --no-headers", 0,
                """
                lo       ignored   <none>          <none>  loopback    up
                eth0     uplink    ingress,egress  tcx     named       up
                h1       workload  ingress,egress  tcx     matches:h*  up
                h2       workload  ingress,egress  tcx     matches:h*  up
                h3       workload  ingress,egress  tcx     matches:h*  up
                ebpfctl  overlay   ingress         tcx     own-tunnel  up

                """)
        }

        @Test func countersCountWhatTrafficDoes() throws {
            func newConnections() throws -> Int {
                let readings = try lab.succeed("counter", "list", "-o", "json").items()
                return try #require(readings.first { $0["reason"] as? String == "new-connection" }?["packets"] as? Int)
            }
            let before = try newConnections()
            _ = try lab.ask(Traffic(to: HandmadeLab.virtualAddress, times: 7), outsideCgroup: true)
            #expect(try newConnections() == before + 7)
        }

        @Test func backendsComeAndGo() throws {
            try expect(
                "service set default/two --vip 10.96.0.20:80/tcp --backend 10.1.0.2:8080", 0,
                "service default/two created\n")
            try expect("backend add default/two 10.1.0.3:8080", 0, "backend default/two 10.1.0.3:8080 created\n")
            let both = try lab.ask(Traffic(to: "10.96.0.20:80", times: 40))
            #expect(both.isSpread(over: .pod2, .pod3, times: 40), "\(both.answers) \(both.failures)")
            try expect("backend remove default/two 10.1.0.2:8080", 0, "backend default/two 10.1.0.2:8080 deleted\n")
            #expect(try lab.ask(Traffic(to: "10.96.0.20:80", times: 20)).answers == ["p3": 20])
            try expect("service delete default/two", 0, "service default/two deleted\n")
            try expect(
                "service delete default/two", 3,
                error: """
                    ebpfctl: cannot delete service 'default/two': no such service
                    hint: list services with \(hint("service list"))

                    """)
        }

        @Test func deletedConnectionsAreGone() throws {
            try lab.succeed("conntrack", "delete", "--all")
            _ = try lab.ask(Traffic(to: HandmadeLab.virtualAddress, times: 5), outsideCgroup: true)
            let names = try lab.succeed("conntrack", "list", "--service", "default/echo", "-o", "name").text
            let tuples = names.split(separator: "\n").map(String.init)
            #expect(tuples.count == 5)
            let first = try #require(tuples.first)
            #expect(try lab.succeed("conntrack", "get", first, "-o", "name").text == "\(first)\n")
            try lab.succeed("conntrack", "delete", first)
            #expect(try lab.tool("conntrack", "get", first).status == .exited(3))
            try lab.succeed("conntrack", "delete", "--service", "default/echo")
            #expect(try lab.succeed("conntrack", "list", "-q").text == "")
        }
    }
}
