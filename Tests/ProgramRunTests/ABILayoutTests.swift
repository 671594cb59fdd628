// SPDX-License-Identifier: Apache-2.0

import BPFImages
import BPFRuntime
import CDataplaneABI
import DataplaneModel
import PacketBuilder
import Testing

@testable import Dataplane

/// The structs of the headers as Swift sees them, against what the BPF compiler made of them in every object.
struct ABILayoutTests {
    private static let images = ProgramLoader.images(of: DataplaneProgram.all)

    @Test(arguments: images.indices) func sizesAndOffsetsAreThoseOfTheObjectsTypeInformation(index: Int) throws {
        let (image, programs) = Self.images[index]
        let family = try #require(programs.first?.family)
        let structures = try BTFLayout.structures(of: image.bytes, name: image.name)
        for expected in (family == .v4 ? Layout.v4 : Layout.v6) + Layout.common {
            let found = try #require(structures[expected.name], "\(image.name) has no struct \(expected.name)")
            let offsets = found.fields.reduce(into: [:]) { $0[$1.name] = $1.offset }
            #expect(found.size == expected.size, "\(image.name): struct \(expected.name)")
            #expect(offsets == expected.offsets, "\(image.name): struct \(expected.name)")
        }
    }

    /// Bytes that nobody names would reach the kernel as they happen to lie in memory.
    @Test(arguments: images.indices) func noStructHasAGap(index: Int) throws {
        let (image, programs) = Self.images[index]
        let structures = try BTFLayout.structures(of: image.bytes, name: image.name)
        for layout in (programs.first?.family == .v4 ? Layout.v4 : Layout.v6) + Layout.common {
            let fields = try #require(structures[layout.name]).fields
            var end = 0
            for field in fields {
                #expect(field.offset == end, "\(image.name): \(layout.name).\(field.name)")
                end = field.offset + field.size
            }
            #expect(end == layout.size, "\(image.name): \(layout.name)")
        }
    }
}
