// SPDX-License-Identifier: Apache-2.0

import BPFImages
import BPFRuntime
import CDataplaneABI
import DataplaneModel
import Glibc
import LinuxSystem
import Synchronization
import TestSupport
import Testing

@testable import Dataplane

/// Programs in the kernel and maps that are empty whenever a test gets them.
///
/// The verifier takes most of a test's time, so what it has passed is kept for the next test of the same kind.
final class LoadedPrograms: Sendable {
    /// What programs are loaded with, and so cannot be changed later.
    struct Kind: Hashable {
        let family: AddressFamily
        let options: EnableOptions
        let node: NodeConstants
    }

    private static let idle = Mutex<[Kind: [LoadedPrograms]]>([:])

    let directory: PinDirectory
    private let kind: Kind
    /// The mount is in no directory: it ends with the descriptor, and so with the process.
    private let root: Int32

    static func take(_ kind: Kind, _ programs: [DataplaneProgram]) throws -> LoadedPrograms {
        let known = idle.withLock { $0[kind]?.popLast() }
        let loaded = try known ?? LoadedPrograms(kind)
        try loaded.require(programs)
        return loaded
    }

    /// Empties the maps and keeps the programs; what cannot be emptied is forgotten.
    func giveBack() {
        do {
            try clear()
        } catch {
            Issue.record(error, "maps that cannot be emptied")
            return
        }
        Self.idle.withLock { $0[kind, default: []].append(self) }
    }

    private init(_ kind: Kind) throws {
        self.kind = kind
        let bpffs = try PrivateBPFFS()
        root = unsafe open(bpffs.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        try #require(root >= 0)
        directory = PinDirectory.live(on: "/proc/self/fd/\(root)")
        for path in [directory.path, directory.maps, directory.programs, directory.links] {
            try Filesystem.makeDirectory(path)
        }
        // The stores open the maps of both families; the smallest program of the other one makes its.
        let other = DataplaneProgram.all.first { $0.name.hasPrefix("recvmsg") && $0.family != kind.family }
        for (image, programs) in ProgramLoader.images(of: [other].compactMap(\.self)) { try load(image, programs) }
    }

    deinit { close(root) }

    private func require(_ programs: [DataplaneProgram]) throws {
        let missing = programs.filter { !Filesystem.exists(directory.program($0)) }
        for (image, programs) in ProgramLoader.images(of: missing) { try load(image, programs) }
    }

    private func load(_ image: BPFImage, _ programs: [DataplaneProgram]) throws {
        let loader = ProgramLoader(maps: directory, programs: directory, options: kind.options, node: kind.node)
        try loader.load(image, pinning: programs)
    }
}

extension LoadedPrograms {
    private func clear() throws {
        for link in try Filesystem.list(directory.links) { try Filesystem.removeFile("\(directory.links)/\(link)") }
        try clear(IPv4ABI.self)
        try empty(.fragments(.v4), fragment_key_v4.self, fragment_v4.self)
        try clear(IPv6ABI.self)
        try empty(.fragments(.v6), fragment_key_v6.self, fragment_v6.self)
        try empty(.serviceNames, UInt32.self, service_name.self)
        let counters = try PerCPUMap<UInt32, counter>(pinned: directory.map(.counters))
        for reason in CounterReason.allCases { try counters.update(reason.rawValue, []) }
        try Map<UInt32, trace_control>(pinned: directory.map(.tracing)).update(0, trace_control())
    }

    private func clear<ABI: FamilyABI>(_: ABI.Type) throws
    where
        ABI.FrontendKey: BitwiseCopyable, ABI.Frontend: BitwiseCopyable, ABI.Slot: BitwiseCopyable,
        ABI.ConnectionKey: BitwiseCopyable, ABI.Connection: BitwiseCopyable, ABI.RouteKey: BitwiseCopyable,
        ABI.Route: BitwiseCopyable, ABI.SocketKey: BitwiseCopyable, ABI.Socket: BitwiseCopyable,
        ABI.SourceRangeKey: BitwiseCopyable, ABI.AffinityKey: BitwiseCopyable,
        ABI.Affinity: BitwiseCopyable
    {
        try empty(.frontends(ABI.family), ABI.FrontendKey.self, ABI.Frontend.self)
        try empty(.connections(ABI.family), ABI.ConnectionKey.self, ABI.Connection.self)
        try empty(.routes(ABI.family), ABI.RouteKey.self, ABI.Route.self)
        try empty(.sockets(ABI.family), ABI.SocketKey.self, ABI.Socket.self)
        try empty(.sourceRanges(ABI.family), ABI.SourceRangeKey.self, UInt32.self)
        try empty(.affinity(ABI.family), ABI.AffinityKey.self, ABI.Affinity.self)
        let slots = try Map<UInt32, ABI.Slot>(pinned: directory.map(.slots(ABI.family)))
        let indices = Array(0..<slots.info.maxEntries)
        try slots.updateBatch(indices, [ABI.Slot](repeating: ABI.Slot(), count: indices.count))
    }

    private func empty<Key: BitwiseCopyable, Value: BitwiseCopyable>(
        _ name: MapName, _: Key.Type, _: Value.Type
    ) throws {
        let map = try Map<Key, Value>(pinned: directory.map(name))
        for (key, _) in try map.entries() { try map.delete(key) }
    }
}
