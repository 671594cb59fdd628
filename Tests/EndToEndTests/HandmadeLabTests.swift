// SPDX-License-Identifier: Apache-2.0

import Lab
import LinuxSystem
import Testing

extension EndToEnd {
    /// The whole life of a dataplane on a node that nothing of ours has made.
    @Suite struct HandmadeLabTests {
        @Test(arguments: HandmadeLab.Layout.allCases)
        func aServiceIsServedInPodsOfAnyKindAndNothingIsLeft(layout: HandmadeLab.Layout) throws {
            let lab = try HandmadeLab(layout)
            defer { lab.remove() }
            let before = try NodeTraces(of: lab)
            try lab.succeed(HandmadeLab.enableWords)
            let set = try lab.tool(
                "service", "set", "default/web", "--vip", "10.96.0.10:80/tcp", "--backend", "10.1.0.2:8080",
                "--backend", "10.1.0.3:8080")
            #expect(set.outcome == Outcome(0, "service default/web created\n"))
            let objects = try KernelObjects(of: lab)
            #expect(!objects.maps.isEmpty && !objects.programs.isEmpty && !objects.links.isEmpty)

            let thousand = Traffic(to: "10.96.0.10:80", times: 1000)
            for isOutside in [false, true] {
                let tally = try lab.ask(thousand, outsideCgroup: isOutside)
                #expect(tally.isSpread(over: .pod2, .pod3, times: 1000), "\(tally)")
                #expect((350...650).contains(tally.answers["p2"] ?? 0), "\(tally.answers)")
                #expect(tally.sources == ["10.1.0.1": 1000])
            }
            try expectThousandsOfConnections(in: lab)

            try lab.succeed("disable")
            #expect(try objects.vanish())
            #expect(try NodeTraces(of: lab) == before)
        }

        /// Both thousands are in the table, with the service's name and their backends.
        private func expectThousandsOfConnections(in lab: HandmadeLab) throws {
            let items = try lab.succeed("conntrack", "list", "-o", "json").items()
            #expect(items.count == 2000)
            #expect(items.allSatisfy { $0["service"] as? String == "default/web" })
            let atConnect = items.filter { ($0["flags"] as? [String])?.contains("connect-time") == true }
            #expect(atConnect.count == 1000)
            let backends = Set(items.compactMap { ($0["backend"] as? [String: Any])?["address"] as? String })
            #expect(backends == ["10.1.0.2", "10.1.0.3"])
        }
    }
}
