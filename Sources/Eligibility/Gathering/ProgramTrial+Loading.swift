// SPDX-License-Identifier: Apache-2.0

internal import BPFImages
internal import BPFRuntime

extension ProgramTrial {
    /// Room that does for the verifier, which does not ask how large a map is.
    private static let entries: UInt32 = 16

    /// Loads every embedded object on its own and drops it at once.
    static func all(with constants: ProgramConstants) -> [EmbeddedImage: ProgramTrial] {
        Dictionary(uniqueKeysWithValues: EmbeddedImage.allCases.map { ($0, ProgramTrial(loading: $0, constants)) })
    }

    private init(loading image: EmbeddedImage, _ constants: ProgramConstants) {
        do {
            let object = try BPFObject(name: image.rawValue, image: image.image.bytes)
            for map in object.maps where map.type != .perCPUArray && map.maxEntries > Self.entries {
                try object.setMaxEntries(of: map.name, to: Self.entries)
            }
            try object.setConstants(section: constants.section, bytes: constants.bytes)
            let loaded = try object.load()
            var instructions = 0
            for name in loaded.programNames {
                instructions += Int(try loaded.program(named: name).info().verifiedInstructions)
            }
            self = .accepted(instructions: instructions > 0 ? instructions : nil)
        } catch {
            self = .refused(Refusal(error))
        }
    }
}

extension ProgramTrial.Refusal {
    fileprivate init(_ error: KernelError) {
        switch error.detail {
        case .verifier(let log): self.init(errno: error.errno, lines: log.lines, omitted: log.omitted)
        case .messages(let lines): self.init(errno: error.errno, lines: lines, omitted: 0)
        default: self.init(errno: error.errno, lines: [], omitted: 0)
        }
    }
}

extension EmbeddedImage {
    var image: BPFImage {
        switch self {
        case .connectV4: .connectV4
        case .connectV6: .connectV6
        case .fromWorkloadV4: .fromWorkloadV4
        case .fromWorkloadV6: .fromWorkloadV6
        case .toWorkloadV4: .toWorkloadV4
        case .toWorkloadV6: .toWorkloadV6
        case .fromUplinkV4: .fromUplinkV4
        case .fromUplinkV6: .fromUplinkV6
        case .toUplinkV4: .toUplinkV4
        case .toUplinkV6: .toUplinkV6
        case .fromOverlayV4: .fromOverlayV4
        case .fromOverlayV6: .fromOverlayV6
        }
    }
}
