// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import LinuxSystem
import Rendering
import Testing
import Topology

@testable import Commands
@testable import Dataplane

@Suite struct RowTests {
    private func service() throws -> Service {
        Service(
            name: try ServiceName("default/web:http"),
            frontends: [
                .clusterIP(try FrontendAddress("10.96.0.10:80/tcp")),
                .clusterIP(try FrontendAddress("[fd00::a]:80/tcp")),
                .clusterIP(try FrontendAddress("10.96.0.11:80/tcp")),
            ],
            backends: [
                Backend(endpoint: try Endpoint("10.1.0.2:8080"), weight: 3, isLocal: true),
                Backend(endpoint: try Endpoint("[fd01::2]:8080"), isLocal: false),
            ])
    }

    @Test func aServiceShowsTwoFrontendsAndHowManyMoreThereAre() throws {
        let row = ServiceRow(service: try service())
        #expect(
            row.cellTexts == [
                "default/web:http", "10.96.0.10:80/tcp,[fd00::a]:80/tcp,+1", "2", "1", "random", "<none>", "cluster",
                "cluster", "<none>", "10.96.0.10:80/tcp,[fd00::a]:80/tcp,10.96.0.11:80/tcp",
                "10.1.0.2:8080,[fd01::2]:8080",
            ])
        #expect(row.resourceName == "default/web:http")
    }

    @Test func aServiceOnItsOwnPageShowsWhatEachFrontendIs() throws {
        #expect(
            try page(ServiceRow(service: try service())) == """
                Name:             default/web:http
                Frontends:        10.96.0.10:80/tcp (cluster-ip)
                                  [fd00::a]:80/tcp (cluster-ip)
                                  10.96.0.11:80/tcp (cluster-ip)
                Algorithm:        random
                Affinity:         <none>
                External policy:  cluster
                Internal policy:  cluster
                Source ranges:    <none>
                Backends:
                  BACKEND         WEIGHT  LOCAL  STATE
                  10.1.0.2:8080        3  yes    active
                  [fd01::2]:8080       1  no     active

                """)
    }

    @Test func aServiceLimitedToOneFamilyKeepsItsPart() throws {
        let part = try #require(try service().limited(to: [.v6]))
        #expect(part.frontends.map(\.description) == ["[fd00::a]:80/tcp"])
        #expect(part.backends.map(\.description) == ["[fd01::2]:8080"])
        #expect(part.limited(to: [.v4]) == nil)
        #expect(part.limited(to: [.v4, .v6]) == part)
    }

    @Test func aBackendIsNamedByTheWordsThatRemoveIt() throws {
        let row = BackendRow(
            service: try ServiceName("default/web"), backend: try Backend("10.1.0.2:80,weight=2,local"))
        #expect(row.cellTexts == ["10.1.0.2:80", "2", "yes", "active", "default/web"])
        #expect(row.resourceName == "default/web 10.1.0.2:80")
        #expect(
            try document(row) == """
                apiVersion: ebpfctl/v1
                kind: Backend
                service: default/web
                address: 10.1.0.2
                port: 80
                weight: 2
                local: true
                state: active

                """)
    }

    private func connection() throws -> Connection {
        Connection(
            key: try ConnectionKey(words: ["tcp,10.0.0.1:3333,10.96.0.10:80"]), backend: try Endpoint("10.1.0.2:8080"),
            serviceID: 7, service: try ServiceName("default/web"), state: .established,
            forward: .init(packets: 3, bytes: 180), reply: .init(packets: 2, bytes: 120), age: .milliseconds(90_500),
            idle: .milliseconds(4_500), flags: [.localBackend])
    }

    @Test func aConnectionStartsWithItsTuple() throws {
        let row = ConnectionRow(connection: try connection())
        #expect(
            row.cellTexts == [
                "tcp", "10.0.0.1:3333", "10.96.0.10:80", "10.1.0.2:8080", "established", "4.5s", "default/web", "1m",
                "5", "300", "local",
            ])
        #expect(row.resourceName == "tcp,10.0.0.1:3333,10.96.0.10:80")
    }

    @Test func aConnectionOfADeletedServiceSaysSo() throws {
        var orphan = try connection()
        orphan.service = nil
        orphan.state = nil
        #expect(ConnectionRow(connection: orphan).cellTexts[6] == "<deleted>")
        #expect(try document(ConnectionRow(connection: orphan)).contains("service: null\nserviceID: 7\n"))
        #expect(ConnectionRow(connection: orphan).cellTexts[4] == "<none>")
    }

    @Test func aConnectionIsADocumentOfTypedFields() throws {
        #expect(
            try document(ConnectionRow(connection: try connection())) == """
                apiVersion: ebpfctl/v1
                kind: Connection
                name: tcp,10.0.0.1:3333,10.96.0.10:80
                protocol: tcp
                source:
                  address: 10.0.0.1
                  port: 3333
                destination:
                  address: 10.96.0.10
                  port: 80
                backend:
                  address: 10.1.0.2
                  port: 8080
                node: null
                service: default/web
                serviceID: 7
                state: established
                ageSeconds: 90.500
                idleSeconds: 4.500
                forward:
                  packets: 3
                  bytes: 180
                reply:
                  packets: 2
                  bytes: 120
                flags:
                - local

                """)
    }

    private func routeRow(_ place: Route.Place, origin: RouteEntry.Origin = .kernel, isPeer: Bool = false) throws
        -> RouteRow
    {
        let route = Route(prefix: try Prefix("10.244.1.0/24"), role: .workload, place: place)
        return RouteRow(RouteEntry(route: route, origin: origin, isPeer: isPeer), names: InterfaceNames([]))
    }

    @Test func aRouteShowsWhereItsAddressesLive() throws {
        let gone = try routeRow(.local(InterfaceReference(name: nil, index: 7)), isPeer: true)
        #expect(gone.cellTexts == ["10.244.1.0/24", "workload", "local", "<gone>", "kernel", "yes", "no"])
        let remote = try routeRow(.remote(via: try IPAddress("10.0.0.2")), origin: .manual)
        #expect(remote.cellTexts == ["10.244.1.0/24", "workload", "remote", "10.0.0.2", "manual", "no", "no"])
        let unknown = try routeRow(.remote(via: .v4(0)))
        #expect(unknown.cellTexts[3] == "<none>")
        let subnet = Route(prefix: try Prefix("10.0.0.0/24"), role: .host, place: .remote(via: .v4(0)), noDSR: true)
        let onLink = RouteRow(RouteEntry(route: subnet), names: InterfaceNames([]))
        #expect(onLink.cellTexts == ["10.0.0.0/24", "host", "remote", "on-link", "kernel", "no", "yes"])
        let itself = Route(
            prefix: try Prefix("10.0.0.2/32"), role: .host, place: .remote(via: try IPAddress("10.0.0.2")))
        let node = RouteRow(RouteEntry(route: itself), names: InterfaceNames([]))
        #expect(node.cellTexts[1] == "node")
    }

    @Test(arguments: CounterReason.allCases)
    func aCounterHasNoSpacesInItsCells(reason: CounterReason) {
        let row = CounterRow(reading: CounterReading(reason: reason, packets: 5, bytes: 6))
        #expect(row.cellTexts == [reason.name, reason.outcome.rawValue, "5", "6"])
        #expect(!row.cellTexts.joined().contains(" "))
    }

    @Test(arguments: [
        InterfaceReason.namedUplink, .ownTunnel, .defaultRoute, .nodeAddress(.v4(1)), .matchesPattern("h*"),
        .vethIntoAnotherNamespace(bridge: "cni0"), .loopback, .bondMember(of: "bond0"), .bridge, .bridgePort(of: "br0"),
        .beneath(uplink: "eth0.5"), .localVeth(peer: "b"), .unmatchedVeth, .unnamedDefaultRoute, .down, .unclaimed,
    ])
    func aReasonForARoleIsOneWord(reason: InterfaceReason) {
        #expect(!reason.word.contains(" "))
        #expect(!reason.word.isEmpty)
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00Z"), (951_827_696, "2000-02-29T12:34:56Z"), (1_709_251_199, "2024-02-29T23:59:59Z"),
        (1_709_251_200, "2024-03-01T00:00:00Z"), (4_102_444_799, "2099-12-31T23:59:59Z"),
        (4_107_542_400, "2100-03-01T00:00:00Z"),
    ])
    func aMomentIsWrittenInUTC(seconds: UInt64, text: String) {
        #expect(UTCTime(secondsSince1970: seconds).text == text)
    }
}
