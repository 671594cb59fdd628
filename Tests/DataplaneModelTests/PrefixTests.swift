// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Testing

@Suite struct PrefixTests {
    @Test(arguments: [
        ("0.0.0.0/0", "0.0.0.0/0"), ("10.0.0.0/8", "10.0.0.0/8"), ("10.1.2.3/32", "10.1.2.3/32"),
        ("128.0.0.0/1", "128.0.0.0/1"), ("::/0", "::/0"), ("fd00::/64", "fd00::/64"),
        ("fd00:0:0:0:8000::/65", "fd00::8000:0:0:0/65"), ("2001:DB8::1/128", "2001:db8::1/128"),
        ("8000::/1", "8000::/1"),
    ])
    func blocksAreReadAndWrittenCanonically(text: String, canonical: String) throws {
        #expect(try Prefix(text).description == canonical)
    }

    @Test(arguments: [
        ("10.0.0.0/33", "invalid prefix '10.0.0.0/33': length must be 0…32"),
        ("10.0.0.0/", "invalid prefix '10.0.0.0/': length must be 0…32"),
        ("10.0.0.0/08", "invalid prefix '10.0.0.0/08': length must be 0…32"),
        ("10.0.0.0/-1", "invalid prefix '10.0.0.0/-1': length must be 0…32"),
        ("10.0.0.0/8/8", "invalid prefix '10.0.0.0/8/8': length must be 0…32"),
        ("fd00::/129", "invalid prefix 'fd00::/129': length must be 0…128"),
        ("10.0.0.1/8", "invalid prefix '10.0.0.1/8': host bits are set, did you mean '10.0.0.0/8'?"),
        ("fd00::1:0:0:1/64", "invalid prefix 'fd00::1:0:0:1/64': host bits are set, did you mean 'fd00::/64'?"),
        ("10.0.0.1", "invalid prefix '10.0.0.1': length is missing, did you mean '10.0.0.1/32'?"),
        ("fd00::1", "invalid prefix 'fd00::1': length is missing, did you mean 'fd00::1/128'?"),
        ("web", "invalid prefix 'web': must be ADDR/LENGTH"),
        ("10.0.0/8", "invalid address '10.0.0': not an IPv4 or IPv6 address"),
        ("/8", "invalid address '': not an IPv4 or IPv6 address"),
    ])
    func otherTextIsRefused(text: String, message: String) {
        #expect(refusal { try Prefix(text) } == message)
    }

    @Test func aBareAddressIsAHostPrefixWhereAllowed() throws {
        #expect(try Prefix(addressOrPrefix: "10.0.0.1") == Prefix("10.0.0.1/32"))
        #expect(try Prefix(addressOrPrefix: "fd00::1") == Prefix("fd00::1/128"))
        #expect(try Prefix(addressOrPrefix: "10.0.0.0/8") == Prefix("10.0.0.0/8"))
        #expect(try Prefix("10.0.0.1/32").isHost)
        #expect(try !Prefix("10.0.0.1/32").contains(Prefix("10.0.0.0/31")))
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.255.255", true), ("10.0.0.0/8", "11.0.0.0", false), ("0.0.0.0/0", "1.2.3.4", true),
        ("0.0.0.0/0", "::", false), ("::/0", "0.0.0.0", false), ("fd00::/63", "fd00:0:0:1:ffff::", true),
        ("fd00::/64", "fd00:0:0:1::", false), ("fd00::/65", "fd00::7fff:0:0:0", true),
        ("fd00::/65", "fd00::8000:0:0:0", false), ("fd00::1/128", "fd00::1", true), ("fd00::1/128", "fd00::", false),
    ])
    func containmentFollowsTheLeadingBits(block: String, address: String, expected: Bool) throws {
        #expect(try Prefix(block).contains(IPAddress(address)) == expected)
    }

    @Test func containmentEqualsComparingBitByBit() throws {
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<10_000 {
            let (first, second) = (IPAddress.random(using: &generator), IPAddress.random(using: &generator))
            let length = Int.random(in: 0...first.family.bitWidth, using: &generator)
            let block = Prefix(around: first, length: length)
            #expect(try Prefix(block.description) == block)
            #expect(block.contains(first))
            let shared =
                first.family == second.family && zip(first.bits, second.bits).prefix(length).allSatisfy { $0 == $1 }
            #expect(block.contains(second) == shared)
        }
    }

    @Test func blocksContainNarrowerBlocks() throws {
        #expect(try Prefix("10.0.0.0/8").contains(Prefix("10.1.0.0/16")))
        #expect(try Prefix("10.0.0.0/8").contains(Prefix("10.0.0.0/8")))
        #expect(try !Prefix("10.1.0.0/16").contains(Prefix("10.0.0.0/8")))
    }

    @Test func blocksSortByAddressThenShorterFirst() throws {
        let sorted = ["0.0.0.0/0", "9.0.0.0/8", "10.0.0.0/8", "10.0.0.0/16", "::/0", "fd00::/8"]
        #expect(try sorted.reversed().map { try Prefix($0) }.sorted().map(\.description) == sorted)
    }
}

extension IPAddress {
    fileprivate var bits: [Bool] {
        withNetworkBytes { span in span.indices.flatMap { byte in (0..<8).map { span[byte] >> (7 - $0) & 1 == 1 } } }
    }
}
