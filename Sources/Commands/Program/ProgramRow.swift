// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import Dataplane
import DataplaneModel
import Rendering

/// A loaded program as listings show it.
struct ProgramRow: Presentable {
    let loaded: LoadedProgram
    let places: [PlaceText]

    init(_ loaded: LoadedProgram, names: InterfaceNames) {
        self.loaded = loaded
        places = loaded.attachments.map { PlaceText($0, names: names) }
    }

    static var kind: String { "Program" }

    static var columns: [Column] {
        [
            Column("NAME"), Column("HOOK"), Column("ID", .right), Column("ATTACHED", .right),
            Column("TAG", wideOnly: true), Column("TYPE", wideOnly: true), Column("JITED", .right, wideOnly: true),
            Column("PLACES", wideOnly: true),
        ]
    }

    var resourceName: String { loaded.program.pinName }

    func cells(_ row: inout RowWriter) {
        row.cell(loaded.program.pinName)
        row.cell(loaded.program.hook.text)
        row.cell(loaded.info.id)
        row.cell(places.count, places.isEmpty ? .dim : .plain)
        row.cell(loaded.info.tag)
        row.cell(loaded.info.type.name)
        row.cell(loaded.info.jitedSize)
        row.cell(places.map(\.word).joined(separator: ","))
    }

    func fields(_ object: inout ObjectWriter) {
        object.string("name", loaded.program.pinName)
        object.string("family", "\(loaded.program.family)")
        object.string("hook", loaded.program.hook.text)
        object.bool("layer3", loaded.program.layer3)
        object.integer("id", loaded.info.id)
        object.string("tag", loaded.info.tag)
        object.string("type", loaded.info.type.name)
        object.integer("jitedBytes", loaded.info.jitedSize)
        object.integer("translatedBytes", loaded.info.translatedSize)
        object.integer("verifiedInstructions", loaded.info.verifiedInstructions)
        object.array("attachments", places) { place, item in place.fields(&item) }
    }
}

/// Where a program is attached, with the interface's name.
struct PlaceText {
    let attachment: Attachment
    /// Nil for a cgroup, and for an interface that is gone.
    let interface: String?

    init(_ attachment: Attachment, names: InterfaceNames) {
        self.attachment = attachment
        interface =
            if case .interface(let index, _, _) = attachment.point { names.name(of: index) } else { nil }
    }

    /// `eth0/ingress/tcx`, or `cgroup/cgroup_inet4_connect`; an interface or cgroup that is gone has a `!`.
    var word: String {
        let place =
            switch attachment.point {
            case .interface(_, let direction, let mechanism):
                "\(interface ?? InterfaceNames.gone)/\(direction.rawValue)/\(mechanism.rawValue)"
            case .cgroup(let type, _): "cgroup/\(type.name)"
            }
        return attachment.isInPlace ? place : "\(place)!"
    }

    func fields(_ item: inout ObjectWriter) {
        switch attachment.point {
        case .interface(let index, let direction, let mechanism):
            item.string("interface", interface)
            item.integer("interfaceIndex", index)
            item.string("direction", direction.rawValue)
            item.string("mechanism", mechanism.rawValue)
        case .cgroup(let type, _):
            item.string("attachType", type.name)
            item.string("mechanism", "cgroup")
        }
        item.integer("programID", attachment.programID)
        item.bool("manual", attachment.isManual)
        item.bool("inPlace", attachment.isInPlace)
    }
}

extension DataplaneProgram.Hook {
    /// `workload/ingress`, `uplink/egress`, `cgroup/cgroup_inet4_connect`.
    var text: String {
        switch self {
        case .interface(let role, let direction): "\(role.rawValue)/\(direction.rawValue)"
        case .cgroup(let type): "cgroup/\(type.name)"
        }
    }
}
