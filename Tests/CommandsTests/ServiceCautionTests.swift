// SPDX-License-Identifier: Apache-2.0

import Dataplane
import DataplaneModel
import Testing

@testable import Commands

/// What `service set` says about services that are allowed but probably not what was meant.
@Suite struct ServiceCautionTests {
    /// The node is 10.0.0.1, pods are 10.1.0.0/24 here, and 10.2.0.0/24 behind another node.
    private func routes() throws -> RouteLookup {
        let here = Route.Place.local(InterfaceReference(name: "up0", index: 2))
        return RouteLookup(
            try [
                ("10.0.0.1/32", Route.Role.host, here), ("10.0.0.0/24", .host, here), ("10.1.0.0/24", .workload, here),
                ("10.2.0.0/24", .workload, .remote(via: try IPAddress("10.0.0.2"))),
            ].map { prefix, role, place in
                RouteEntry(
                    route: Route(prefix: try Prefix(prefix), role: role, place: place), isPeer: false)
            })
    }

    private func lines(_ services: [Service]) throws -> [String] {
        ServiceCautions(services, try routes()).lines(ErrorScene(words: ["service", "set", "default/web"]))
    }

    private func service(_ frontends: [Frontend], _ backends: [String]) throws -> Service {
        Service(
            name: try ServiceName("default/web"), frontends: frontends, backends: try backends.map { try Backend($0) })
    }

    @Test func whatIsRoutedAndNobodyElsesIsFine() throws {
        let web = try service(
            [.clusterIP(FrontendAddress("10.96.0.10:80/tcp")), .externalIP(FrontendAddress("10.0.0.1:80/tcp"))],
            ["10.1.0.2:8080", "10.2.0.2:8080", "10.0.0.1:8080"])
        #expect(try lines([web]) == [])
    }

    @Test func aClusterAddressOfTheNodeIsNoted() throws {
        let web = try service([.clusterIP(FrontendAddress("10.0.0.1:22/tcp"))], ["10.1.0.2:8080"])
        #expect(
            try lines([web]) == [
                "'10.0.0.1:22/tcp' of service 'default/web': the node itself has this address, so what was to reach a "
                    + "server of its own there goes to the service"
            ])
    }

    @Test func backendsWithoutARouteAreNotedOnOneLine() throws {
        let web = try service(
            [.clusterIP(FrontendAddress("10.96.0.10:80/tcp"))], (1...5).map { "10.9.0.\($0):80" })
        #expect(
            try lines([web]) == [
                "'10.9.0.1:80' of service 'default/web', '10.9.0.2:80' of service 'default/web', '10.9.0.3:80' of service "
                    + "'default/web' and 2 more: no route of the dataplane says where they live, so packets that must "
                    + "cross to another node are left to the host stack; say so with "
                    + "'ebpfctl route add 10.9.0.1/32 --workload --via NODE'"
            ])
    }
}
