// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Testing

@Suite struct SlotPlanTests {
    private func run(_ plan: SlotPlan) -> [String] { plan.slots.map { plan.backends[$0].endpoint.description } }

    @Test func localBackendsLeadTheRandomRunAndWeightsRepeat() throws {
        let backends = try ["10.1.0.2:80,weight=2", "10.1.0.9:80,weight=4,local", "[fd00::1]:80"].map {
            try Backend($0)
        }
        let plan = SlotPlan(backends: backends, family: .v4, algorithm: .random)
        #expect(run(plan) == ["10.1.0.9:80", "10.1.0.9:80", "10.1.0.2:80"])
        #expect(plan.clusterRange == 0..<3)
        #expect(plan.localRange == 0..<2)
        #expect(run(SlotPlan(backends: backends, family: .v6, algorithm: .random)) == ["[fd00::1]:80"])
    }

    @Test func drainingBackendsHaveNoSlot() throws {
        var backends = try ["10.1.0.2:80", "10.1.0.3:80,local"].map { try Backend($0) }
        backends[1].state = .draining
        for algorithm in BalancingAlgorithm.allCases {
            let plan = SlotPlan(backends: backends, family: .v4, algorithm: algorithm)
            #expect(Set(run(plan)) == ["10.1.0.2:80"])
            #expect(plan.localRange.isEmpty)
        }
    }

    @Test(arguments: BalancingAlgorithm.allCases)
    func withoutBackendsTheRunIsEmpty(algorithm: BalancingAlgorithm) {
        let plan = SlotPlan(backends: [], family: .v4, algorithm: algorithm)
        #expect(plan.slots == [])
        #expect(plan.clusterRange.isEmpty && plan.localRange.isEmpty)
    }

    @Test func theOrderOfTheBackendsDoesNotChangeTheRun() {
        var generator = SeededGenerator(seed: 7)
        let backends = backends(50).map { backend in
            Backend(
                endpoint: backend.endpoint, weight: Int(backend.endpoint.port % 7) + 1,
                isLocal: backend.endpoint.port % 3 == 0)
        }
        for algorithm in BalancingAlgorithm.allCases {
            let plan = SlotPlan(backends: backends, family: .v4, algorithm: algorithm)
            #expect(SlotPlan(backends: backends.shuffled(using: &generator), family: .v4, algorithm: algorithm) == plan)
        }
    }
}

/// Backends of distinct addresses and ports, none of them local.
private func backends(_ count: Int) -> [Backend] {
    (0..<UInt32(count)).map { number in
        Backend(endpoint: Endpoint(address: .v4(0x0A01_0000 + number), port: 8000 + UInt16(number)), isLocal: false)
    }
}

@Suite struct MaglevTests {
    private func plan(_ backends: [Backend]) -> SlotPlan {
        SlotPlan(backends: backends, family: .v4, algorithm: .maglev)
    }

    private func owners(_ plan: SlotPlan) -> [Endpoint] {
        plan.slots[plan.clusterRange].map { plan.backends[$0].endpoint }
    }

    private func shares(_ owners: [Endpoint]) -> [Endpoint: Int] {
        owners.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }

    @Test func removingOneOfAHundredMovesAtMostTwoPercentOfTheOthers() {
        let all = backends(100)
        let before = owners(plan(all))
        for removed in all.indices {
            var rest = all
            let gone = rest.remove(at: removed).endpoint
            let after = owners(plan(rest))
            #expect(after.count == before.count)
            let others = zip(before, after).filter { $0.0 != gone }
            let moved = others.count { $0 != $1 }
            #expect(moved * 100 <= others.count * 2, "\(gone): \(moved) of \(others.count)")
        }
    }

    /// Twenty backends alone would get a smaller table, which would move nearly everything.
    @Test func aDrainingBackendKeepsTheSizeOfTheTable() {
        var all = backends(21)
        let before = owners(plan(all))
        all[0].state = .draining
        let after = owners(plan(all))
        #expect(after.count == before.count)
        let others = zip(before, after).filter { $0.0 != all[0].endpoint }
        #expect(others.count { $0 != $1 } * 100 <= others.count * 2)
        #expect(owners(plan(Array(all[1...]))).count < before.count)
    }

    @Test(arguments: [1, 2, 3, 20, 21, 100, 160, 161, 1000])
    func everyBackendGetsItsShareWithinOneSlot(count: Int) {
        let shares = shares(owners(plan(backends(count)))).values
        #expect(shares.count == count)
        #expect((shares.max() ?? 0) - (shares.min() ?? 0) <= 1)
    }

    @Test func weightsSetTheShares() throws {
        var weighted = backends(10)
        for index in weighted.indices { weighted[index].weight = index + 1 }
        let owners = owners(plan(weighted))
        let shares = shares(owners)
        for backend in weighted {
            let fair = Double(owners.count) * Double(backend.weight) / 55
            let share = Double(try #require(shares[backend.endpoint]))
            #expect(abs(share - fair) <= 0.02 * fair + 2, "weight \(backend.weight): \(share), fair \(fair)")
        }
    }

    @Test func whereBackendsRunDoesNotChangeTheCommonTable() {
        let all = backends(30)
        var here = all
        for index in stride(from: 0, to: here.count, by: 4) { here[index].isLocal = true }
        #expect(owners(plan(all)) == owners(plan(here)))
    }

    @Test func theLocalTableFollowsTheCommonOneAndHoldsOnlyLocalBackends() {
        var all = backends(30)
        for index in [3, 4] { all[index].isLocal = true }
        let plan = plan(all)
        #expect(plan.clusterRange.upperBound == plan.localRange.lowerBound)
        #expect(plan.localRange.upperBound == plan.slots.count)
        let locals = plan.slots[plan.localRange].map { plan.backends[$0].endpoint }
        #expect(Set(locals) == [all[3].endpoint, all[4].endpoint])
        #expect(locals == owners(self.plan(Array(all[3...4]))))
    }

    /// Pins the hash: nodes of different releases must agree on the table.
    @Test func theTableIsTheSameInEveryRelease() {
        let plan = plan(backends(3))
        #expect(plan.slots.count == 2039)
        #expect(plan.slots.prefix(16) == [1, 0, 2, 1, 2, 1, 0, 2, 1, 2, 1, 0, 2, 2, 0, 1])
    }
}
