// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Foundation
import LinuxSystem
import TestSupport
import Testing

@testable import BPFRuntime

/// An enabled node into whose maps anything may be written; the built tool reads them.
final class FuzzedNode {
    private let network: PrivateNode
    private let bpffs: PrivateBPFFS
    private let cgroup: PrivateCgroup

    init() throws {
        bpffs = try PrivateBPFFS()
        cgroup = try PrivateCgroup()
        network = try PrivateNode(pods: 1)
        try network.addAddress(IPAddress("192.0.2.1"), prefixLength: 24, to: PrivateNode.uplinkName)
        try network.addAddress(IPAddress("2001:db8::1"), prefixLength: 64, to: PrivateNode.uplinkName)
    }

    deinit { _ = try? tool(["disable"]) }

    static let enableWords =
        ["enable", "--uplink", PrivateNode.uplinkName, "--workload", "pod*"]
        + ["connections=32768", "frontends=2048", "slots=4096", "sockets=2048", "affinity=4096", "fragments=1024"]
        .flatMap { ["--map-size", $0] }

    private static let path = Bundle.main.bundleURL.appendingPathComponent("ebpfctl").path

    /// Runs the tool in the node; one that goes on and on is interrupted as by Ctrl-C.
    func tool(_ words: [String]) throws -> ProcessOutput {
        let location = ["--bpffs", bpffs.path, "--cgroup", cgroup.path]
        var command = Command(
            "/usr/bin/timeout", ["--preserve-status", "-s", "INT", "60", Self.path] + words + location)
        command.output = .pipe
        command.error = .pipe
        return try network.start(command).collect(limit: 256 << 20, until: Deadline(after: .seconds(90)))
    }

    /// What is pinned of the dataplane.
    func pins() throws -> [String] { try Filesystem.list(bpffs.path).filter { $0.hasPrefix("ebpfctl") } }

    /// The pinned maps whose entries the tool reads, by name.
    func maps() throws -> [String] {
        try Filesystem.list("\(bpffs.path)/ebpfctl/maps").filter { !["scratch", "meta"].contains($0) }.sorted()
    }

    /// Writes entries of random bytes into a map.
    ///
    /// - Returns: how many the kernel has taken.
    func scramble(_ name: String, entries: Int, _ chance: inout Chance) throws -> Int {
        let map = try RawMap(pinned: "\(bpffs.path)/ebpfctl/maps/\(name)")
        let isArray = map.info.type == .array || map.info.type == .perCPUArray
        let isKnown = isArray || [.hash, .lruHash, .lpmTrie].contains(map.info.type)
        guard isKnown, map.info.flags & frozenFlags == 0 else { return 0 }
        let processors = map.info.type.isPerCPU ? try PossibleCPUs.count() : 1
        let valueSize = map.info.type.isPerCPU ? (map.info.valueSize + 7) / 8 * 8 * processors : map.info.valueSize
        var taken = 0
        // Routes are compared with each other: a few thousand of them are many.
        let most = map.info.type == .lpmTrie ? entries / 20 : entries
        for number in 0..<min(most, Int(map.info.maxEntries)) {
            var key = isArray ? withBytes(of: UInt32(number)) : chance.bytes(map.info.keySize)
            // A trie's key begins with the length of its prefix, and longer ones than it has bits are not taken.
            if map.info.type == .lpmTrie { key.replaceSubrange(0..<4, with: withBytes(of: UInt32(chance.below(161)))) }
            let value = chance.bytes(valueSize)
            if unsafe (try? map.update(key, value, .any)) != nil { taken += 1 }
        }
        return taken
    }
}

/// BPF_F_RDONLY_PROG and BPF_F_RDONLY: nobody else would write there either.
private let frozenFlags: UInt32 = 1 << 7 | 1 << 3

private func withBytes(of number: UInt32) -> [UInt8] {
    unsafe withUnsafeBytes(of: number) { unsafe [UInt8]($0) }
}
