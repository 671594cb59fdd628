// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Rendering
import Testing

@testable import Commands

/// Services of every kind and the clients they keep, as tables, pages and documents show them.
@Suite struct ServiceRowTests {
    private func service() throws -> Service {
        Service(
            name: try ServiceName("default/web"),
            frontends: [
                .nodePort(try NodePort("30080/tcp")), .externalIP(try FrontendAddress("192.0.2.5:80/tcp")),
                .loadBalancer(try FrontendAddress("[2001:db8::6]:80/tcp")),
            ],
            backends: [Backend(endpoint: try Endpoint("10.1.0.2:8080"), isLocal: true, state: .draining)],
            affinity: .seconds(10_800), externalPolicy: .local,
            sourceRanges: [try Prefix("10.0.0.0/8"), try Prefix("fd00::/8")], algorithm: .maglev)
    }

    @Test func aNodePortIsShownAsAPortOfEveryAddress() throws {
        #expect(
            ServiceRow(service: try service()).cellTexts == [
                "default/web", "*:30080/tcp,192.0.2.5:80/tcp,+1", "1", "1", "maglev", "3h", "local", "cluster",
                "10.0.0.0/8,fd00::/8", "*:30080/tcp,192.0.2.5:80/tcp,[2001:db8::6]:80/tcp", "10.1.0.2:8080",
            ])
    }

    @Test func aServiceOnItsOwnPageShowsItsSettings() throws {
        #expect(
            try page(ServiceRow(service: try service())) == """
                Name:             default/web
                Frontends:        *:30080/tcp (node-port)
                                  192.0.2.5:80/tcp (external-ip)
                                  [2001:db8::6]:80/tcp (load-balancer)
                Algorithm:        maglev
                Affinity:         3h
                External policy:  local
                Internal policy:  cluster
                Source ranges:    10.0.0.0/8
                                  fd00::/8
                Backends:
                  BACKEND        WEIGHT  LOCAL  STATE
                  10.1.0.2:8080       1  yes    draining

                """)
    }

    @Test func aServiceIsADocumentOfTypedFields() throws {
        #expect(
            try document(ServiceRow(service: try service())) == """
                apiVersion: ebpfctl/v1
                kind: Service
                name: default/web
                frontends:
                - kind: node-port
                  address: null
                  port: 30080
                  protocol: tcp
                - kind: external-ip
                  address: 192.0.2.5
                  port: 80
                  protocol: tcp
                - kind: load-balancer
                  address: 2001:db8::6
                  port: 80
                  protocol: tcp
                algorithm: maglev
                affinitySeconds: 10800
                externalPolicy: local
                internalPolicy: cluster
                sourceRanges:
                - 10.0.0.0/8
                - fd00::/8
                backends:
                - address: 10.1.0.2
                  port: 8080
                  weight: 1
                  local: true
                  state: draining

                """)
    }

    @Test func aServiceLimitedToOneFamilyKeepsItsNodePortsAndThatFamilysRanges() throws {
        let part = try #require(try service().limited(to: [.v6]))
        #expect(part.frontends.map(\.description) == ["*:30080/tcp", "[2001:db8::6]:80/tcp"])
        #expect(part.sourceRanges.map(\.description) == ["fd00::/8"])
    }

    private func entry(_ client: AffinityEntry.Client, service: ServiceName?, remaining: Duration) throws
        -> AffinityEntry
    {
        AffinityEntry(
            client: client, family: .v4, serviceID: 7, service: service, backend: try Endpoint("10.1.0.2:8080"),
            age: .milliseconds(4500), remaining: remaining)
    }

    @Test func aKeptClientIsARow() throws {
        let web = try ServiceName("default/web")
        let row = AffinityRow(
            entry: try entry(.address(try IPAddress("192.0.2.7")), service: web, remaining: .seconds(600)))
        #expect(row.cellTexts == ["192.0.2.7", "address", "10.1.0.2:8080", "4.5s", "10m", "default/web"])
        #expect(row.resourceName == "default/web")
        #expect(
            try document(row) == """
                apiVersion: ebpfctl/v1
                kind: Affinity
                client:
                  kind: address
                  address: 192.0.2.7
                service: default/web
                serviceID: 7
                backend:
                  address: 10.1.0.2
                  port: 8080
                ageSeconds: 4.500
                remainingSeconds: 600

                """)
    }

    @Test func aClientOfADeletedServiceHasExpired() throws {
        let row = AffinityRow(entry: try entry(.namespace(cookie: 4711), service: nil, remaining: .zero))
        #expect(row.cellTexts == ["netns:4711", "namespace", "10.1.0.2:8080", "4.5s", "expired", "<deleted>"])
        #expect(try document(row).contains("client:\n  kind: namespace\n  cookie: 4711\nservice: null\n"))
    }
}
