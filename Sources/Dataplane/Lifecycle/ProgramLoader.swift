// SPDX-License-Identifier: Apache-2.0

internal import BPFImages
internal import BPFRuntime
internal import CDataplaneABI
internal import DataplaneModel
internal import LinuxSystem

/// Loads the embedded objects so that all of them share one set of maps, and pins what comes of it.
struct ProgramLoader: Sendable {
    /// Where maps are taken from if they are there, and pinned if they are not.
    let maps: PinDirectory
    /// Where programs are pinned.
    let programs: PinDirectory
    let options: EnableOptions
    var node = NodeConstants()

    /// The objects that `wanted` needs, each once per variant.
    static func images(of wanted: [DataplaneProgram]) -> [(image: BPFImage, programs: [DataplaneProgram])] {
        var images: [(image: BPFImage, programs: [DataplaneProgram])] = []
        for program in wanted {
            let image = program.image
            if let index = images.firstIndex(where: {
                $0.image.name == image.name && $0.programs.first?.layer3 == program.layer3
            }) {
                images[index].programs.append(program)
            } else {
                images.append((image, [program]))
            }
        }
        return images
    }

    /// Passes one object through the verifier and pins its new maps and the wanted ones of its programs.
    func load(_ image: BPFImage, pinning wanted: [DataplaneProgram]) throws(DataplaneError) {
        try kernel { () throws(KernelError) in
            let object = try BPFObject(name: image.name, image: image.bytes)
            let constants = options.programConstants(
                on: .current, of: node, layer3: wanted.contains(where: \.layer3))
            try object.setConstants(section: constants.section, bytes: constants.bytes)
            let defined = Set(object.maps.map(\.name) + object.variables)
            let shared = MapName.all.filter { defined.contains($0.objectName) }
            for name in shared {
                if Filesystem.exists(maps.map(name)) {
                    try object.reuse(RawMap(pinned: maps.map(name)), as: name.objectName)
                } else if let size = options.size(of: name) {
                    try object.setMaxEntries(of: name.objectName, to: size)
                }
            }
            for other in object.programNames where !wanted.contains(where: { $0.name == other }) {
                try object.disable(program: other)
            }
            let loaded = try object.load()
            for name in shared where !Filesystem.exists(maps.map(name)) {
                try loaded.map(named: name.objectName).pin(at: maps.map(name))
            }
            for program in wanted {
                try loaded.program(named: program.name).pin(at: programs.program(program))
            }
        }
    }
}
