// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import DataplaneModel
internal import LinuxSystem

/// What lies in pin directories, told apart into ours and somebody else's.
///
/// Ours is what bears a name that this tool gives and is of the kind that belongs there. Of the other names, which
/// another version may have given: programs that use our maps, maps that these programs use, links that run them.
struct PinInventory {
    struct Pin: Hashable {
        let path: String
        /// Nil for a directory that is a note.
        let kind: ObjectKind?

        var name: String { path.split(separator: "/").last.map(String.init) ?? path }
    }

    /// In the order of the directories.
    private(set) var own: [Pin] = []
    private(set) var foreign: [String] = []
    /// The kernel's numbers of the pinned maps that bear names of ours.
    private var maps: Set<UInt32> = []
    /// The names of our pinned programs, by their numbers.
    private var programs: [UInt32: String] = [:]

    init(_ directories: [PinDirectory]) throws(DataplaneError) {
        for directory in directories {
            for name in try Self.list(directory.maps) where MapName.all.contains(where: { $0.description == name }) {
                if let map = try? RawMap(pinned: "\(directory.maps)/\(name)") { maps.insert(map.info.id) }
            }
        }
        var usedMaps = maps
        for directory in directories {
            for name in try Self.list(directory.programs) {
                let isKnown = DataplaneProgram.known.contains { $0.pinName == name }
                guard let info = try? Program(pinned: "\(directory.programs)/\(name)").info(),
                    isKnown || !maps.isDisjoint(with: info.mapIDs)
                else { continue }
                programs[info.id] = name
                usedMaps.formUnion(info.mapIDs)
            }
        }
        for directory in directories { try sort(directory, usedMaps) }
    }

    private static func list(_ path: String) throws(DataplaneError) -> [String] {
        guard Filesystem.isDirectory(path) else { return [] }
        return try system { () throws(SystemError) in try Filesystem.list(path) }
    }

    private mutating func sort(_ directory: PinDirectory, _ usedMaps: Set<UInt32>) throws(DataplaneError) {
        for name in try Self.list(directory.path) where !["maps", "programs", "links"].contains(name) {
            foreign.append("\(directory.path)/\(name)")
        }
        for name in try Self.list(directory.maps) {
            let path = "\(directory.maps)/\(name)"
            let id = try? RawMap(pinned: path).info.id
            add(path, .map, isOwn: id.map { usedMaps.contains($0) } ?? false)
        }
        for name in try Self.list(directory.programs) {
            let path = "\(directory.programs)/\(name)"
            let id = try? Program(pinned: path).info().id
            add(path, .program, isOwn: id.map { programs[$0] != nil } ?? false)
        }
        for name in try Self.list(directory.links) {
            let path = "\(directory.links)/\(name)"
            if Filesystem.isDirectory(path) {
                add(path, nil, isOwn: name == PinDirectory.drainNoteName || name.hasPrefix(Attacher.notePrefix))
            } else {
                let info = try? Link(pinned: path).info()
                add(path, .link, isOwn: info.map { isOwn($0, name) } ?? false)
            }
        }
    }

    /// A link of ours may run a program that is pinned no more, as after a killed upgrade.
    private func isOwn(_ link: LinkInfo, _ name: String) -> Bool {
        Attachment.program(ofLink: name) != nil || programs[link.programID] != nil
    }

    private mutating func add(_ path: String, _ kind: ObjectKind?, isOwn: Bool) {
        if isOwn { own.append(Pin(path: path, kind: kind)) } else { foreign.append(path) }
    }

    /// The name of a filter's program, if it is ours.
    ///
    /// That is one that uses our maps. Once these are pinned no more, it is one of a name of ours with maps of our names,
    /// in the place that our filters take.
    func ownProgram(_ id: UInt32, at place: TrafficControl.Place) -> String? {
        if let name = programs[id] { return name }
        guard let info = try? Program(id: id).info() else { return nil }
        if !maps.isDisjoint(with: info.mapIDs) { return info.name }
        guard FilterPlace.isOurs(place), DataplaneProgram.all.contains(where: { $0.name == info.name }) else {
            return nil
        }
        let names = info.mapIDs.compactMap { try? RawMap(id: $0).info.name }
        let isNamed = names.contains("counters") && names.contains { $0.hasPrefix("connections_v") }
        return isNamed ? info.name : nil
    }
}

extension FilterPlace {
    static func isOurs(_ place: TrafficControl.Place) -> Bool {
        [priority(.v4), priority(.v6)].contains(place.priority) && [handle, manualHandle].contains(place.handle)
    }
}
