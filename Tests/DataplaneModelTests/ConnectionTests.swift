// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Testing

extension Connection {
    static func sample(
        _ tuple: String = "tcp,10.0.0.1:3333,10.96.0.10:80", backend: String = "10.1.0.2:8080",
        service: String? = "default/web:http", state: TCPState? = .established
    ) throws -> Connection {
        Connection(
            key: try ConnectionKey(words: [tuple]), backend: try Endpoint(backend), serviceID: 7,
            service: try service.map { try ServiceName($0) }, state: state)
    }
}

@Suite struct ConnectionTests {
    @Test func tuplesAreReadAsOneWordOrThree() throws {
        let key = try ConnectionKey(words: ["tcp,10.0.0.1:3333,10.96.0.10:80"])
        #expect(key.description == "tcp,10.0.0.1:3333,10.96.0.10:80")
        #expect(try ConnectionKey(words: ["TCP", "10.0.0.1:3333", "10.96.0.10:80"]) == key)
        let six = try ConnectionKey(words: ["udp,[fd00::1]:3333,[fd00::a]:53"])
        #expect(six.description == "udp,[fd00::1]:3333,[fd00::a]:53")
    }

    @Test(arguments: [
        ([], "invalid tuple '': must be PROTO,ADDR:PORT,ADDR:PORT"),
        (["tcp"], "invalid tuple 'tcp': must be PROTO,ADDR:PORT,ADDR:PORT"),
        (["tcp", "10.0.0.1:1"], "invalid tuple 'tcp 10.0.0.1:1': must be PROTO,ADDR:PORT,ADDR:PORT"),
        (
            ["tcp,10.0.0.1:1,10.0.0.2:2,"],
            "invalid tuple 'tcp,10.0.0.1:1,10.0.0.2:2,': must be PROTO,ADDR:PORT,ADDR:PORT"
        ),
        (["icmp,10.0.0.1:1,10.0.0.2:2"], "unsupported protocol 'icmp': only tcp and udp are served"),
        (["tcp,10.0.0.1:0,10.0.0.2:2"], "invalid port '0': must be 1…65535"),
        (
            ["tcp", "10.0.0.1:1", "[fd00::1]:2"],
            "invalid tuple 'tcp 10.0.0.1:1 [fd00::1]:2': both addresses must be of one family"
        ),
    ])
    func otherTuplesAreRefused(words: [String], message: String) {
        #expect(refusal { try ConnectionKey(words: words) } == message)
    }

    @Test func statesAreReadAndRefused() throws {
        #expect(try TCPState.allCases.map { try TCPState($0.rawValue) } == TCPState.allCases)
        #expect(
            refusal { try TCPState("open") }
                == "invalid state 'open': must be syn-sent, established, fin-seen, closed or reset")
    }

    @Test func totalsAddBothDirections() throws {
        var connection = try Connection.sample()
        connection.forward = Connection.Traffic(packets: 3, bytes: 300)
        connection.reply = Connection.Traffic(packets: 2, bytes: 5000)
        #expect(connection.total == Connection.Traffic(packets: 5, bytes: 5300))
    }

    @Test func flagsAreNamedInTheirOrder() {
        #expect(ConnectionFlags([.directReturn, .tunnel]).names == ["tunnel", "dsr"])
        #expect(ConnectionFlags().names == [])
        #expect(
            ConnectionFlags(rawValue: .max).names == [
                "local", "tunnel", "dsr", "hairpin", "port-replaced", "connect-time", "host-stack", "outside",
                "no-service",
            ])
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.0.0.0/8"), ("10.0.0.1", "10.0.0.1"), ("10.0.0.1:80", "10.0.0.1:80"),
        ("10.0.0.0/8:80", "10.0.0.0/8:80"), (":80", ":80"), ("fd00::/64", "fd00::/64"), ("fd00::1", "fd00::1"),
        ("[fd00::1]:80", "[fd00::1]:80"), ("[fd00::/64]:80", "[fd00::/64]:80"), ("fd00::/64:80", "[fd00::/64]:80"),
        ("[fd00::1]", "fd00::1"), ("::1", "::1"), ("fd00::1:80", "fd00::1:80"),
    ])
    func endpointFiltersAreReadAndWritten(text: String, canonical: String) throws {
        let filter = try EndpointFilter(text)
        #expect(filter.description == canonical)
        #expect(try EndpointFilter(filter.description) == filter)
    }

    @Test(arguments: [
        ("", "invalid filter '': must be CIDR[:PORT] or :PORT"),
        (":", "invalid port '': must be 1…65535"),
        ("10.0.0.0/33", "invalid prefix '10.0.0.0/33': length must be 0…32"),
        ("10.0.0.1:http", "invalid port 'http': must be 1…65535"),
        ("10.0.0.1:", "invalid port '': must be 1…65535"),
        ("10.0.0.1/8:80", "invalid prefix '10.0.0.1/8': host bits are set, did you mean '10.0.0.0/8'?"),
        ("[10.0.0.1]:80", "invalid filter '[10.0.0.1]:80': must be CIDR[:PORT] or :PORT"),
        ("[fd00::1", "invalid filter '[fd00::1': must be CIDR[:PORT] or :PORT"),
        ("[fd00::1]80", "invalid filter '[fd00::1]80': must be CIDR[:PORT] or :PORT"),
        ("web", "invalid address 'web': not an IPv4 or IPv6 address"),
    ])
    func otherEndpointFiltersAreRefused(text: String, message: String) {
        #expect(refusal { try EndpointFilter(text) } == message)
    }

    static let criteria: [(ConnectionFilter, Bool)] = [
        (ConnectionFilter(), true),
        (ConnectionFilter(family: .v4), true), (ConnectionFilter(family: .v6), false),
        (ConnectionFilter(transport: .tcp), true), (ConnectionFilter(transport: .udp), false),
        (ConnectionFilter(source: try? EndpointFilter("10.0.0.0/24")), true),
        (ConnectionFilter(source: try? EndpointFilter("10.0.0.1:3333")), true),
        (ConnectionFilter(source: try? EndpointFilter("10.0.0.1:3334")), false),
        (ConnectionFilter(source: try? EndpointFilter("10.96.0.10")), false),
        (ConnectionFilter(destination: try? EndpointFilter(":80")), true),
        (ConnectionFilter(destination: try? EndpointFilter(":8080")), false),
        (ConnectionFilter(backend: try? EndpointFilter("10.1.0.2:8080")), true),
        (ConnectionFilter(backend: try? EndpointFilter("10.1.0.3")), false),
        (ConnectionFilter(service: try? ServiceName("default/web")), true),
        (ConnectionFilter(service: try? ServiceName("default/web:http")), true),
        (ConnectionFilter(service: try? ServiceName("default/web:https")), false),
        (ConnectionFilter(state: .established), true), (ConnectionFilter(state: .closed), false),
        (ConnectionFilter(transport: .tcp, state: .closed), false),
    ]

    @Test(arguments: criteria)
    func eachCriterionAcceptsAndRefuses(filter: ConnectionFilter, expected: Bool) throws {
        #expect(try filter.matches(.sample()) == expected)
    }

    @Test func aFilterIsEmptyOnlyWithoutAnyCriterion() {
        #expect(Self.criteria.map(\.0.isEmpty) == [true] + Array(repeating: false, count: Self.criteria.count - 1))
    }

    @Test func whatAnotherNodeServesMatchesNoBackend() throws {
        var connection = try Connection.sample()
        connection.backend = nil
        #expect(!ConnectionFilter(backend: try EndpointFilter(":8080")).matches(connection))
        #expect(ConnectionFilter(transport: .tcp).matches(connection))
    }

    @Test func aDeletedServiceMatchesNoName() throws {
        let filter = ConnectionFilter(service: try ServiceName("default/web"))
        #expect(try !filter.matches(.sample(service: nil)))
    }

    @Test func keysSortByTransportThenSourceThenDestination() throws {
        let sorted = [
            "tcp,9.0.0.1:9,10.0.0.1:1", "tcp,10.0.0.1:1,10.0.0.1:2", "tcp,10.0.0.1:2,10.0.0.1:1",
            "tcp,[fd00::1]:1,[fd00::2]:1",
            "udp,1.0.0.1:1,1.0.0.1:1",
        ]
        #expect(try sorted.reversed().map { try ConnectionKey(words: [$0]) }.sorted().map(\.description) == sorted)
    }
}
