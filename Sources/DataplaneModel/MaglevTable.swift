// SPDX-License-Identifier: Apache-2.0

/// A consistent lookup table: each backend owns slots in proportion to its weight, and few of them move when others go.
///
/// Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer", NSDI 2016, section 3.4; weights as
/// in Envoy: in each round a backend takes a slot only once its accumulated weight has earned it.
/// The result depends on the endpoints and weights alone, never on order or place, so that all nodes agree.
struct MaglevTable {
    /// For each slot an index into the backends given; empty without backends.
    let slots: [Int]

    /// A prime with at least 100 slots for each backend, as the paper advises, until the largest one is reached.
    ///
    /// There are only three sizes because a change of size moves nearly every flow that is not tracked.
    static func size(forBackends count: Int) -> Int {
        switch count {
        case ...20: 2039
        case ...160: 16_381
        default: 131_071
        }
    }

    init(_ backends: [Backend], size: Int) {
        let order = backends.indices.sorted { backends[$0].endpoint < backends[$1].endpoint }
        var permutations = order.map { Permutation(of: backends[$0].endpoint, size: size) }
        let heaviest = backends.map(\.weight).max() ?? 0
        var earned = [Int](repeating: 0, count: order.count)
        var slots = [Int](repeating: -1, count: order.isEmpty ? 0 : size)
        var free = slots.count
        while free > 0 {
            for (turn, index) in order.enumerated() where free > 0 {
                earned[turn] += max(backends[index].weight, 1)
                guard earned[turn] >= heaviest else { continue }
                earned[turn] -= heaviest
                var slot = permutations[turn].next()
                while slots[slot] >= 0 { slot = permutations[turn].next() }
                slots[slot] = index
                free -= 1
            }
        }
        self.slots = slots
    }
}

/// The order in which one backend asks for slots; visits each of them because the size is prime.
private struct Permutation {
    private var position: Int
    private let skip: Int
    private let size: Int

    init(of endpoint: Endpoint, size: Int) {
        let hash = stableHash(of: endpoint)
        self.size = size
        position = Int(hash % UInt64(size))
        skip = Int(mixed(hash) % UInt64(size - 1)) + 1
    }

    mutating func next() -> Int {
        defer { position = (position + skip) % size }
        return position
    }
}

/// The same on every node and in every release, unlike `Hasher`: the tables of all nodes must agree.
private func stableHash(of endpoint: Endpoint) -> UInt64 {
    let hash =
        switch endpoint.address {
        case .v4(let bits): mixed(UInt64(bits))
        case .v6(let high, let low): mixed(mixed(high) ^ low)
        }
    return mixed(hash ^ UInt64(endpoint.port))
}

/// One step of SplitMix64 (Steele, Lea, Flood 2014).
private func mixed(_ value: UInt64) -> UInt64 {
    var bits = value &+ 0x9E37_79B9_7F4A_7C15
    bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
    return bits ^ bits >> 31
}
