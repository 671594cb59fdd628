// SPDX-License-Identifier: Apache-2.0

internal import LinuxSystem
internal import Topology

/// Makes, changes and removes the VXLAN devices that bear the tool's names; knows nothing of why.
///
/// The device has no addresses and no route leads to it: packets come and go by the programs' redirection only.
struct OverlayDevice {
    /// What it is to be like.
    struct Settings: Hashable {
        /// UDP, host order.
        var port: UInt16
        var mtu: Int
    }

    /// The device as it is now; nil when there is none.
    static func present() throws(DataplaneError) -> NetworkLink? {
        try link(named: OverlayLink.name).flatMap { $0.isOverlay ? $0 : nil }
    }

    /// The device that one that was killed has put aside.
    static func former() throws(DataplaneError) -> NetworkLink? {
        try link(named: OverlayLink.formerName).flatMap { $0.isFormerOverlay ? $0 : nil }
    }

    /// - Returns: its index.
    /// - Throws: ``DataplaneError/overlayPortTaken(_:)``; `EOPNOTSUPP` where the kernel has no VXLAN.
    static func create(_ settings: Settings) throws(DataplaneError) -> UInt32 {
        try reportingTakenPort(settings.port) { (socket) throws(SystemError) in
            try socket.addVXLAN(VXLANSettings(name: OverlayLink.name, port: settings.port, mtu: settings.mtu))
        }
        guard let link = try present() else { throw .unknownInterface(OverlayLink.name) }
        try adjust(link, to: settings)
        return link.index
    }

    /// Whether ``adjust(_:to:)`` has nothing to do.
    static func isReady(_ link: NetworkLink, _ settings: Settings) -> Bool {
        link.isUp && link.mtu == settings.mtu && OverlaySysctl.allCases.allSatisfy { $0.isSet }
    }

    /// Brings the device up with these settings but for the port, which cannot be changed.
    static func adjust(_ link: NetworkLink, to settings: Settings) throws(DataplaneError) {
        for setting in OverlaySysctl.allCases where !setting.isSet {
            try system { () throws(SystemError) in try setting.write() }
        }
        try reportingTakenPort(settings.port) { (socket) throws(SystemError) in
            try socket.change(index: link.index, LinkSettings(isUp: true, mtu: settings.mtu))
        }
    }

    /// Takes a device down and gives it the name of those that are to go; programs that name its index keep their way.
    static func setAside(_ link: NetworkLink) throws(DataplaneError) {
        if let former = try former() { try remove(former.index) }
        try change(link.index, LinkSettings(isUp: false))
        try change(link.index, LinkSettings(name: OverlayLink.formerName))
    }

    /// Takes ``setAside(_:)`` back.
    static func restore(_ link: NetworkLink) throws(DataplaneError) {
        guard let former = try former(), former.index == link.index else { return }
        try change(link.index, LinkSettings(name: OverlayLink.name))
        try change(link.index, LinkSettings(isUp: link.isUp, mtu: link.mtu))
    }

    static func remove(_ index: UInt32) throws(DataplaneError) {
        do {
            try NetlinkSocket().deleteLink(index: index)
        } catch {
            guard error.errno == .noDevice else { throw .system(error) }
        }
    }

    private static func change(_ index: UInt32, _ settings: LinkSettings) throws(DataplaneError) {
        try system { () throws(SystemError) in try NetlinkSocket().change(index: index, settings) }
    }

    private static func link(named name: String) throws(DataplaneError) -> NetworkLink? {
        try system { () throws(SystemError) in try NetlinkSocket().link(named: name) }
    }

    /// The kernel refuses a second external device of the same port at once, another kind of user when it binds.
    private static func reportingTakenPort(
        _ port: UInt16, _ work: (borrowing NetlinkSocket) throws(SystemError) -> Void
    ) throws(DataplaneError) {
        do throws(SystemError) {
            try work(NetlinkSocket())
        } catch {
            guard [.exists, .addressInUse].contains(error.errno) else { throw .system(error) }
            throw .overlayPortTaken(port)
        }
    }
}

/// The device's own settings below `/proc/sys/net` that differ from what a new device gets.
private enum OverlaySysctl: CaseIterable {
    /// Off: the clients' addresses are never routed to the device.
    case reversePathFilter
    /// None: the device speaks with nobody, so it needs no link-local address. Absent where there is no IPv6.
    case addressGeneration

    private var setting: (name: String, value: String) {
        switch self {
        case .reversePathFilter: ("net/ipv4/conf/\(OverlayLink.name)/rp_filter", "0")
        case .addressGeneration: ("net/ipv6/conf/\(OverlayLink.name)/addr_gen_mode", "1")
        }
    }

    /// True also for a setting that this kernel does not have.
    var isSet: Bool {
        guard let value = try? Sysctl.read(setting.name) else { return true }
        return value == setting.value
    }

    func write() throws(SystemError) { try Sysctl.write(setting.name, setting.value) }
}
