// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Glibc
import Testing

@Suite struct IPAddressTests {
    /// RFC 5952 section 4 and RFC 4291 section 2.2.
    @Test(arguments: [
        ("0.0.0.0", "0.0.0.0"),
        ("10.0.0.1", "10.0.0.1"),
        ("255.255.255.255", "255.255.255.255"),
        ("::", "::"),
        ("::1", "::1"),
        ("1::", "1::"),
        ("2001:0db8::0001", "2001:db8::1"),
        ("2001:db8:0:0:0:0:2:1", "2001:db8::2:1"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("2001:DB8:AAAA:bbbb:CcCc:dddd:eeee:AAaa", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaaa"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
        ("1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"),
        ("0:0:3:4:5:6:7:8", "::3:4:5:6:7:8"),
        ("::ffff:192.0.2.128", "::ffff:192.0.2.128"),
        ("::FFFF:c000:280", "::ffff:192.0.2.128"),
        ("0:0:0:0:0:FFFF:129.144.52.38", "::ffff:129.144.52.38"),
        ("::13.1.68.3", "::d01:4403"),
        ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
        ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
        ("ff02::1", "ff02::1"),
    ])
    func textIsReadAndWrittenCanonically(text: String, canonical: String) throws {
        #expect(try IPAddress(text).description == canonical)
    }

    @Test(arguments: [
        "", " ", "1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "1.2.3.256", "1.2.3.-1", "1.2.3.4 ",
        "a.b.c.d",
        "0x7f.0.0.1", "1.2.3.4294967297", ":", ":::", "1:::2", "::1::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", ":1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:", "1:", "12345::", "g::",
        "1:2:3:4:5:6:7:1.2.3.4", "1.2.3.4::", "::1.2.3.04", "::1.2.3", "::1.2.3.4:5", "[::1]", "fe80::1%", "%eth0",
        "１.2.3.4",
    ])
    func otherTextIsRefused(text: String) {
        let isScoped = text == "fe80::1%"
        let cause = isScoped ? "a zone is not allowed here" : "not an IPv4 or IPv6 address"
        #expect(refusal { try IPAddress(text) } == "invalid address '\(text)': \(cause)")
    }

    @Test func leadingZerosAndZonesAreExplained() {
        #expect(
            refusal { try IPAddress("010.001.0.00") }
                == "invalid address '010.001.0.00': leading zeros are ambiguous, did you mean '10.1.0.0'?")
        #expect(
            refusal { try IPAddress("fe80::1%eth0") } == "invalid address 'fe80::1%eth0': a zone is not allowed here")
    }

    @Test func refusedTextIsShownSafelyAndShort() {
        #expect(
            refusal { try IPAddress("1\u{1B}[2J\n") }
                == #"invalid address '1\u{1B}[2J\n': not an IPv4 or IPv6 address"#)
        let long = String(repeating: "x", count: 10_000_000)
        let shown = String(repeating: "x", count: 80)
        #expect(refusal { try IPAddress(long) } == "invalid address '\(shown)…': not an IPv4 or IPv6 address")
    }

    @Test func everyAddressSurvivesTextAndNetworkOrder() throws {
        var generator = SeededGenerator(seed: 1)
        for address in (0..<20_000).map({ _ in IPAddress.random(using: &generator) }) {
            #expect(try IPAddress(address.description) == address)
            let copy = address.withNetworkBytes { IPAddress(networkBytes: $0) }
            #expect(copy == address)
            let words =
                address.networkWord.map(IPAddress.init(networkWord:))
                ?? address.networkWords.map(IPAddress.init(networkWords:))
            #expect(words == address)
        }
    }

    @Test func textAgreesWithTheCLibrary() throws {
        var generator = SeededGenerator(seed: 2)
        for address in (0..<20_000).map({ _ in IPAddress.random(using: &generator) }) {
            let text = address.description
            var storage = in6_addr()
            let family = address.family == .v4 ? AF_INET : AF_INET6
            #expect(unsafe inet_pton(family, text, &storage) == 1)
            let bytes = unsafe withUnsafeBytes(of: &storage) { unsafe Array($0.prefix(address.family == .v4 ? 4 : 16)) }
            #expect(
                address.withNetworkBytes { IPAddress(networkBytes: bytes.span) == address && $0.count == bytes.count })
        }
    }

    @Test func readingArbitraryTextNeverCrashesAndAgreesWithTheCLibrary() {
        var generator = SeededGenerator(seed: 3)
        let alphabet = Array("0123456789abcdefF:::..").map(String.init)
        for _ in 0..<100_000 {
            let text = (0..<Int.random(in: 0...20, using: &generator))
                .map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] }.joined()
            var storage = in6_addr()
            let family = text.contains(":") ? AF_INET6 : AF_INET
            let isAccepted = unsafe inet_pton(family, text, &storage) == 1
            #expect(((try? IPAddress(text)) != nil) == isAccepted, "\(text)")
        }
    }

    @Test func networkBytesAreInWireOrder() throws {
        #expect(try IPAddress("10.1.2.3").withNetworkBytes { span in span.indices.map { span[$0] } } == [10, 1, 2, 3])
        let bytes = try IPAddress("2001:db8::102").withNetworkBytes { span in span.indices.map { span[$0] } }
        #expect(bytes == [0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2])
        #expect(try IPAddress("1.0.0.0").networkWord == UInt32(bigEndian: 0x0100_0000))
        #expect(IPAddress(networkBytes: [1, 2, 3].span) == nil)
    }

    @Test(arguments: [
        ("127.255.0.1", "loopback"), ("::1", "loopback"), ("0.0.0.0", "unspecified"), ("::", "unspecified"),
        ("224.0.0.1", "multicast"), ("239.255.255.255", "multicast"), ("ff02::1", "multicast"),
        ("169.254.20.10", "link-local"), ("fe80::1", "link-local"), ("febf::1", "link-local"),
        ("255.255.255.255", "broadcast"), ("::ffff:10.0.0.1", "v4-mapped"),
        ("128.0.0.1", ""), ("240.0.0.1", ""), ("169.255.0.1", ""), ("fec0::1", ""), ("fd00::1", ""), ("::2", ""),
        ("::fffe:10.0.0.1", ""), ("1::ffff:10.0.0.1", ""),
    ])
    func specialAddressesAreRecognised(text: String, kind: String) throws {
        let address = try IPAddress(text)
        let kinds = [
            "loopback": address.isLoopback, "unspecified": address.isUnspecified, "multicast": address.isMulticast,
            "link-local": address.isLinkLocal, "broadcast": address.isBroadcast, "v4-mapped": address.isV4Mapped,
        ]
        #expect(kinds.filter(\.value).keys.sorted() == (kind.isEmpty ? [] : [kind]))
    }

    @Test func onlyMappedAddressesAreUnmapped() throws {
        #expect(try IPAddress("::ffff:10.0.0.1").unmapped == IPAddress("10.0.0.1"))
        #expect(try IPAddress("::10.0.0.1").unmapped == IPAddress("::10.0.0.1"))
        #expect(try IPAddress("10.0.0.1").unmapped == IPAddress("10.0.0.1"))
    }

    @Test func addressesSortByFamilyThenValue() throws {
        let sorted = ["9.0.0.0", "10.0.0.0", "10.0.0.1", "::1", "1::", "fd00::1"]
        #expect(try sorted.reversed().map { try IPAddress($0) }.sorted().map(\.description) == sorted)
    }
}

extension IPAddress {
    /// Either family; runs of zeros are as frequent as in real addresses.
    static func random(using generator: inout SeededGenerator) -> IPAddress {
        guard Bool.random(using: &generator) else { return .v4(UInt32.random(in: 0...UInt32.max, using: &generator)) }
        let groups = (0..<8).map { _ in
            switch Int.random(in: 0..<4, using: &generator) {
            case 0, 1: UInt64(0)
            case 2: UInt64.random(in: 0...0xFF, using: &generator)
            default: UInt64.random(in: 0...0xFFFF, using: &generator)
            }
        }
        return .v6(high: groups[..<4].reduce(0) { $0 << 16 | $1 }, low: groups[4...].reduce(0) { $0 << 16 | $1 })
    }
}
