// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Testing

extension Service {
    static func sample(
        _ name: String = "default/web", vips: [String] = ["10.96.0.10:80/tcp"], nodePorts: [String] = [],
        backends: [String] = ["10.1.0.2:8080", "10.1.0.3:8080"]
    ) throws -> Service {
        Service(
            name: try ServiceName(name),
            frontends: try vips.map { .clusterIP(try FrontendAddress($0)) }
                + nodePorts.map { .nodePort(try NodePort($0)) },
            backends: try backends.map { try Backend($0) })
    }
}

@Suite struct ServiceValidationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var vips = ["10.96.0.10:80/tcp"]
        var nodePorts: [String] = []
        var backends = ["10.1.0.2:8080"]
        var problems: [String] = []
        var testDescription: String { "\(vips) \(nodePorts) \(backends)" }
    }

    @Test(arguments: [
        Case(),
        Case(vips: ["10.96.0.10:53/tcp", "10.96.0.10:53/udp"]),
        Case(vips: ["10.96.0.10:80/tcp", "[fd00::a]:80/tcp"], backends: ["10.1.0.2:80", "[fd00::2]:80"]),
        Case(vips: [], nodePorts: ["30080/tcp"], backends: ["[fd00::2]:80"]),
        Case(vips: ["169.254.20.10:53/udp"]),
        Case(vips: [], problems: ["it has no frontend"]),
        Case(backends: [], problems: ["it has no backend"]),
        Case(
            backends: ["[fd00::2]:80"],
            problems: [
                "frontend '10.96.0.10:80/tcp' has no IPv4 backend", "backend '[fd00::2]:80' has no IPv6 frontend",
            ]),
        Case(
            vips: ["10.96.0.10:80/tcp", "10.96.0.10:80/tcp"], problems: ["frontend '10.96.0.10:80/tcp' is given twice"]),
        Case(nodePorts: ["30080/tcp", "30080/tcp"], problems: ["frontend '*:30080/tcp' is given twice"]),
        Case(backends: ["10.1.0.2:80", "10.1.0.2:80,weight=2"], problems: ["backend '10.1.0.2:80' is given twice"]),
        Case(vips: ["127.0.0.1:80/tcp"], problems: ["frontend '127.0.0.1:80/tcp' is a loopback address"]),
        Case(vips: ["0.0.0.0:80/tcp"], problems: ["frontend '0.0.0.0:80/tcp' is an unspecified address"]),
        Case(
            vips: ["255.255.255.255:80/tcp"], problems: ["frontend '255.255.255.255:80/tcp' is the broadcast address"]),
        Case(
            vips: ["[fe80::1]:80/tcp"], backends: ["[fd00::2]:80"],
            problems: [
                "frontend '[fe80::1]:80/tcp' is a link-local address"
            ]),
        Case(backends: ["224.0.0.1:80"], problems: ["backend '224.0.0.1:80' is a multicast address"]),
        Case(backends: ["169.254.0.1:80"], problems: ["backend '169.254.0.1:80' is a link-local address"]),
        Case(
            vips: [], nodePorts: ["30080/tcp"], backends: ["[::ffff:10.0.0.1]:80"],
            problems: [
                "backend '[::ffff:10.0.0.1]:80' is an IPv4-mapped address, write the IPv4 address"
            ]),
    ])
    func eachProblemIsNamed(example: Case) throws {
        let service = try Service.sample(vips: example.vips, nodePorts: example.nodePorts, backends: example.backends)
        #expect(service.problems().map(\.message) == example.problems)
    }

    @Test func allProblemsMakeOneLine() throws {
        var service = try Service.sample(vips: [], backends: ["10.1.0.2:80"])
        service.backends[0].weight = 0
        service.affinity = .milliseconds(1500)
        #expect(
            refusal { try service.validate() }
                == "invalid service 'default/web': it has no frontend; weight 0 of backend '10.1.0.2:80' must be 1…100; "
                + "affinity '1s500ms' must be whole seconds, 1s…1d")
    }

    @Test(arguments: [(Duration.seconds(1), true), (.seconds(86_400), true), (.seconds(86_401), false), (.zero, false)])
    func affinityLastsOneSecondToOneDay(affinity: Duration, isValid: Bool) throws {
        var service = try Service.sample()
        service.affinity = affinity
        #expect(service.problems() == (isValid ? [] : [.affinity(affinity)]))
    }

    @Test func aClustersServiceMayLackBackends() throws {
        let empty = try Service.sample(backends: [])
        try empty.validate(backends: .optional)
        let half = try Service.sample(vips: ["10.96.0.10:80/tcp", "[fd00::a]:80/tcp"], backends: ["10.1.0.2:80"])
        try half.validate(backends: .optional)
        #expect(half.problems().map(\.message) == ["frontend '[fd00::a]:80/tcp' has no IPv6 backend"])
    }

    @Test func slotsAreLimitedAfterReducingTheWeights() throws {
        var service = try Service.sample()
        service.backends = (0..<41).map {
            Backend(endpoint: Endpoint(address: .v4(0x0A01_0000 + $0), port: 80), weight: 100)
        }
        #expect(service.problems() == [])
        service.backends[0].weight = 99
        #expect(service.problems().map(\.message) == ["its IPv4 backends need 4099 slots, must be at most 4096"])
        service.algorithm = .maglev
        #expect(service.problems() == [])
    }

    @Test func extremeWeightsAreRefusedWithoutOverflow() throws {
        var service = try Service.sample()
        service.backends[0].weight = .max
        service.backends[1].weight = .min
        #expect(
            service.problems().map(\.message) == [
                "weight 9223372036854775807 of backend '10.1.0.2:8080' must be 1…100",
                "weight -9223372036854775808 of backend '10.1.0.3:8080' must be 1…100",
            ])
    }

    @Test func theFamiliesAreThoseOfTheAddressesAndForNodePortsOfTheBackends() throws {
        #expect(try Service.sample().families == [.v4])
        #expect(try Service.sample(vips: [], nodePorts: ["30080/tcp"]).families == [.v4])
        let both = try Service.sample(nodePorts: ["30080/tcp"], backends: ["[fd00::2]:80"])
        #expect(both.families == [.v4, .v6])
        #expect(try Service.sample(nodePorts: ["30080/tcp"], backends: []).families == [.v4])
        #expect(try Service.sample(vips: [], nodePorts: ["30080/tcp"], backends: []).families == [.v4, .v6])
    }

    @Test func aServiceWhoseBackendsAllDrainIsNotServed() throws {
        var service = try Service.sample()
        service.backends[0].state = .draining
        #expect(service.isServed)
        service.backends[1].state = .draining
        #expect(!service.isServed)
    }

    @Test func onlyUnknownPlacesAreResolved() throws {
        let service = try Service.sample(backends: ["10.1.0.2:80", "10.1.0.3:80", "10.1.0.4:80,local"])
        let near = try IPAddress("10.1.0.2")
        #expect(service.resolvingPlaces { $0 == near }.backends.map(\.isLocal) == [true, false, true])
    }
}
