// SPDX-License-Identifier: Apache-2.0

import BPFImages
import BPFRuntime
import CDataplaneABI
import DataplaneModel
import Foundation
import PacketBuilder
import TestSupport
import Testing

@testable import Dataplane

/// The objects inside the executable against the catalogue, the map names and the verifier.
struct EmbeddedProgramTests {
    private static let images = ProgramLoader.images(of: DataplaneProgram.all)

    @Test func everySourceIsEmbeddedOncePerFamily() throws {
        let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources/BPFImages/BPF")
        let ending = ".bpf.c"
        let names = try FileManager.default.contentsOfDirectory(atPath: sources.path)
            .filter { $0.hasSuffix(ending) }.map { String($0.dropLast(ending.count)) }
        let expected = names.flatMap { name in
            AddressFamily.allCases.map { "\(camelCase(name))\($0.suffix.uppercased())" }
        }
        #expect(!names.isEmpty)
        #expect(Set(Self.images.map(\.image.name)) == Set(expected))
    }

    private func camelCase(_ name: String) -> String {
        let words = name.split(separator: "_")
        return ([String(words[0])] + words.dropFirst().map(\.capitalized)).joined()
    }

    @Test(arguments: images.indices) func theCatalogueNamesEveryProgramOfAnObject(index: Int) throws {
        let (image, programs) = Self.images[index]
        let object = try BPFObject(name: image.name, image: image.bytes)
        #expect(Set(object.programNames) == Set(programs.map(\.name)))
    }

    @Test func theObjectsMapsAreThoseThatTheToolKnows() throws {
        var found: [AddressFamily: Set<String>] = [:]
        for (image, programs) in Self.images {
            let object = try BPFObject(name: image.name, image: image.bytes)
            let family = try #require(programs.first?.family)
            found[family, default: []].formUnion(object.maps.map(\.name) + object.variables)
        }
        for family in AddressFamily.allCases {
            let other: AddressFamily = family == .v4 ? .v6 : .v4
            #expect(found[family] == Set(MapName.all.map(\.objectName).filter { !$0.hasSuffix("_\(other.suffix)") }))
        }
        #expect(Set(MapName.all.map(\.description)).count == MapName.all.count)
    }

    /// What a switch turns off the verifier removes, so both halves of each have to be shown to it.
    @Test(.needsKernel, arguments: images.indices) func everyProgramPassesTheVerifierHoweverConfigured(
        index: Int
    ) throws {
        let image = Self.images[index].image
        let features = KernelFeatures.current
        let switches = [
            CONFIG_DIRECT, CONFIG_CONNECT_TCP, CONFIG_CONNECT_UDP, CONFIG_DSR, CONFIG_STRICT_SOURCE, CONFIG_NO_ETHERNET,
        ]
        var available = switches.reduce(0) { $0 | $1.rawValue }
        if features.coarseClock { available |= CONFIG_COARSE_CLOCK.rawValue }
        if features.setReturnValue { available |= CONFIG_SET_RETVAL.rawValue }
        let single = (0..<32).map { UInt32(1) << $0 }.filter { available & $0 != 0 }
        for flags in [0, available, available & ~CONFIG_NO_ETHERNET.rawValue] + single {
            let object = try BPFObject(name: image.name, image: image.bytes)
            var configuration = dataplane_config()
            configuration.flags = flags
            configuration.udp_timeout = 60_000_000_000
            if flags & CONFIG_DSR.rawValue != 0 { configuration.overlay_ifindex = 1 }
            try object.setConstants(section: CONFIG_SECTION, to: configuration)
            for map in object.maps where map.name.hasSuffix("_v4") || map.name.hasSuffix("_v6") {
                try object.setMaxEntries(of: map.name, to: 64)
            }
            let names = object.programNames
            let loaded = try object.load()
            for name in names { #expect(try loaded.program(named: name).info().translatedSize > 0) }
        }
    }
}
