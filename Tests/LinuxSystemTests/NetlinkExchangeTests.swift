// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Testing

@testable import LinuxSystem

@Suite struct NetlinkExchangeTests {
    @Test func attributesAreAlignedAndReadBack() {
        var bytes = NetlinkBytes()
        bytes.attribute(1, text: "nat")
        bytes.attribute(2, 0x1234 as UInt16)
        bytes.attribute(0x8003, [1, 2, 3, 4, 5])
        #expect(
            bytes.bytes == [
                8, 0, 1, 0, 0x6e, 0x61, 0x74, 0, 6, 0, 2, 0, 0x34, 0x12, 0, 0, 9, 0, 3, 0x80, 1, 2, 3, 4, 5, 0, 0, 0,
            ])
        let attributes = NetlinkAttributes(bytes.bytes[...])
        #expect(attributes.text(1) == "nat")
        #expect(attributes.number(2) == 0x1234 as UInt16)
        #expect(attributes[3] == [1, 2, 3, 4, 5])
        #expect(attributes[4] == nil)
        #expect(attributes.number(2) as UInt32? == nil)
    }

    @Test(
        arguments: [[], [4], [3, 0, 1, 0], [9, 0, 1, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0], [255, 255, 1, 0]] as [[UInt8]])
    func whatIsCutOffEndsTheReading(bytes: [UInt8]) {
        #expect(NetlinkAttributes(bytes[...])[1] == nil)
    }

    /// Bytes as the kernel lays out IPVS_CMD_ATTR_SERVICE, linux/ip_vs.h.
    @Test func virtualServersAreNamedByAttributes() throws {
        let server = VirtualServer(.endpoint(try IPAddress("10.96.0.1"), port: 443, transport: 6))
        #expect(
            server.attributes == [
                6, 0, 1, 0, 2, 0, 0, 0, 6, 0, 2, 0, 6, 0, 0, 0, 20, 0, 3, 0, 10, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                0, 0, 6, 0, 4, 0, 1, 187, 0, 0,
            ])
        #expect(server.description == "10.96.0.1:443/tcp")
        let others = [
            server, VirtualServer(.endpoint(try IPAddress("fd96::1"), port: 53, transport: 17)),
            VirtualServer(.mark(5, .v6)),
        ]
        #expect(others.map { VirtualServer(attributes: $0.attributes) } == others)
        #expect(others.map(\.description) == ["10.96.0.1:443/tcp", "[fd96::1]:53/udp", "mark 5"])
        #expect(VirtualServer(attributes: []) == nil)
        #expect(VirtualServer(attributes: Array(server.attributes.dropLast(8))) == nil)
    }

    @Test func aProgramReadsTheBytesItIsGiven() throws {
        var command = Command("/bin/cat")
        let text = Array(repeating: UInt8(ascii: "x"), count: 300_000)
        command.input = .bytes(text)
        #expect(try command.run(until: Deadline(after: .seconds(30))).output == text)
    }
}

@Suite(.needsRoot) struct NFTableTests {
    /// In a namespace of its own, made with nft(8).
    private func inNamespace(_ lines: String, _ body: () throws(SystemError) -> Void) throws {
        let namespace = try NetworkNamespace.anonymous()
        let made = try Command("/usr/sbin/nft", [lines]).run(in: namespace, until: Deadline(after: .seconds(30)))
        try #require(made.status.isSuccess, "\(made.errorText)")
        try namespace.run(body)
        let left = try Command("/usr/sbin/nft", ["list", "tables"])
            .run(in: namespace, until: Deadline(after: .seconds(30)))
        #expect(left.text == "table ip6 kube-proxy\ntable ip nat\n")
    }

    @Test func aTableGoesWithAllThatIsInItAndNoOther() throws {
        let lines = """
            add table ip kube-proxy; add chain ip kube-proxy one; add chain ip kube-proxy two; \
            add rule ip kube-proxy one jump two; add map ip kube-proxy m { type ipv4_addr : verdict; }; \
            add element ip kube-proxy m { 10.0.0.1 : goto two }; \
            add table ip6 kube-proxy; add table ip nat; add chain ip nat three
            """
        try inNamespace(lines) { () throws(SystemError) in
            let found = try NFTable.find("kube-proxy", family: .v4)
            #expect(found == NFTable(family: .v4, name: "kube-proxy", chains: ["one", "two"]))
            #expect(try NFTable.find("kube-proxy", family: .v6)?.chains == [])
            #expect(try NFTable.find("nat", family: .v6) == nil)
            try found?.delete()
            #expect(try NFTable.find("kube-proxy", family: .v4) == nil)
            // It may go by itself, or by another hand.
            try found?.delete()
        }
    }
}
