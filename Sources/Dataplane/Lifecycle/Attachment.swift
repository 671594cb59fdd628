// SPDX-License-Identifier: Apache-2.0

package import BPFRuntime
package import DataplaneModel
internal import LinuxSystem

/// How a tc program hangs on an interface.
package enum AttachMechanism: String, Hashable, Sendable, CaseIterable {
    /// A tcx link; Linux 6.6.
    case tcx
    /// A filter of the clsact discipline.
    case clsact = "tc"

    /// The best that this kernel has.
    static var preferred: AttachMechanism { Probe.tcx().isSupported ? .tcx : .clsact }
}

/// Where a program is, or is to be, attached.
package enum AttachPoint: Hashable, Sendable {
    case interface(index: UInt32, TrafficDirection, AttachMechanism)
    /// The number is the inode of the cgroup's directory.
    case cgroup(AttachType, id: UInt64)
}

/// One of our programs on one hook.
package struct Attachment: Hashable, Sendable {
    package let program: DataplaneProgram
    package let point: AttachPoint
    /// Put there by `program attach`: `enable` leaves it alone.
    package let isManual: Bool
    /// Nil while it is only wanted; for a link whose interface or cgroup is gone it is the program's id all the same.
    package let programID: UInt32?
    /// False for a link whose interface or cgroup is gone.
    package let isInPlace: Bool
    /// The name its link was found under; nil for a filter, and while it is only wanted.
    private let pinnedName: String?

    /// The same place, whatever runs there.
    var place: Attachment {
        Attachment(program: program, point: point, isManual: isManual, programID: nil, isInPlace: true)
    }

    /// The same place, whoever attached there.
    var servedPlace: Attachment { Attachment(wanting: program, at: point) }

    init(
        program: DataplaneProgram, point: AttachPoint, isManual: Bool, programID: UInt32?, isInPlace: Bool,
        pinnedName: String? = nil
    ) {
        self.pinnedName = pinnedName
        self.program = program
        self.point = point
        self.isManual = isManual
        self.programID = programID
        self.isInPlace = isInPlace
    }

    init(wanting program: DataplaneProgram, at point: AttachPoint, isManual: Bool = false) {
        self.init(program: program, point: point, isManual: isManual, programID: nil, isInPlace: true)
    }

    /// The pin of the link; a dot would be refused by bpffs.
    package var linkName: String {
        if let pinnedName { return pinnedName }
        let place =
            switch point {
            case .interface(let index, _, _): "\(index)"
            case .cgroup(_, let id): "c\(id)"
            }
        return (isManual ? Self.manualPrefix : "") + "\(program.pinName)-\(place)"
    }

    private static let manualPrefix = "manual-"
}

extension Attachment {
    /// Everything of ours that is attached: the pinned links, and the filters that run our programs.
    static func all(in directory: PinDirectory) throws(DataplaneError) -> [Attachment] {
        try links(in: directory) + filters(in: directory)
    }

    private static func links(in directory: PinDirectory) throws(DataplaneError) -> [Attachment] {
        let names = try system { () throws(SystemError) in try Filesystem.list(directory.links) }
        var found: [Attachment] = []
        for name in names.sorted() {
            guard let (program, isManual) = program(ofLink: name) else { continue }
            let info = try kernel { () throws(KernelError) in try Link(pinned: directory.link(name)).info() }
            guard let (point, isInPlace) = point(of: info, pinnedAs: name) else { continue }
            found.append(
                Attachment(
                    program: program, point: point, isManual: isManual, programID: info.programID,
                    isInPlace: isInPlace, pinnedName: name))
        }
        return found
    }

    /// Where a link is attached; once its interface or cgroup is gone, where its pin's name says it was.
    private static func point(of info: LinkInfo, pinnedAs name: String) -> (AttachPoint, isInPlace: Bool)? {
        let named = UInt64(name.reversed().prefix { $0.isNumber }.reversed().map(String.init).joined()) ?? 0
        switch info.target {
        case .tcx(let index, let type):
            let direction: TrafficDirection = type == .tcxIngress ? .ingress : .egress
            return (.interface(index: index == 0 ? UInt32(clamping: named) : index, direction, .tcx), index != 0)
        case .cgroup(let id, let type): return (.cgroup(type, id: id == 0 ? named : id), id != 0)
        case .xdp, .other: return nil
        }
    }

    static func program(ofLink name: String) -> (DataplaneProgram, isManual: Bool)? {
        let isManual = name.hasPrefix(manualPrefix)
        let rest = isManual ? name.dropFirst(manualPrefix.count) : name[...]
        guard let dash = rest.lastIndex(of: "-") else { return nil }
        let pinName = String(rest[..<dash])
        return DataplaneProgram.known.first { $0.pinName == pinName }.map { ($0, isManual) }
    }

    /// Filters whose program uses one of the maps in `directory`: ours even if a killed command left no note of them.
    private static func filters(in directory: PinDirectory) throws(DataplaneError) -> [Attachment] {
        let programs = try ownPrograms(in: directory)
        guard !programs.isEmpty else { return [] }
        let links = try system { () throws(SystemError) in try NetlinkSocket().links() }
        return links.flatMap { link in
            // An interface that cannot be asked is gone by now, and its filters with it.
            let filters = (try? TrafficControl.filters(of: link.index)) ?? []
            return filters.compactMap { filter -> Attachment? in
                guard let id = filter.programID, let program = programs[id] else { return nil }
                // In the kernel both variants have the same name.
                let fitting = program.fitting(ethernetHeader: link.hasEthernetHeader) ?? program
                return Attachment(
                    program: fitting, point: .interface(index: link.index, filter.place.direction, .clsact),
                    isManual: filter.place.handle == FilterPlace.manualHandle, programID: id, isInPlace: true)
            }
        }
    }

    /// The programs in the kernel that use our maps, by number.
    static func ownPrograms(in directory: PinDirectory) throws(DataplaneError) -> [UInt32: DataplaneProgram] {
        var maps: [UInt32: MapName] = [:]
        for name in MapName.all where Filesystem.exists(directory.map(name)) {
            maps[try kernel { () throws(KernelError) in try RawMap(pinned: directory.map(name)).info.id }] = name
        }
        let ids = try kernel { () throws(KernelError) in try Program.allIDs() }
        var own: [UInt32: DataplaneProgram] = [:]
        for id in ids {
            // A program may vanish between listing and opening.
            guard let info = try? Program(id: id).info() else { continue }
            // Of a killed upgrade's programs some maps may be others than the pinned ones, but never all.
            let shared = info.mapIDs.compactMap { maps[$0] }
            guard !shared.isEmpty else { continue }
            let family: AddressFamily = shared.contains { $0.family == .v6 } ? .v6 : .v4
            own[id] = DataplaneProgram.all.first { $0.name == info.name && $0.family == family }
        }
        return own
    }
}

extension MapName {
    /// Nil for a map that both families share.
    package var family: AddressFamily? {
        switch self {
        case .frontends(let family), .slots(let family), .connections(let family), .routes(let family),
            .sockets(let family), .sourceRanges(let family), .affinity(let family), .fragments(let family):
            family
        case .serviceNames, .scratch, .counters, .events, .tracing, .traceRooms, .meta: nil
        }
    }
}

/// Where our filters sit among others of an interface, on kernels without tcx.
enum FilterPlace {
    /// Behind the low priorities that other tools take by default.
    static func priority(_ family: AddressFamily) -> UInt16 { family == .v4 ? 0xEB04 : 0xEB06 }

    static let handle: UInt32 = 1
    static let manualHandle: UInt32 = 2
}
