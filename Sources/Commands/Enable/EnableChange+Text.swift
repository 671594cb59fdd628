// SPDX-License-Identifier: Apache-2.0

import Dataplane
import DataplaneModel
import Rendering
import Topology

extension EnableChange {
    /// True for a look at the routes that found nothing to do.
    var isEmpty: Bool {
        guard case .routes(let changes) = self else { return false }
        return changes.added.isEmpty && changes.changed.isEmpty && changes.removed.isEmpty
    }

    /// As ``phrase(_:)``, one for each option that is another one now.
    func phrases(_ names: InterfaceNames) -> [(text: String, program: String?)] {
        guard case .configured(let old, let new) = self else { return [phrase(names)] }
        return OptionChange.between(old, new).map { ($0.text, nil) }
    }

    /// What was done where, and to which program: `attached to eth0 (tcx)` and `from_uplink_v4`.
    func phrase(_ names: InterfaceNames) -> (text: String, program: String?) {
        switch self {
        case .attached(let attachment): ("attached to \(attachment.place(names))", attachment.program.pinName)
        case .replaced(let attachment): ("replaced on \(attachment.place(names))", attachment.program.pinName)
        case .detached(let attachment): ("detached from \(attachment.place(names))", attachment.program.pinName)
        default: (text, nil)
        }
    }

    private var text: String {
        switch self {
        case .mounted(let path): "mounted a bpffs on \(path)"
        case .resized(let map, let old, let new, let used):
            "resized map \(map) from \(old) to \(new) entries, \(used) in use"
                + (used > new ? ": those that were idle longest are gone" : "")
        case .programsReloaded(let old, let new): "replaced programs of version \(old) by those of \(new)"
        case .routes(let changes):
            "routes: \(changes.added.count) added, \(changes.changed.count) changed, \(changes.removed.count) removed"
        case .overlay(let change): change.text
        case .attached, .replaced, .detached, .configured: ""
        }
    }

    func fields(_ item: inout ObjectWriter, _ names: InterfaceNames) {
        item.string("action", action)
        switch self {
        case .mounted(let path): item.string("path", path)
        case .attached(let attachment), .replaced(let attachment), .detached(let attachment):
            item.string("program", attachment.program.pinName)
            PlaceText(attachment, names: names).fields(&item)
        case .resized(let map, let old, let new, let used):
            item.string("map", map)
            item.integer("from", old)
            item.integer("to", new)
            item.integer("used", used)
        case .configured(let old, let new):
            item.strings("from", EnableOptions.asked(in: old))
            item.strings("to", EnableOptions.asked(in: new))
            item.array("options", OptionChange.between(old, new)) { $0.fields(&$1) }
        case .programsReloaded(let old, let new):
            item.string("from", old)
            item.string("to", new)
        case .routes(let changes):
            item.strings("added", changes.added.map(\.prefix.description))
            item.strings("changed", changes.changed.map(\.prefix.description))
            item.strings("removed", changes.removed.map(\.prefix.description))
        case .overlay(let change): change.fields(&item)
        }
    }

    private var action: String {
        switch self {
        case .mounted: "mounted"
        case .attached: "attached"
        case .replaced: "replaced"
        case .detached: "detached"
        case .resized: "resized"
        case .configured: "configured"
        case .programsReloaded: "programs-reloaded"
        case .routes: "routes"
        case .overlay(.created): "overlay-created"
        case .overlay(.resized): "overlay-resized"
        case .overlay(.repaired): "overlay-repaired"
        case .overlay(.removed): "overlay-removed"
        }
    }
}

extension OverlayChange {
    fileprivate var text: String {
        switch self {
        case .created(let port, let mtu): "made the overlay's device \(OverlayLink.name): UDP port \(port), MTU \(mtu)"
        case .resized(let old, let new): "changed the overlay's MTU from \(old) to \(new)"
        case .repaired: "put the overlay's device \(OverlayLink.name) right"
        case .removed: "removed the overlay's device \(OverlayLink.name)"
        }
    }

    fileprivate func fields(_ item: inout ObjectWriter) {
        item.string("interface", OverlayLink.name)
        switch self {
        case .created(let port, let mtu):
            item.integer("port", port)
            item.integer("mtu", mtu)
        case .resized(let old, let new):
            item.integer("from", old)
            item.integer("to", new)
        case .repaired, .removed: break
        }
    }
}

extension Attachment {
    fileprivate func place(_ names: InterfaceNames) -> String {
        switch point {
        case .interface(let index, _, let mechanism): "\(names.name(of: index) ?? "#\(index)") (\(mechanism.rawValue))"
        case .cgroup: "the cgroup"
        }
    }
}

extension EnableStep {
    /// What `--verbose` says before the step is taken.
    var text: String {
        switch self {
        case .mountBPFFS(let path): "mounting a bpffs on \(path)"
        case .cleanUp(let path): "cleaning up \(path)"
        case .createDirectory(let path): "creating \(path)"
        case .prepareOverlay: "preparing the overlay's device \(OverlayLink.name)"
        case .load(let object): "loading \(object)"
        case .resize(let map): "resizing map \(map)"
        case .writeRoutes: "writing routes"
        case .replace(let link): "replacing \(link)"
        case .attach(let link): "attaching \(link)"
        case .detach(let link): "detaching \(link)"
        case .record: "recording"
        case .publish: "publishing"
        }
    }
}
