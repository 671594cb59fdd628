// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Topology

@Suite struct GlobPatternTests {
    @Test(arguments: [
        ("h*", "h1"), ("*", ""), ("*", "eth0"), ("cali*", "cali"), ("*0", "eth00"), ("e*h*0", "ethxh10"),
        ("eth?", "eth0"), ("eth[0-3]", "eth2"), ("eth[!0-3]", "eth4"), ("eth[^0-3]", "eth4"), ("eth[13]", "eth3"),
        ("a[]]b", "a]b"), ("a[!]]b", "axb"), ("a[a-]", "a-"), ("eth[", "eth["), ("eth[0", "eth[0"),
        ("bond0.*", "bond0.100"),
        ("**a**", "bab"),
    ])
    func matches(pattern: String, name: String) {
        #expect(GlobPattern(pattern).matches(name))
    }

    @Test(arguments: [
        ("h*", "eth0"), ("", "eth0"), ("eth?", "eth"), ("eth?", "eth10"), ("eth[0-3]", "eth4"), ("eth[!0-3]", "eth0"),
        ("eth[3-0]", "eth1"), ("eth0", "eth01"), ("eth[0-3]", "eth"), ("*x", "eth0"), ("bond0.*", "bond0"),
        ("ETH0", "eth0"),
    ])
    func doesNotMatch(pattern: String, name: String) {
        #expect(!GlobPattern(pattern).matches(name))
    }

    @Test func aHostilePatternTakesBoundedTime() {
        let pattern = GlobPattern(String(repeating: "*a", count: 200) + "b")
        #expect(!pattern.matches(String(repeating: "a", count: 2000)))
    }
}
