// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import CDataplaneABI
import DataplaneModel
import LinuxSystem
import TestSupport
import Testing
import Topology

@testable import Dataplane

/// The VXLAN device that `enable` makes and keeps in step with the programs.
@Suite(.needsKernel) struct OverlayTests {
    private func options(port: UInt16 = EnableOptions.defaultOverlayPort) -> EnableOptions {
        var options = EnabledNode.options()
        options.overlayPort = port
        return options
    }

    private func device(on node: EnabledNode, named name: String = OverlayLink.name) throws -> NetworkLink? {
        try node.network.run { try NetlinkSocket().link(named: name) }
    }

    /// What a program knows.
    private func constants(of program: String, on node: EnabledNode) throws -> dataplane_config {
        let program = try #require(DataplaneProgram.named(program).first)
        return try #require(try LoadedConstants.config(of: program, in: node.live))
    }

    private func addVXLAN(_ settings: VXLANSettings, on node: EnabledNode) throws {
        try node.network.run {
            let socket = try NetlinkSocket()
            try socket.addVXLAN(settings)
            try socket.change(index: socket.index(of: settings.name), LinkSettings(isUp: true))
        }
    }

    /// That device, programs and attachments agree, and nothing else of an overlay is there.
    private func expectOneOverlay(
        on node: EnabledNode, port: UInt16, mtu: Int = 1430, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let device = try #require(try device(on: node), sourceLocation: sourceLocation)
        #expect(
            try node.hooks().overlays == ["ebpfctl port \(port) MTU \(mtu) up"], sourceLocation: sourceLocation)
        for name in ["from_uplink_v4", "from_workload_v6", "from_overlay_v4"] {
            let known = try constants(of: name, on: node)
            #expect(known.overlay_ifindex == device.index, sourceLocation: sourceLocation)
            #expect(known.overlay_port == port.bigEndian, sourceLocation: sourceLocation)
            #expect(Int(known.overlay_mtu_v4) == mtu + 20, sourceLocation: sourceLocation)
            #expect(Int(known.overlay_mtu_v6) == mtu, sourceLocation: sourceLocation)
        }
        let places = try node.attachments().filter { $0.program.name == "from_overlay" }.map(\.point)
        let place = AttachPoint.interface(index: device.index, .ingress, .preferred)
        #expect(places == [place, place], sourceLocation: sourceLocation)
    }

    @Test func theDeviceIsMadeBeforeTheProgramsThatNameIt() throws {
        let node = try EnabledNode()
        let report = try node.enable(options())
        let device = try #require(try device(on: node))
        #expect(report.overlay == .device(index: device.index, port: 14789, mtu: 1430))
        #expect(report.changes.contains(.overlay(.created(port: 14789, mtu: 1430))))
        #expect(device.vxlan == VXLANProperties(port: 14789, isExternal: true))
        try expectOneOverlay(on: node, port: 14789)
        let cookie = try node.network.run { NetworkNamespace.currentCookie() }
        #expect(try constants(of: "connect4", on: node).host_netns == cookie ?? 0)
    }

    /// Clients' addresses are never routed to the device, and it speaks with nobody itself.
    @Test func theDeviceHasNoReversePathFilterAndNoAddress() throws {
        let node = try EnabledNode()
        try node.network.run { try Sysctl.write("net/ipv4/conf/default/rp_filter", "1") }
        try node.enable(options())
        #expect(try node.network.run { try Sysctl.read("net/ipv4/conf/ebpfctl/rp_filter") } == "0")
        let index = try #require(try device(on: node)?.index)
        let addresses = try node.network.run { try NetlinkSocket().addresses() }
        #expect(addresses.filter { $0.interfaceIndex == index } == [])
    }

    /// One device receives the outer packets of both families.
    @Test func theDeviceListensInBothFamilies() throws {
        let node = try EnabledNode()
        try node.enable(options())
        for table in ["udp", "udp6"] {
            let sockets = try node.network.run { try Filesystem.readText("/proc/thread-self/net/\(table)") }
            #expect(sockets.contains(":39C5 "), "no socket of port 14789 in \(table)")
        }
    }

    @Test func aSmallerUplinkMakesASmallerOverlay() throws {
        let node = try EnabledNode()
        try node.enable(options())
        let uplink = try node.network.index(of: PrivateNode.uplinkName)
        try node.network.run { try NetlinkSocket().change(index: uplink, LinkSettings(mtu: 1400)) }
        let report = try node.enable(options())
        #expect(report.changes.contains(.overlay(.resized(from: 1430, to: 1330))))
        try expectOneOverlay(on: node, port: 14789, mtu: 1330)
        #expect(try node.enable(options()).changes.count == 1)
    }

    @Test func aVanishedDeviceIsMadeAgainAndTheProgramsFollow() throws {
        let node = try EnabledNode()
        try node.enable(options())
        let old = try #require(try device(on: node)?.index)
        try node.network.removeLink(OverlayLink.name)
        // The kernel would give the number of the device that has gone to the next one.
        try node.network.run { try NetlinkSocket().addLink(kind: "bridge", LinkSettings(name: "other")) }
        #expect(try status(of: node).contains(.overlayBroken))
        try node.enable(options())
        #expect(try device(on: node)?.index != old)
        try expectOneOverlay(on: node, port: 14789)
        #expect(try status(of: node).filter { $0 == .overlayBroken } == [])
    }

    @Test func aDeviceThatWasTakenDownIsBroughtUpAgain() throws {
        let node = try EnabledNode()
        try node.enable(options())
        let index = try #require(try device(on: node)?.index)
        try node.network.run { try NetlinkSocket().change(index: index, LinkSettings(isUp: false)) }
        #expect(try status(of: node).contains(.overlayBroken))
        #expect(try node.enable(options()).changes.contains(.overlay(.repaired)))
        try expectOneOverlay(on: node, port: 14789)
    }

    @Test func anotherPortIsAnotherDevice() throws {
        let node = try EnabledNode()
        try node.enable(options())
        let report = try node.enable(options(port: 14790))
        #expect(report.changes.contains(.overlay(.created(port: 14790, mtu: 1430))))
        try expectOneOverlay(on: node, port: 14790)
    }

    @Test func withoutAPortThereIsNoDevice() throws {
        let node = try EnabledNode()
        #expect(try node.enable(options(port: 0)).overlay == .off)
        #expect(try node.hooks().overlays == [])
        #expect(try constants(of: "from_uplink_v4", on: node).overlay_ifindex == 0)
        try node.enable(options())
        try expectOneOverlay(on: node, port: 14789)
        let report = try node.enable(options(port: 0))
        #expect(report.changes.contains(.overlay(.removed)))
        #expect(try node.hooks().overlays == [])
        #expect(try constants(of: "from_uplink_v4", on: node).overlay_ifindex == 0)
        #expect(try node.attachments().filter { $0.program.name == "from_overlay" } == [])
        #expect(try status(of: node) == [])
    }

    @Test(arguments: [OverlayLink.name, OverlayLink.formerName])
    func aForeignDeviceOfTheNameIsRefusedAndLeftAlone(name: String) throws {
        let node = try EnabledNode()
        try node.network.run { try NetlinkSocket().addLink(kind: "bridge", LinkSettings(name: name)) }
        #expect(throws: DataplaneError.foreignOverlay(name: name, kind: "bridge")) { try node.enable(options()) }
        try node.expectNothingLeft(of: KernelObjects())
        try node.enable(options(port: 0))
        try node.disable()
        #expect(try device(on: node, named: name)?.kind == "bridge")
    }

    @Test(arguments: [
        VXLANSettings(name: "other", port: 14789),
        VXLANSettings(name: "other", identifier: 42, port: 14789, lowerIndex: 1),
    ])
    func aPortThatAnotherDeviceHasIsRefused(other: VXLANSettings) throws {
        let node = try EnabledNode()
        try addVXLAN(other, on: node)
        #expect(throws: DataplaneError.overlayPortTaken(14789)) { try node.enable(options()) }
        try node.expectNothingLeft(of: KernelObjects())
        #expect(try device(on: node, named: "other") != nil)
        try node.enable(options(port: 14790))
        try expectOneOverlay(on: node, port: 14790)
    }

    /// A command was killed, or the bpffs with the pins unmounted.
    @Test func aDeviceWithoutPinsIsTakenOver() throws {
        let node = try EnabledNode()
        try addVXLAN(VXLANSettings(name: OverlayLink.name, port: 14789), on: node)
        let index = try device(on: node)?.index
        try node.enable(options())
        #expect(try device(on: node)?.index == index)
        try expectOneOverlay(on: node, port: 14789)
    }

    @Test func disableFindsADeviceWithoutPins() throws {
        let node = try EnabledNode()
        try addVXLAN(VXLANSettings(name: OverlayLink.name, port: 14789), on: node)
        let found = [RemovedItem(kind: .device, name: OverlayLink.name)]
        #expect(try node.disable(isDryRun: true).removed == found)
        #expect(try device(on: node) != nil)
        #expect(try node.disable() == DisableReport(wasEnabled: true, removed: found, leftovers: []))
        #expect(try device(on: node) == nil)
        #expect(try node.disable() == DisableReport(wasEnabled: false, removed: [], leftovers: []))
    }

    /// Killed while another port took the place of the old one.
    @Test(arguments: [false, true]) func aDeviceThatWasPutAsideIsRemoved(byDisable: Bool) throws {
        let node = try EnabledNode()
        try node.enable(options())
        let old = try #require(try device(on: node))
        try node.network.run { try OverlayDevice.setAside(old) }
        #expect(try status(of: node).contains(.overlayBroken))
        let objects = node.pinned()
        if byDisable {
            try node.disable()
            try node.expectNothingLeft(of: objects)
        } else {
            try node.enable(options())
            try expectOneOverlay(on: node, port: 14789)
        }
    }

    /// The programs know no overlay although the options ask for one.
    @Test func aKernelWithoutVXLANIsNotedButDegradesNothing() throws {
        let node = try EnabledNode()
        try node.enable(options(port: 0))
        let meta = try MetaStore(in: node.live)
        var record = try meta.record()
        record.configuration.removeAll { $0.hasPrefix("--overlay-port") }
        try meta.write(record)
        #expect(try status(of: node) == [.overlayUnsupported])
        #expect(!StatusProblem.overlayUnsupported.isDegrading)
    }

    /// What the overlay brings is dropped where it goes through the host stack, whatever the device's own setting is.
    @Test func aStrictFilterOnAllDevicesIsNotedWhereItMatters() throws {
        let node = try EnabledNode()
        try node.enable(options())
        try node.network.run { try Sysctl.write("net/ipv4/conf/all/rp_filter", "1") }
        #expect(try status(of: node) == [])
        try serve(on: node, backend: "192.0.2.1:8080")
        #expect(try status(of: node) == [.reversePathFilter])
        try serve(on: node, backend: "10.1.0.2:8080")
        #expect(try status(of: node) == [])
        var stack = options()
        stack.forwarding = .stack
        try node.enable(stack)
        #expect(try status(of: node) == [.reversePathFilter])
        try node.network.run { try Sysctl.write("net/ipv4/conf/all/rp_filter", "2") }
        #expect(try status(of: node) == [])
    }

    @Test func aPodThatMaySendMoreThanAnyUplinkCarriesIsNoted() throws {
        let node = try EnabledNode()
        try node.enable(options())
        let pod = try node.network.index(of: "pod0")
        try node.network.run { try NetlinkSocket().change(index: pod, LinkSettings(mtu: 1501)) }
        #expect(try status(of: node) == [.mtuAboveUplink(interface: "pod0", mtu: 1501, uplink: 1500)])
        let report = try node.network.run { try Dataplane(at: node.location, .reading).status() }
        #expect([report.mtus.uplink, report.mtus.overlay, report.mtus.workload] == [1500, 1430, 1501])
        #expect(report.overlay?.port == 14789)
        #expect(!report.isDegraded)
    }

    private func serve(on node: EnabledNode, backend: String) throws {
        let web = try Service("default/web", ["10.96.0.10:80/tcp"], [backend])
        var store = try ServiceStore(in: node.live)
        let difference = try store.difference(to: [web], pruning: false)
        try store.apply(difference)
    }

    private func status(of node: EnabledNode) throws -> [StatusProblem] {
        try node.network.run { try Dataplane(at: node.location, .reading).status().problems }
    }
}
