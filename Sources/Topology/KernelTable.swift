// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import LinuxSystem

/// Whether one of the kernel's tables of routes sends packets out by uplinks.
struct KernelTable: Sendable {
    enum Way: Sendable {
        /// By uplinks alone.
        case uplink
        /// By another device, or nowhere.
        case around
        /// The table says nothing: the kernel asks the next one.
        case none
    }

    private let ways: [Prefix: Way]
    /// Those that occur, longest first.
    private let lengths: [AddressFamily: [Int]]
    /// The destinations of the way ``Way/around``, sorted.
    private let around: [Prefix]

    init(_ ways: [Prefix: Way]) {
        self.ways = ways
        lengths = Dictionary(grouping: ways.keys, by: \.family).mapValues { Set($0.map(\.length)).sorted(by: >) }
        around = ways.filter { $0.value == .around }.keys.sorted()
    }

    init(_ routes: [Prefix: KernelRoute], _ selection: InterfaceSelection) {
        self.init(routes.mapValues { Self.way($0, selection) })
    }

    private static func way(_ route: KernelRoute, _ selection: InterfaceSelection) -> Way {
        guard route.kind != .throw else { return .none }
        let isByUplinks = route.nextHops.allSatisfy { hop in
            hop.interfaceIndex.map { selection.role(of: $0) } == .uplink
        }
        return route.kind == .unicast && isByUplinks && !route.nextHops.isEmpty ? .uplink : .around
    }

    /// The way of all of a prefix: ``Way/around`` if only a part of it is routed like that.
    func way(to prefix: Prefix) -> Way {
        if hasPartAround(prefix) { return .around }
        for length in lengths[prefix.family] ?? [] where length <= prefix.length {
            if let way = ways[Prefix(around: prefix.address, length: length)] { return way }
        }
        return .none
    }

    /// Within a prefix destinations sort directly behind it.
    private func hasPartAround(_ prefix: Prefix) -> Bool {
        var candidates = around[...]
        while !candidates.isEmpty {
            let middle = candidates.startIndex + candidates.count / 2
            candidates = candidates[middle] < prefix ? candidates[(middle + 1)...] : candidates[..<middle]
        }
        return candidates.startIndex < around.endIndex && prefix.contains(around[candidates.startIndex])
    }
}
