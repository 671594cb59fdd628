// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import CDataplaneABI
import DataplaneModel
import LinuxSystem
import TestSupport
import Testing

@testable import Dataplane

/// The maps of both families on a bpffs of their own, small and empty, as `enable` leaves them.
final class PinnedMaps {
    let directory: PinDirectory
    private let bpffs: PrivateBPFFS

    /// - Parameter configuration: the words of the `enable` that made the maps.
    init(sizes: [String: UInt32] = [:], configuration: [String] = []) throws {
        bpffs = try PrivateBPFFS()
        directory = PinDirectory.live(on: bpffs.path)
        for path in [directory.path, directory.maps, directory.programs, directory.links] {
            try Filesystem.makeDirectory(path)
        }
        var options = EnableOptions()
        options.mapSizes = EnableOptions.smallMaps.merging(sizes) { $1 }
        let loader = ProgramLoader(maps: directory, programs: directory, options: options)
        let programs = DataplaneProgram.all.filter { $0.name == "to_uplink" }
        for (image, programs) in ProgramLoader.images(of: programs) { try loader.load(image, pinning: programs) }
        try MetaStore(in: directory, isNew: true).write(
            DataplaneRecord(toolVersion: "test", enabledAt: 0, configuration: configuration))
    }

    /// As if `enable` had been run again with these words.
    func configure(_ words: [String]) throws {
        let meta = try MetaStore(in: directory)
        var record = try meta.record()
        record.configuration = words
        try meta.write(record)
    }

    /// Makes the services so, as `service set` does.
    @discardableResult
    func apply(_ services: Service..., pruning: Bool = false) throws -> ServiceDiff {
        var store = try ServiceStore(in: directory)
        let difference = try store.difference(to: services, pruning: pruning)
        try store.apply(difference)
        return difference
    }

    func services() throws -> [Service] {
        let store = try ServiceStore(in: directory)
        return try store.services()
    }

    func identifier(of name: ServiceName) throws -> UInt32? {
        let store = try ServiceStore(in: directory)
        return store.identifier(of: name)
    }

    /// What every frontend points to.
    func frontends() throws -> [FrontendAddress: FrontendEntry] {
        let store = try ServiceStore(in: directory)
        return store.v4.entries.merging(store.v6.entries) { $1 }
    }

    /// The backends in the slots that a frontend points to, in their order.
    func slots(of address: FrontendAddress) throws -> [Endpoint] {
        let entry = try #require(try frontends()[address])
        return try backends(in: entry.slots, address.family)
    }

    func backends(in range: Range<Int>, _ family: AddressFamily) throws -> [Endpoint] {
        switch family {
        case .v4:
            let map = try Map<UInt32, slot_v4>(pinned: directory.map(.slots(.v4)))
            return try range.compactMap { try map.lookUp(UInt32($0))?.backend.endpoint }
        case .v6:
            let map = try Map<UInt32, slot_v6>(pinned: directory.map(.slots(.v6)))
            return try range.compactMap { try map.lookUp(UInt32($0))?.backend.endpoint }
        }
    }

    /// The keys of the source ranges as programs see them: `SERVICE PREFIX-LENGTH ADDR`, sorted.
    func sourceRanges() throws -> [String] {
        let v4 = try Map<source_range_key_v4, UInt32>(pinned: directory.map(.sourceRanges(.v4))).entries().map {
            "\($0.key.service_id) \($0.key.prefix_length) \($0.key.addr.model)"
        }
        let v6 = try Map<source_range_key_v6, UInt32>(pinned: directory.map(.sourceRanges(.v6))).entries().map {
            "\($0.key.service_id) \($0.key.prefix_length) \($0.key.addr.model)"
        }
        return v4.sorted() + v6.sorted()
    }

    /// The bytes of all entries of a map, to see whether anything was written.
    func content(of map: MapName) throws -> [[UInt8]: [UInt8]] {
        switch map {
        case .frontends(.v4): try octets(Map<frontend_key_v4, frontend_v4>(pinned: directory.map(map)))
        case .frontends(.v6): try octets(Map<frontend_key_v6, frontend_v6>(pinned: directory.map(map)))
        case .slots(.v4): try octets(Map<UInt32, slot_v4>(pinned: directory.map(map)))
        case .slots(.v6): try octets(Map<UInt32, slot_v6>(pinned: directory.map(map)))
        case .sourceRanges(.v4): try octets(Map<source_range_key_v4, UInt32>(pinned: directory.map(map)))
        case .sourceRanges(.v6): try octets(Map<source_range_key_v6, UInt32>(pinned: directory.map(map)))
        case .serviceNames: try octets(Map<UInt32, service_name>(pinned: directory.map(map)))
        default: try octets(Map<UInt32, meta>(pinned: directory.map(.meta)))
        }
    }

    /// Everything that a change of a service may touch.
    func everything() throws -> [MapName: [[UInt8]: [UInt8]]] {
        let names: [MapName] = [
            .frontends(.v4), .frontends(.v6), .slots(.v4), .slots(.v6), .sourceRanges(.v4), .sourceRanges(.v6),
            .serviceNames, .meta,
        ]
        return try names.reduce(into: [:]) { $0[$1] = try content(of: $1) }
    }

    private func octets<Key: BitwiseCopyable, Value: BitwiseCopyable>(
        _ map: consuming Map<Key, Value>
    ) throws -> [[UInt8]: [UInt8]] {
        try map.entries().reduce(into: [:]) { content, entry in
            content[unsafe withUnsafeBytes(of: entry.key) { unsafe [UInt8]($0) }] =
                unsafe withUnsafeBytes(of: entry.value) { unsafe [UInt8]($0) }
        }
    }
}

extension EnableOptions {
    /// Maps that are made and removed in a moment.
    static let smallMaps: [String: UInt32] = [
        "frontends": 64, "slots": 256, "connections": 256, "routes": 64, "sockets": 64,
        "source_ranges": 64, "affinity": 64, "fragments": 64,
    ]
}

extension Service {
    /// A service from texts: frontends as `10.96.0.10:80/tcp`, backends as `10.1.0.2:8080,weight=3,local`.
    init(_ name: String, _ frontends: [String], _ backends: [String], draining: [String] = []) throws {
        self.init(
            name: try ServiceName(name), frontends: try frontends.map { .clusterIP(try FrontendAddress($0)) },
            backends: try backends.map { text in
                var backend = try Backend(text)
                backend.isLocal = backend.isLocal ?? false
                return backend
            } + draining.map { Backend(endpoint: try Endpoint($0), isLocal: false, state: .draining) })
    }
}
