// SPDX-License-Identifier: Apache-2.0

internal import CDataplaneABI
package import DataplaneModel
internal import LinuxSystem

/// Where the dataplane is pinned: `<bpffs>/ebpfctl/{maps,programs,links}`.
///
/// The first `enable` builds in a staging directory beside it and renames that once all is attached, so a live
/// directory is always whole.
package struct PinDirectory: Hashable, Sendable {
    package static let liveName = "ebpfctl"
    package static let stagingName = "ebpfctl-staging"

    package let bpffs: String
    package let path: String

    package static func live(on bpffs: String) -> PinDirectory {
        PinDirectory(bpffs: bpffs, path: "\(bpffs)/\(liveName)")
    }

    package static func staging(on bpffs: String) -> PinDirectory {
        PinDirectory(bpffs: bpffs, path: "\(bpffs)/\(stagingName)")
    }

    package var maps: String { "\(path)/maps" }
    package var programs: String { "\(path)/programs" }
    package var links: String { "\(path)/links" }

    package var exists: Bool { Filesystem.isDirectory(path) }

    /// Whether it exists, for callers to whom "cannot be looked at" is not "absent".
    func isPresent() throws(DataplaneError) -> Bool {
        do {
            _ = try Filesystem.identity(path)
            return exists
        } catch  where [.noEntry, .notDirectory].contains(error.errno) {
            return false
        } catch {
            throw .system(error)
        }
    }

    package func map(_ name: MapName) -> String { "\(maps)/\(name)" }
    package func program(_ program: DataplaneProgram) -> String { "\(programs)/\(program.pinName)" }
    func link(_ name: String) -> String { "\(links)/\(name)" }

    /// An empty directory that says: frontends are set aside. Made before the first of them, removed after the last.
    var drainNote: String { link(Self.drainNoteName) }
    static let drainNoteName = "draining"
}

/// The maps by the names of their pins, which are also their names in the BPF sources.
package enum MapName: Hashable, Sendable, CustomStringConvertible {
    case frontends(AddressFamily)
    case slots(AddressFamily)
    case connections(AddressFamily)
    case routes(AddressFamily)
    case sockets(AddressFamily)
    case sourceRanges(AddressFamily)
    case affinity(AddressFamily)
    case fragments(AddressFamily)
    case serviceNames
    /// Working space of the programs, one piece a processor; means nothing to anybody else.
    case scratch
    case counters
    /// Where the programs put what a tracer asked for; its room is in bytes.
    case events
    /// What the tracer asks for: a variable of the programs.
    case tracing
    /// Where the programs put an event together, one piece of room a processor.
    case traceRooms
    case meta

    package static let all: [MapName] =
        AddressFamily.allCases.flatMap {
            [
                .frontends($0), .slots($0), .connections($0), .routes($0), .sockets($0), .sourceRanges($0),
                .affinity($0),
                .fragments($0),
            ]
        } + [.serviceNames, .scratch, .counters] + forTracing + [.meta]

    /// Version 0.1 made none of these: they are absent until the next `enable`, and only tracing needs them.
    package static let forTracing: [MapName] = [.events, .tracing, .traceRooms]

    /// Without these nothing works.
    static let essential = all.filter { !forTracing.contains($0) }

    package var description: String {
        switch self {
        case .frontends(let family): "frontends_\(family.suffix)"
        case .slots(let family): "slots_\(family.suffix)"
        case .connections(let family): "connections_\(family.suffix)"
        case .routes(let family): "routes_\(family.suffix)"
        case .sockets(let family): "sockets_\(family.suffix)"
        case .sourceRanges(let family): "source_ranges_\(family.suffix)"
        case .affinity(let family): "affinity_\(family.suffix)"
        case .fragments(let family): "fragments_\(family.suffix)"
        case .serviceNames: "service_names"
        case .scratch: "scratch"
        case .counters: "counters"
        case .events: "events"
        case .tracing: "tracing"
        case .traceRooms: "trace_rooms"
        case .meta: "meta"
        }
    }

    /// The map's name in an object: sections of variables have names that a bpffs does not take.
    package var objectName: String { self == .tracing ? TRACE_SECTION : description }
}

extension AddressFamily {
    /// `v4`, `v6`: how names of maps and programs end.
    package var suffix: String { self == .v4 ? "v4" : "v6" }

    /// Where arrays that hold one element per family keep this one.
    var index: Int { self == .v4 ? 0 : 1 }
}
