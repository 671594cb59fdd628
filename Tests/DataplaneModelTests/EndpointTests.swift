// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Testing

@Suite struct EndpointTests {
    @Test(arguments: [
        ("10.0.0.1:80", "10.0.0.1:80"), ("[fd00::1]:80", "[fd00::1]:80"), ("[FD00:0::1]:65535", "[fd00::1]:65535"),
        ("[::ffff:1.2.3.4]:1", "[::ffff:1.2.3.4]:1"),
    ])
    func endpointsAreReadAndWrittenCanonically(text: String, canonical: String) throws {
        #expect(try Endpoint(text).description == canonical)
    }

    @Test(arguments: [
        ("", "invalid endpoint '': must be ADDR:PORT or [IPV6-ADDR]:PORT"),
        ("10.0.0.1", "invalid endpoint '10.0.0.1': must be ADDR:PORT or [IPV6-ADDR]:PORT"),
        ("10.0.0.1:", "invalid port '': must be 1…65535"),
        ("10.0.0.1:0", "invalid port '0': must be 1…65535"),
        ("10.0.0.1:99999", "invalid port '99999': must be 1…65535"),
        ("10.0.0.1:65536", "invalid port '65536': must be 1…65535"),
        ("10.0.0.1:080", "invalid port '080': must be 1…65535"),
        ("10.0.0.1:+80", "invalid port '+80': must be 1…65535"),
        ("10.0.0.1:http", "invalid port 'http': must be 1…65535"),
        ("web:80", "invalid address 'web': not an IPv4 or IPv6 address"),
        (":80", "invalid address '': not an IPv4 or IPv6 address"),
        ("fd00::1:80", "invalid endpoint 'fd00::1:80': an IPv6 address must stand in brackets, as in '[fd00::1]:80'"),
        ("[fd00::1]", "invalid endpoint '[fd00::1]': must be ADDR:PORT or [IPV6-ADDR]:PORT"),
        ("[fd00::1]80", "invalid endpoint '[fd00::1]80': must be ADDR:PORT or [IPV6-ADDR]:PORT"),
        ("[10.0.0.1]:80", "invalid endpoint '[10.0.0.1]:80': must be ADDR:PORT or [IPV6-ADDR]:PORT"),
        ("[:80", "invalid endpoint '[:80': must be ADDR:PORT or [IPV6-ADDR]:PORT"),
        ("[fe80::1%eth0]:80", "invalid address 'fe80::1%eth0': a zone is not allowed here"),
    ])
    func otherEndpointsAreRefused(text: String, message: String) {
        #expect(refusal { try Endpoint(text) } == message)
    }

    @Test(arguments: [
        ("10.96.0.10:80/tcp", "10.96.0.10:80/tcp"), ("[fd00::a]:53/UDP", "[fd00::a]:53/udp"),
    ])
    func frontendAddressesAreReadAndWrittenCanonically(text: String, canonical: String) throws {
        #expect(try FrontendAddress(text).description == canonical)
    }

    @Test(arguments: [
        ("10.96.0.10:80", "invalid frontend '10.96.0.10:80': must be ADDR:PORT/PROTO"),
        ("10.96.0.10:80/", "invalid protocol '': must be tcp or udp"),
        ("10.96.0.10:80/http", "invalid protocol 'http': must be tcp or udp"),
        ("10.96.0.10:80/SCTP", "unsupported protocol 'SCTP': only tcp and udp are served"),
        ("10.96.0.10/tcp", "invalid endpoint '10.96.0.10': must be ADDR:PORT or [IPV6-ADDR]:PORT"),
        ("10.96.0.10:0/tcp", "invalid port '0': must be 1…65535"),
    ])
    func otherFrontendAddressesAreRefused(text: String, message: String) {
        #expect(refusal { try FrontendAddress(text) } == message)
    }

    @Test func nodePortsAreReadAndRefused() throws {
        #expect(try NodePort("30080/TCP").description == "30080/tcp")
        #expect(refusal { try NodePort("30080") } == "invalid node port '30080': must be PORT/PROTO")
        #expect(refusal { try NodePort("70000/tcp") } == "invalid port '70000': must be 1…65535")
    }

    @Test func portRangesAreReadAndRefused() throws {
        let range = try PortRange("30000-32767")
        #expect(range == .nodePorts)
        #expect(range.description == "30000-32767")
        #expect(range.count == 2768)
        #expect([29999, 30000, 32767, 32768].map(range.contains) == [false, true, true, false])
        #expect(try PortRange("80-80").count == 1)
        #expect(refusal { try PortRange("30000") } == "invalid port range '30000': must be FIRST-LAST")
        #expect(refusal { try PortRange("30000-") } == "invalid port '': must be 1…65535")
        #expect(refusal { try PortRange("1-2-3") } == "invalid port '2-3': must be 1…65535")
        #expect(refusal { try PortRange("9-8") } == "invalid port range '9-8': the first port is above the last")
    }

    @Test func transportsCarryTheirProtocolNumbers() {
        #expect(TransportProtocol.allCases.map(\.rawValue) == [6, 17])
    }

    @Test func everyEndpointSurvivesItsText() throws {
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<10_000 {
            let port = UInt16.random(in: 1...UInt16.max, using: &generator)
            let endpoint = Endpoint(address: .random(using: &generator), port: port)
            let frontend = FrontendAddress(endpoint: endpoint, transport: Bool.random(using: &generator) ? .tcp : .udp)
            #expect(try Endpoint(endpoint.description) == endpoint)
            #expect(try FrontendAddress(frontend.description) == frontend)
        }
    }
}
