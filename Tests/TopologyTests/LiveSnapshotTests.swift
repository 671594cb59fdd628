// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Foundation
import LinuxSystem
import Testing
import Topology

@Suite struct LiveSnapshotTests {
    /// Reads only; the kernel's own listing of the same namespace is the yardstick.
    @Test func thisNodesLinksAddressesAndRoutesAreGathered() throws {
        let snapshot = try NodeSnapshot(reading: try NetlinkSocket())
        let listing = try String(contentsOfFile: "/proc/self/net/dev", encoding: .utf8)
        let names = listing.split(separator: "\n").dropFirst(2).compactMap { line in
            line.split(separator: ":").first.map { String($0).trimmingCharacters(in: .whitespaces) }
        }
        #expect(Set(snapshot.links.map(\.name)) == Set(names))
        #expect(snapshot.addresses.contains { $0.address == .v4(0x7F00_0001) })
        #expect(snapshot.addresses.allSatisfy { snapshot.link(index: $0.interfaceIndex) != nil })
        #expect(snapshot.routes.contains { $0.table == KernelRoute.Table.local })
        #expect(snapshot.rules.contains(RoutingRule(family: .v4, table: KernelRoute.Table.local)))

        let selection = InterfaceSelection(snapshot)
        #expect(selection.choices.map(\.link) == snapshot.links)
        #expect(selection.lines.contains("lo ignored: loopback"))
    }
}
