// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Dataplane
import DataplaneModel

/// What in services is allowed but probably a slip, by the routes that the programs know.
struct ServiceCautions {
    /// Cluster addresses that are the node's own. An external address may well be one: that is what it is for.
    private(set) var ownAddresses: [(service: ServiceName, frontend: Frontend)] = []
    /// Backends that no route covers, and that nobody says are on this node.
    private(set) var unrouted: [(service: ServiceName, backend: Endpoint)] = []

    init(_ services: [Service], _ routes: RouteLookup) {
        for service in services {
            for frontend in service.frontends where frontend.kind == .clusterIP {
                guard let address = frontend.address?.endpoint.address, let route = routes.entry(for: address)?.route,
                    route.isLocal, route.role == .host
                else { continue }
                ownAddresses.append((service.name, frontend))
            }
            for backend in service.backends
            where backend.isLocal != true && routes.entry(for: backend.endpoint.address) == nil {
                unrouted.append((service.name, backend.endpoint))
            }
        }
    }

    /// One for each kind, however many there are.
    func lines(_ scene: ErrorScene) -> [String] {
        var lines: [String] = []
        if !ownAddresses.isEmpty {
            let names = ownAddresses.map { "'\($0.frontend)' of service '\($0.service)'" }
            lines.append(
                "\(Self.listed(names)): the node itself has \(names.count == 1 ? "this address" : "these addresses"), "
                    + "so what was to reach a server of its own there goes to the service")
        }
        if let first = unrouted.first {
            let names = unrouted.map { "'\($0.backend)' of service '\($0.service)'" }
            lines.append(
                "\(Self.listed(names)): no route of the dataplane says where \(names.count == 1 ? "it lives" : "they live"), "
                    + "so packets that must cross to another node are left to the host stack; say so with "
                    + scene.line("route add \(Prefix(host: first.backend.address)) --workload --via NODE"))
        }
        return lines
    }

    /// The first few of many: `a, b, c and 97 more`.
    private static func listed(_ names: [String]) -> String {
        let shown = names.prefix(3).joined(separator: ", ")
        return names.count > 3 ? "\(shown) and \(names.count - 3) more" : shown
    }
}

extension CommandContext {
    /// Those about services that are new or other than they were: what is applied every few seconds is known.
    func noteCautions(_ services: [Service], changedIn diff: ServiceDiff, in dataplane: borrowing Dataplane) throws {
        let changed = Set(diff.entries.lazy.filter { $0.action != .unchanged }.map(\.name))
        try noteCautions(services.filter { changed.contains($0.name) }, in: dataplane)
    }

    /// Says what is probably a slip; the services are as they were asked for all the same.
    func noteCautions(_ services: [Service], in dataplane: borrowing Dataplane) throws {
        let cautions = ServiceCautions(services, RouteLookup(try dataplane.routes().routes()))
        for line in cautions.lines(ErrorScene(words: invocation.words)) { note(line) }
    }
}
