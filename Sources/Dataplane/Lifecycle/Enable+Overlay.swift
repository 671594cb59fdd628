// SPDX-License-Identifier: Apache-2.0

internal import DataplaneModel
internal import LinuxSystem
internal import Topology

/// What has become of the overlay.
package enum OverlayOutcome: Hashable, Sendable {
    /// The index is 0 while the device is only planned.
    case device(index: UInt32, port: UInt16, mtu: Int)
    /// `--overlay-port 0`.
    case off
    /// The kernel has no VXLAN: node ports are served by this node's own backends only.
    case unsupported

    /// 0 without a device.
    package var index: UInt32 {
        if case .device(let index, _, _) = self { index } else { 0 }
    }
}

/// A change of the overlay's device.
package enum OverlayChange: Hashable, Sendable {
    case created(port: UInt16, mtu: Int)
    case resized(from: Int, to: Int)
    /// Brought up, or its settings put right.
    case repaired
    case removed
}

extension Enable {
    /// One index or none; 0 while the device is only planned.
    var overlayIndexes: [UInt32] {
        if case .device(let index, _, _) = overlay { [index] } else { [] }
    }

    /// Refuses another product's device before anything is changed.
    static func checkOverlayName(_ snapshot: NodeSnapshot, _ options: EnableOptions) throws(DataplaneError) {
        guard options.overlayPort != 0 else { return }
        for link in snapshot.links where link.name == OverlayLink.name && !link.isOverlay {
            throw .foreignOverlay(name: link.name, kind: link.kind)
        }
        for link in snapshot.links where link.name == OverlayLink.formerName && !link.isFormerOverlay {
            throw .foreignOverlay(name: link.name, kind: link.kind)
        }
    }

    /// By the family whose outer headers are the larger of those that are served.
    var overlaySettings: OverlayDevice.Settings {
        let family: AddressFamily = options.families.contains(.v6) ? .v6 : .v4
        return OverlayDevice.Settings(port: options.overlayPort, mtu: nodeConstants.overlayMTU(family))
    }

    /// What the programs are loaded with, by the overlay as it is by now.
    var nodeConstants: NodeConstants {
        NodeConstants(
            overlayIndex: overlay.index, uplinkMTU: selection.uplinks.map(\.mtu).min() ?? 1500,
            workloadMTU: selection.workloads.map(\.mtu).max() ?? 1500,
            namespaceCookie: NetworkNamespace.currentCookie() ?? 0)
    }

    /// Notes what ``prepareOverlay()`` would do.
    mutating func planOverlay() throws(DataplaneError) {
        let present = try OverlayDevice.present()
        guard options.overlayPort != 0 else {
            overlay = .off
            if present != nil { changes.append(.overlay(.removed)) }
            return
        }
        let settings = overlaySettings
        guard let present, present.vxlan?.port == settings.port else {
            if present != nil { changes.append(.overlay(.removed)) }
            changes.append(.overlay(.created(port: settings.port, mtu: settings.mtu)))
            overlay = .device(index: 0, port: settings.port, mtu: settings.mtu)
            return
        }
        overlay = .device(index: present.index, port: settings.port, mtu: settings.mtu)
        note(present, settings)
    }

    /// Makes sure of the device, whose index the programs need to be loaded with.
    mutating func prepareOverlay() throws(DataplaneError) {
        guard options.overlayPort != 0 else {
            overlay = .off
            return
        }
        let settings = overlaySettings
        let present = try OverlayDevice.present()
        if let present, present.vxlan?.port == settings.port {
            try keepOverlay(present, settings)
            return
        }
        try willPerform(.prepareOverlay)
        if let present {
            undo.add("device \(present.name)") { () throws(DataplaneError) in try OverlayDevice.restore(present) }
            try OverlayDevice.setAside(present)
            changes.append(.overlay(.removed))
        } else if let former = try OverlayDevice.former() {
            // A command was killed that had put it aside.
            try OverlayDevice.remove(former.index)
        }
        try createOverlay(settings)
    }

    private mutating func keepOverlay(
        _ present: NetworkLink, _ settings: OverlayDevice.Settings
    ) throws(DataplaneError) {
        overlay = .device(index: present.index, port: settings.port, mtu: settings.mtu)
        guard !OverlayDevice.isReady(present, settings) else { return }
        try willPerform(.prepareOverlay)
        undo.add("device \(present.name)") { () throws(DataplaneError) in
            try OverlayDevice.adjust(present, to: OverlayDevice.Settings(port: settings.port, mtu: present.mtu))
        }
        note(present, settings)
        try OverlayDevice.adjust(present, to: settings)
    }

    private mutating func createOverlay(_ settings: OverlayDevice.Settings) throws(DataplaneError) {
        undo.add("device \(OverlayLink.name)") { () throws(DataplaneError) in
            if let made = try OverlayDevice.present() { try OverlayDevice.remove(made.index) }
        }
        do {
            let index = try OverlayDevice.create(settings)
            overlay = .device(index: index, port: settings.port, mtu: settings.mtu)
            changes.append(.overlay(.created(port: settings.port, mtu: settings.mtu)))
        } catch .system(let error) where error.errno == .notSupported && error.operation == .addLink {
            overlay = .unsupported
        }
    }

    private mutating func note(_ present: NetworkLink, _ settings: OverlayDevice.Settings) {
        if present.mtu != settings.mtu {
            changes.append(.overlay(.resized(from: present.mtu, to: settings.mtu)))
        } else if !OverlayDevice.isReady(present, settings) {
            changes.append(.overlay(.repaired))
        }
    }

    /// Removes the devices that no program leads to any more; by then the new state is in force.
    mutating func removeObsoleteOverlays() throws(DataplaneError) {
        if let former = try OverlayDevice.former() { try OverlayDevice.remove(former.index) }
        guard options.overlayPort == 0, let present = try OverlayDevice.present() else { return }
        try OverlayDevice.remove(present.index)
        changes.append(.overlay(.removed))
    }
}
