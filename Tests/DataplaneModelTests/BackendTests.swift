// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Testing

@Suite struct BackendTests {
    @Test(arguments: [
        ("10.0.0.1:80", 1, nil), ("10.0.0.1:80,weight=100", 100, nil), ("[fd00::1]:80,local", 1, true),
        ("10.0.0.1:80,weight=7,local", 7, true),
    ])
    func specificationsAreReadAndWritten(text: String, weight: Int, isLocal: Bool?) throws {
        let backend = try Backend(text)
        #expect(backend.weight == weight)
        #expect(backend.isLocal == isLocal)
        #expect(backend.state == .active)
        #expect(backend.description == text)
    }

    @Test func optionsStandInAnyOrder() throws {
        #expect(try Backend("10.0.0.1:80,local,weight=2") == Backend("10.0.0.1:80,weight=2,local"))
    }

    @Test(arguments: [
        ("", "invalid endpoint '': must be ADDR:PORT or [IPV6-ADDR]:PORT"),
        (",local", "invalid endpoint '': must be ADDR:PORT or [IPV6-ADDR]:PORT"),
        ("10.0.0.1:0,local", "invalid port '0': must be 1…65535"),
        ("10.0.0.1:80,weight=0", "invalid backend '10.0.0.1:80,weight=0': weight '0' must be 1…100"),
        ("10.0.0.1:80,weight=101", "invalid backend '10.0.0.1:80,weight=101': weight '101' must be 1…100"),
        ("10.0.0.1:80,weight", "invalid backend '10.0.0.1:80,weight': weight '' must be 1…100"),
        ("10.0.0.1:80,weight=x", "invalid backend '10.0.0.1:80,weight=x': weight 'x' must be 1…100"),
        (
            "10.0.0.1:80,remote",
            "invalid backend '10.0.0.1:80,remote': unknown option 'remote', must be weight=N or local"
        ),
        ("10.0.0.1:80,", "invalid backend '10.0.0.1:80,': unknown option '', must be weight=N or local"),
        (
            "10.0.0.1:80,local=1",
            "invalid backend '10.0.0.1:80,local=1': unknown option 'local=1', must be weight=N or local"
        ),
        (
            "10.0.0.1:80,weight=1,weight=2",
            "invalid backend '10.0.0.1:80,weight=1,weight=2': option 'weight' is given twice"
        ),
    ])
    func otherSpecificationsAreRefused(text: String, message: String) {
        #expect(refusal { try Backend(text) } == message)
    }

    @Test func localBackendsSortFirst() throws {
        let sorted = ["10.0.0.9:80,local", "10.0.0.1:80", "10.0.0.2:80", "[fd00::1]:80"]
        #expect(try sorted.reversed().map { try Backend($0) }.sorted().map(\.description) == sorted)
    }

    @Test func settingsOfServicesAreReadAndRefused() throws {
        #expect(try TrafficPolicy("local") == .local)
        #expect(try BalancingAlgorithm("maglev") == .maglev)
        #expect(refusal { try TrafficPolicy("Local") } == "invalid traffic policy 'Local': must be cluster or local")
        #expect(refusal { try BalancingAlgorithm("rr") } == "invalid algorithm 'rr': must be random or maglev")
    }
}
