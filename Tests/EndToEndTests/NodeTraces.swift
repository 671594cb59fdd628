// SPDX-License-Identifier: Apache-2.0

import Foundation
import LinuxSystem
import Testing

/// What the tools of the system show of a node's network and bpffs.
struct NodeTraces: Equatable {
    let netListing: String
    let disciplines: String
    let filters: String
    let links: String
    let pins: String

    init(of lab: HandmadeLab) throws {
        let inside = "ip netns exec \(lab.namespace(.node))"
        netListing = try Shell.run("\(inside) bpftool net list")
        disciplines = try Shell.run("\(inside) tc qdisc show")
        filters = try Shell.run(
            """
            for dev in $(\(inside) ls /sys/class/net); do for side in ingress egress; do
                echo $dev $side; \(inside) tc filter show dev $dev $side 2>&1 || true
            done; done
            """)
        links = try Shell.run("ip -o -n \(lab.namespace(.node)) link show")
        pins = try Shell.run("find \(lab.bpffs) | sort")
    }
}

/// The numbers of a dataplane's maps, programs and links in the kernel, which the kernel does not give twice.
struct KernelObjects: Equatable {
    var maps: Set<Int>
    var programs: Set<Int>
    var links: Set<Int>

    /// Those of the dataplane that is pinned under the lab's bpffs, found by its maps.
    init(of lab: HandmadeLab) throws {
        let pins = try Filesystem.list("\(lab.bpffs)/ebpfctl/maps").map { "\(lab.bpffs)/ebpfctl/maps/\($0)" }
        let own = try pins.map { pin in
            try Self.list("map show pinned \(pin)").compactMap { $0["id"] as? Int }
        }
        let maps = Set(own.joined())
        let programs = Set(
            try Self.list("prog list").filter { !maps.isDisjoint(with: $0["map_ids"] as? [Int] ?? []) }
                .compactMap { $0["id"] as? Int })
        self.maps = maps
        self.programs = programs
        links = Set(
            try Self.list("link list").filter { programs.contains($0["prog_id"] as? Int ?? 0) }
                .compactMap { $0["id"] as? Int })
    }

    /// Whether all of it is gone, or will be as soon as the kernel has freed what nobody holds.
    func vanish() throws -> Bool {
        try eventually {
            try maps.isDisjoint(with: Self.numbers("map list")) && programs.isDisjoint(with: Self.numbers("prog list"))
                && links.isDisjoint(with: Self.numbers("link list"))
        }
    }

    private static func numbers(_ words: String) throws -> Set<Int> {
        Set(try list(words).compactMap { $0["id"] as? Int })
    }

    /// An object that goes while the listing is made may spoil it; then the listing is made again.
    private static func list(_ words: String) throws -> [[String: Any]] {
        var listing: [[String: Any]]?
        _ = try eventually {
            guard let text = try? Shell.run("bpftool -j \(words)") else { return false }
            let value = try? JSONSerialization.jsonObject(with: Data(text.utf8))
            listing = value as? [[String: Any]] ?? (value as? [String: Any]).map { [$0] }
            return listing != nil
        }
        return try #require(listing, "bpftool \(words)")
    }
}
