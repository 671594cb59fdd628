// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Foundation
import Testing

@testable import LinuxSystem

@Suite(.needsRoot) struct NetlinkLinkTests {
    let namespace: Namespaces

    init() throws {
        namespace = try Namespaces()
    }

    @Test func aNewNamespaceHasOnlyTheLoopback() throws {
        let links = try namespace.near.links()
        let loopback = try #require(links.first { $0.name == "lo" })
        #expect(loopback.index == 1)
        #expect(loopback.isLoopback && !loopback.isUp && loopback.hasEthernetHeader)
        #expect(loopback.kind == nil && loopback.peerIndex == nil && loopback.masterIndex == nil)
        #expect(try namespace.near.link(named: "lo") == loopback)
        #expect(try namespace.near.link(index: 1) == loopback)
        #expect(try namespace.near.link(named: "none") == nil)
        #expect(try namespace.near.link(index: 4711) == nil)
    }

    @Test func bothEndsOfAPairKnowEachOther() throws {
        let mac = MACAddress(local: 7)
        try namespace.near.addVethPair(
            LinkSettings(name: "a", isUp: true, mtu: 1400, macAddress: mac), LinkSettings(name: "b"))
        let near = try namespace.near.required("a")
        let far = try namespace.near.required("b")
        #expect(near.kind == "veth" && near.isUp && near.mtu == 1400 && near.hasEthernetHeader)
        #expect(near.macAddress == mac)
        #expect("\(mac)" == "02:eb:00:00:00:07")
        #expect(near.peerIndex == far.index && far.peerIndex == near.index)
        #expect(!near.isPeerElsewhere && !far.isUp && far.mtu == 1500)
    }

    @Test func aPairReachesIntoAnotherNamespace() throws {
        try namespace.near.addVethPair(
            LinkSettings(name: "a"), LinkSettings(name: "eth0"), farIn: namespace.farNamespace)
        let near = try namespace.near.required("a")
        let far = try namespace.far.required("eth0")
        #expect(near.isPeerElsewhere && far.isPeerElsewhere)
        #expect(near.peerIndex == far.index)
        #expect(try namespace.near.link(named: "eth0") == nil)
    }

    @Test func bothEndsOfAPairAreMadeElsewhere() throws {
        let outside = try NetlinkSocket()
        try outside.addVethPair(
            LinkSettings(name: "one"), in: namespace.nearNamespace, LinkSettings(name: "two"),
            in: namespace.farNamespace)
        #expect(try namespace.near.required("one").isPeerElsewhere)
        #expect(try namespace.far.required("two").isPeerElsewhere)
    }

    @Test func theFarEndCannotBeUpFromTheStart() {
        #expect(throws: SystemError(.addLink, "a", Errno(rawValue: ENOTCONN))) {
            try namespace.near.addVethPair(LinkSettings(name: "a"), LinkSettings(name: "b", isUp: true))
        }
    }

    @Test func aTakenNameIsRefusedAndNamed() throws {
        try namespace.near.addLink(kind: "bridge", LinkSettings(name: "br0"))
        #expect(throws: SystemError(.addLink, "br0", .exists)) {
            try namespace.near.addLink(kind: "bridge", LinkSettings(name: "br0"))
        }
    }

    @Test func theKernelsOwnWordsAreKept() throws {
        let error = #expect(throws: SystemError.self) {
            try namespace.near.addLink(kind: "no-such-kind", LinkSettings(name: "x"))
        }
        #expect(error.map { "\($0)" } == "cannot add link 'x': operation not supported (Unknown device type)")
    }

    @Test func linksJoinAndLeaveABridge() throws {
        try namespace.near.addLink(kind: "bridge", LinkSettings(name: "br0", isUp: true))
        try namespace.near.addVethPair(LinkSettings(name: "a"), LinkSettings(name: "b"))
        let bridge = try namespace.near.required("br0")
        let member = try namespace.near.required("a").index
        #expect(bridge.kind == "bridge" && bridge.isUp)
        try namespace.near.change(index: member, LinkSettings(masterIndex: bridge.index))
        #expect(try namespace.near.required("a").masterIndex == bridge.index)
        try namespace.near.change(index: member, LinkSettings(masterIndex: 0))
        #expect(try namespace.near.required("a").masterIndex == nil)
    }

    @Test func aLinksPropertiesChange() throws {
        try namespace.near.addLink(kind: "bridge", LinkSettings(name: "d"))
        let index = try namespace.near.required("d").index
        let mac = MACAddress(local: 0x0102_0304)
        try namespace.near.change(index: index, LinkSettings(isUp: true, mtu: 1280, macAddress: mac))
        let changed = try namespace.near.required("d")
        #expect(changed.isUp && changed.mtu == 1280 && changed.macAddress == mac)
        try namespace.near.change(index: index, LinkSettings(isUp: false))
        #expect(try !namespace.near.required("d").isUp)
        try namespace.near.change(index: index, LinkSettings(name: "e"))
        #expect(try namespace.near.required("e").index == index)
        #expect(throws: SystemError(.changeLink, "#99", .noDevice)) {
            try namespace.near.change(index: 99, LinkSettings(isUp: true))
        }
    }

    @Test func aLinkMovesUnderANewName() throws {
        try namespace.near.addVethPair(LinkSettings(name: "d"), LinkSettings(name: "e"))
        try namespace.near.move(
            index: try namespace.near.required("d").index, to: namespace.farNamespace, name: "moved")
        #expect(try namespace.near.link(named: "d") == nil)
        #expect(try namespace.far.required("moved").peerIndex == namespace.near.required("e").index)
    }

    @Test func deletingOneEndTakesBoth() throws {
        try namespace.near.addVethPair(LinkSettings(name: "a"), LinkSettings(name: "b"))
        let index = try namespace.near.required("a").index
        try namespace.near.deleteLink(index: index)
        #expect(try namespace.near.link(named: "b") == nil)
        #expect(throws: SystemError(.deleteLink, "#\(index)", .noDevice)) {
            try namespace.near.deleteLink(index: index)
        }
    }

    @Test func overlaysComeWithAnIdentifierOrWithout() throws {
        try namespace.near.addVXLAN(VXLANSettings(name: "external", port: 4790, mtu: 1450))
        let external = try namespace.near.required("external")
        #expect(external.kind == "vxlan" && external.mtu == 1450 && !external.isUp)
        #expect(external.vxlan == VXLANProperties(port: 4790, isExternal: true))
        try namespace.near.addVXLAN(
            VXLANSettings(name: "fixed", identifier: 42, local: try IPAddress("10.1.2.3"), lowerIndex: 1))
        #expect(try namespace.near.required("fixed").vxlan == VXLANProperties(port: 4789, isExternal: false))
        #expect(try namespace.near.required("lo").vxlan == nil)
        #expect(throws: SystemError.self) {
            try namespace.near.addVXLAN(VXLANSettings(name: "again", port: 4790))
        }
    }

    @Test func aWholeDumpComesBackByIndex() throws {
        // Enough that the kernel needs several messages.
        for number in 0..<20 {
            try namespace.near.addVethPair(LinkSettings(name: "n\(number)"), LinkSettings(name: "f\(number)"))
        }
        let links = try namespace.near.links()
        #expect(links.filter { $0.kind == "veth" }.count == 40)
        #expect(links.map(\.index) == links.map(\.index).sorted())
    }
}

@Suite(.needsRoot) struct NetlinkAddressTests {
    let namespace: Namespaces
    let index: UInt32

    init() throws {
        namespace = try Namespaces()
        try namespace.near.addVethPair(LinkSettings(name: "a", isUp: true), LinkSettings(name: "b"))
        try namespace.near.change(index: namespace.near.required("b").index, LinkSettings(isUp: true))
        index = try namespace.near.required("a").index
    }

    @Test func addressesOfBothFamiliesAreUsableAtOnce() throws {
        let four = try IPAddress("10.244.1.1")
        let six = try IPAddress("fd00:244:1::1")
        try namespace.near.addAddress(four, prefixLength: 24, to: index)
        try namespace.near.addAddress(six, prefixLength: 64, to: index)
        let listed = try namespace.near.addresses().filter { $0.interfaceIndex == index && !$0.address.isLinkLocal }
        #expect(listed.map(\.address) == [four, six])
        #expect(listed.map(\.prefixLength) == [24, 64])
        #expect(listed.map(\.scope) == [.universe, .universe])
        #expect(listed.allSatisfy { $0.isUsable })
        #expect(listed.map { "\($0.subnet)" } == ["10.244.1.0/24", "fd00:244:1::/64"])
        #expect(try namespace.near.addresses(family: .v4).map(\.address) == [four])
    }

    @Test func addingTwiceIsContentAndDeletingTwiceIsNot() throws {
        let address = try IPAddress("10.1.0.1")
        try namespace.near.addAddress(address, prefixLength: 32, to: index)
        try namespace.near.addAddress(address, prefixLength: 32, to: index)
        #expect(try namespace.near.addresses(family: .v4).count == 1)
        try namespace.near.deleteAddress(address, prefixLength: 32, from: index)
        let error = #expect(throws: SystemError.self) {
            try namespace.near.deleteAddress(address, prefixLength: 32, from: index)
        }
        #expect(error?.errno == .addressNotAvailable)
        #expect(error?.subject == "10.1.0.1/32")
    }

    @Test func neighboursAreEnteredReplacedAndForgotten() throws {
        let address = try IPAddress("10.1.0.2")
        try namespace.near.setNeighbour(address, macAddress: MACAddress(local: 1), on: index)
        try namespace.near.setNeighbour(address, macAddress: MACAddress(local: 2), on: index)
        let six = try IPAddress("fd00::2")
        try namespace.near.setNeighbour(six, macAddress: MACAddress(local: 3), on: index)
        let listed = try namespace.near.neighbours().filter { $0.state == .permanent }
        #expect(listed.map(\.address) == [address, six])
        #expect(listed.map(\.macAddress) == [MACAddress(local: 2), MACAddress(local: 3)])
        try namespace.near.deleteNeighbour(address, on: index)
        #expect(try !namespace.near.neighbours(family: .v4).contains { $0.state == .permanent })
        let error = #expect(throws: SystemError.self) { try namespace.near.deleteNeighbour(address, on: index) }
        #expect(error?.errno == .noEntry)
    }
}

@Suite(.needsRoot) struct NetlinkRouteTests {
    let namespace: Namespaces
    let index: UInt32

    init() throws {
        namespace = try Namespaces()
        try namespace.near.addVethPair(LinkSettings(name: "a", isUp: true), LinkSettings(name: "b"))
        try namespace.near.change(index: namespace.near.required("b").index, LinkSettings(isUp: true))
        index = try namespace.near.required("a").index
        try namespace.near.addAddress(try IPAddress("10.1.0.1"), prefixLength: 24, to: index)
        try namespace.near.addAddress(try IPAddress("fd00:1::1"), prefixLength: 64, to: index)
    }

    private func main(_ family: AddressFamily) throws -> [KernelRoute] {
        try namespace.near.routes(family: family).filter {
            $0.table == KernelRoute.Table.main && !$0.destination.address.isLinkLocal && $0.kind == .unicast
        }
    }

    @Test(arguments: [("0.0.0.0/0", "10.1.0.254"), ("::/0", "fd00:1::fe"), ("10.9.0.0/16", "10.1.0.2")])
    func aRouteThroughAGatewayReadsBack(destination: String, gateway: String) throws {
        let prefix = try Prefix(destination)
        let route = KernelRoute(to: prefix, via: try IPAddress(gateway), interfaceIndex: index)
        try namespace.near.addRoute(route)
        let found = try #require(try main(prefix.family).first { $0.destination == prefix })
        #expect(found.nextHops == route.nextHops)
        #expect(found.isDefault == (prefix.length == 0))
        #expect(throws: SystemError(.addRoute, destination, .exists)) { try namespace.near.addRoute(route) }
        try namespace.near.deleteRoute(route)
        #expect(try !main(prefix.family).contains { $0.destination == prefix })
        #expect(throws: SystemError(.deleteRoute, destination, .noProcess)) {
            try namespace.near.deleteRoute(route)
        }
    }

    @Test(arguments: ["10.244.0.7/32", "fd00:244::7/128"])
    func aHostRouteOnALinkReadsBack(destination: String) throws {
        let prefix = try Prefix(destination)
        try namespace.near.addRoute(KernelRoute(to: prefix, interfaceIndex: index))
        let found = try #require(try main(prefix.family).first { $0.destination == prefix })
        #expect(found.nextHops == [KernelRoute.NextHop(interfaceIndex: index)])
        if prefix.family == .v4 { #expect(found.scope == .link) }
    }

    @Test func replacingChangesTheGateway() throws {
        let prefix = try Prefix("10.9.0.0/16")
        for gateway in ["10.1.0.2", "10.1.0.3"] {
            let route = KernelRoute(to: prefix, via: try IPAddress(gateway), interfaceIndex: index)
            try namespace.near.addRoute(route, replacing: true)
        }
        let found = try main(.v4).filter { $0.destination == prefix }
        #expect(found.map { $0.nextHops.map(\.gateway) } == [[try IPAddress("10.1.0.3")]])
    }

    @Test func anOnLinkGatewayNeedsNoSubnet() throws {
        let prefix = try Prefix("0.0.0.0/0")
        var route = KernelRoute(to: prefix, via: try IPAddress("169.254.1.1"), interfaceIndex: index)
        let error = #expect(throws: SystemError.self) { try namespace.near.addRoute(route) }
        #expect(
            error.map { "\($0)" }
                == "cannot add route '0.0.0.0/0': network is unreachable (Nexthop has invalid gateway)")
        route.isOnLink = true
        try namespace.near.addRoute(route)
        #expect(try main(.v4).first { $0.isDefault }?.isOnLink == true)
    }

    @Test func severalWaysAndASourceReadBack() throws {
        let prefix = try Prefix("10.9.0.0/16")
        var route = KernelRoute(to: prefix, via: try IPAddress("10.1.0.2"), interfaceIndex: index, table: 1000)
        route.nextHops.append(KernelRoute.NextHop(gateway: try IPAddress("10.1.0.3"), interfaceIndex: index))
        route.preferredSource = try IPAddress("10.1.0.1")
        route.priority = 77
        try namespace.near.addRoute(route)
        let found = try #require(try namespace.near.routes().first { $0.table == 1000 })
        #expect(found == route)
    }

    @Test func theKernelSaysWhichRouteAPacketTakes() throws {
        let wide = KernelRoute(to: try Prefix("10.9.0.0/16"), via: try IPAddress("10.1.0.2"), interfaceIndex: index)
        try namespace.near.addRoute(wide)
        let found = try #require(try namespace.near.route(to: try IPAddress("10.9.3.4")))
        #expect(found.nextHops == wide.nextHops)
        #expect(found.destination == Prefix(host: try IPAddress("10.9.3.4")))
        #expect(found.preferredSource == (try IPAddress("10.1.0.1")))
        let onLink = try namespace.near.route(to: try IPAddress("fd00:1::7"))
        #expect(onLink?.nextHops == [KernelRoute.NextHop(interfaceIndex: index)])
        #expect(try namespace.near.route(to: try IPAddress("10.1.0.1"))?.kind == .local)
        #expect(throws: SystemError(.listRoutes, "10.8.0.1", .networkUnreachable)) {
            try namespace.near.route(to: try IPAddress("10.8.0.1"))
        }
        // The socket goes on to serve requests that are acknowledged.
        #expect(throws: SystemError(.addRoute, "10.9.0.0/16", .exists)) { try namespace.near.addRoute(wide) }
        try namespace.near.deleteRoute(wide)
    }

    @Test func localRoutesAreToldFromOthers() throws {
        let local = try namespace.near.routes(family: .v4).filter { $0.table == KernelRoute.Table.local }
        #expect(local.contains { $0.kind == .local && "\($0.destination)" == "10.1.0.1/32" && $0.scope == .host })
        #expect(local.contains { $0.kind == .broadcast })
    }

    @Test func aBlackholeHasNoInterface() throws {
        var route = KernelRoute(to: try Prefix("10.66.0.0/16"))
        route.kind = .blackhole
        route.scope = .universe
        route.nextHops = []
        try namespace.near.addRoute(route)
        let found = try #require(try namespace.near.routes(family: .v4).first { $0.kind == .blackhole })
        #expect(found.destination == route.destination)
        #expect(found.nextHops.allSatisfy { $0.interfaceIndex == nil && $0.gateway == nil })
    }
}

@Suite(.needsRoot) struct NetlinkRuleTests {
    private static func rules(_ family: AddressFamily, _ tables: [UInt32]) -> [RoutingRule] {
        tables.map { RoutingRule(family: family, table: $0) }
    }

    @Test func aNewNamespaceHasTheUsualTables() throws {
        let rules = try NetlinkSocket(in: NetworkNamespace.anonymous()).rules()
        #expect(rules.filter { $0.family == .v4 } == Self.rules(.v4, [255, 254, 253]))
        #expect(rules.filter { $0.family == .v6 } == Self.rules(.v6, [255, 254]))
    }

    /// Made with ip(8).
    @Test func rulesThatLeadToATableAreListedInTheKernelsOrder() throws {
        let namespace = try NetworkNamespace.anonymous()
        let added = [
            "-4 rule add not fwmark 0x10/0x10 table 100000 pref 10", "-4 rule add to 10.9.0.0/16 prohibit pref 11",
            "-4 rule add l3mdev pref 12", "-6 rule add from fd00::/8 table 77 pref 13",
        ]
        for line in added {
            let made = try Command("/usr/sbin/ip", line.split(separator: " ").map(String.init))
                .run(in: namespace, until: Deadline(after: .seconds(30)))
            try #require(made.status.isSuccess, "\(made.errorText)")
        }
        let rules = try NetlinkSocket(in: namespace).rules()
        #expect(rules.filter { $0.family == .v4 } == Self.rules(.v4, [255, 100000, 254, 253]))
        #expect(rules.filter { $0.family == .v6 } == Self.rules(.v6, [255, 77, 254]))
    }
}

/// Two namespaces of one test with a socket in each; they end with it.
final class Namespaces {
    let nearNamespace: NetworkNamespace
    let farNamespace: NetworkNamespace
    let near: NetlinkSocket
    let far: NetlinkSocket

    init() throws {
        let nearNamespace = try NetworkNamespace.anonymous()
        let farNamespace = try NetworkNamespace.anonymous()
        near = try NetlinkSocket(in: nearNamespace)
        far = try NetlinkSocket(in: farNamespace)
        self.nearNamespace = nearNamespace
        self.farNamespace = farNamespace
    }
}

extension NetlinkSocket {
    func required(_ name: String) throws -> NetworkLink {
        try #require(try link(named: name))
    }
}
