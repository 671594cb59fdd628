// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import CommandLineKit
import LinuxSystem
import TestSupport
import Testing

@testable import Commands
import Dataplane

/// A bpffs that holds what this version did not write.
@Suite struct ForeignStateTests {
    /// The first 64 bytes of a `meta` value, in words of the host's order.
    private struct MetaHead: BitwiseCopyable {
        var version: UInt64
        var enabledAt: UInt64 = 0
        var slots: UInt64 = 0
        /// The first eight characters.
        var tool: UInt64
        var rest: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    }

    /// A `meta` map as a later version might pin it.
    private func pinMeta(version: UInt64, in bpffs: PrivateBPFFS) throws {
        let path = "\(bpffs.path)/ebpfctl/maps"
        try Filesystem.makeDirectories(path)
        try RawMap(creating: MapDefinition(name: "meta", type: .array, keySize: 4, valueSize: 64, maxEntries: 1))
            .pin(at: "\(path)/meta")
        // "9.1.0"
        let head = MetaHead(version: version, tool: UInt64(littleEndian: 0x30_2e31_2e39))
        try Map<UInt32, MetaHead>(pinned: "\(path)/meta").update(0, head)
    }

    @Test(
        .needsKernel,
        arguments: ["service list", "conntrack list", "status", "counter list"])
    func mapsOfALaterVersionAreRefusedWithTheWayOut(line: String) throws {
        let bpffs = try PrivateBPFFS()
        try pinMeta(version: 99, in: bpffs)
        let run = ToolRun("\(line) --bpffs \(bpffs.path)")
        #expect(run.code == .notSupported)
        #expect(run.output == "")
        #expect(
            run.errors == """
                ebpfctl: cannot read the dataplane of version '9.1.0': its ABI version is 99, this tool knows \
                \(DataplaneRecord.abiVersion)
                hint: use that version, or take the dataplane away with 'ebpfctl disable --bpffs \(bpffs.path)'

                """)
    }

    @Test(.needsKernel)
    func pinsOfSomebodyElseAreLeftAlone() throws {
        let bpffs = try PrivateBPFFS()
        let path = "\(bpffs.path)/ebpfctl/maps"
        try Filesystem.makeDirectories(path)
        try RawMap(creating: MapDefinition(name: "x", type: .array, keySize: 4, valueSize: 8, maxEntries: 1))
            .pin(at: "\(path)/stranger")
        let run = ToolRun("disable --bpffs \(bpffs.path)")
        #expect(run.code == .failure)
        #expect(
            run.errors == """
                ebpfctl: cannot use the pin directory: '\(path)/stranger' is not ours
                hint: 'find \(path)/stranger -ls' shows what it is; move it away

                """)
        #expect(Filesystem.exists("\(path)/stranger"))
    }

    @Test func withoutADataplaneEveryReaderSaysSo() {
        for line in ["service list", "backend list", "conntrack list", "route list", "counter list"] {
            let run = ToolRun("\(line) --bpffs /nonexistent")
            #expect(run.code == .notFound)
            #expect(
                run.errors == """
                    ebpfctl: cannot open the dataplane under '/nonexistent': it is not enabled
                    hint: 'ebpfctl enable --bpffs /nonexistent'

                    """)
        }
    }

    @Test func disablingNothingIsNoFailure() {
        let run = ToolRun("disable --bpffs /nonexistent")
        #expect(run.code == .success)
        #expect(run.output == "dataplane /nonexistent/ebpfctl unchanged\n")
        #expect(run.errors == "no dataplane was enabled under /nonexistent\n")
    }
}
