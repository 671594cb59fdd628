// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Testing

@testable import LinuxSystem

extension Trait where Self == ConditionTrait {
    /// Skips, with a reason, where the kernel has no IPVS and cannot load it.
    static var needsIPVS: Self {
        .enabled("this kernel has no IPVS") { ServerMaker.family() != nil }
    }
}

@Suite(.needsRoot, .needsIPVS) struct VirtualServerTests {
    /// In a namespace of its own.
    @Test func oneGoesAndTheOthersStay() throws {
        let v4 = VirtualServer(.endpoint(try IPAddress("10.96.0.1"), port: 443, transport: 6))
        let v6 = VirtualServer(.endpoint(try IPAddress("fd96::1"), port: 53, transport: 17))
        let mark = VirtualServer(.mark(5, .v4))
        try NetworkNamespace.anonymous().run { () throws(SystemError) in
            #expect(try VirtualServer.all() == [])
            for server in [v4, v6, mark] { try ServerMaker.add(server) }
            #expect(Set(try VirtualServer.all()) == [v4, v6, mark])
            try v4.delete()
            #expect(Set(try VirtualServer.all()) == [v6, mark])
            // It may go by another hand.
            try v4.delete()
            try v6.delete()
            try mark.delete()
            #expect(try VirtualServer.all() == [])
        }
    }
}

/// Makes virtual servers as ipvsadm does, of the round-robin scheduler.
private enum ServerMaker {
    /// The kernel loads IPVS when it is asked for its number.
    static func family() -> UInt16? {
        var body = header(3)
        body.attribute(2, text: "IPVS")
        let request = NetlinkExchange.Request(type: 0x10, ending: .acknowledgement, body: body.bytes)
        guard let socket = try? NetlinkExchange(.generic) else { return nil }
        let answers = try? socket.ask(.listVirtualServers, "", [request])
        return answers?.first.flatMap { NetlinkAttributes($0.dropFirst(4)).number(1) }
    }

    static func add(_ server: VirtualServer) throws(SystemError) {
        var attributes = NetlinkBytes()
        attributes.append(server.attributes)
        attributes.attribute(6, text: "rr")
        // The flags and which of them are said, the timeout, and the netmask or prefix length of a client.
        attributes.attribute(7, [0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff])
        attributes.attribute(8, 0 as UInt32)
        attributes.attribute(9, server.address?.family == .v6 ? 128 : .max as UInt32)
        var body = header(1)
        body.attribute(0x8001, attributes.bytes)
        let request = NetlinkExchange.Request(type: family() ?? 0, ending: .acknowledgement, body: body.bytes)
        _ = try NetlinkExchange(.generic).ask(.listVirtualServers, "\(server)", [request])
    }

    private static func header(_ command: UInt8) -> NetlinkBytes {
        var header = NetlinkBytes()
        header.append([command, 1, 0, 0])
        return header
    }
}
