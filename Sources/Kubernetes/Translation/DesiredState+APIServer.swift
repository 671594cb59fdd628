// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel

extension DesiredState {
    /// The service by which everything in a cluster finds the API server, this tool's next input included.
    private static let apiServer = ObjectName(namespace: "default", name: "kubernetes")

    /// Keeps the API server's service as it is where this state would take its last backend away, and notes it.
    ///
    /// One that goes by another name here, and has backends, takes its place.
    ///
    /// - Parameter current: what the dataplane serves now.
    /// - Parameter pruning: whether services that are not desired go.
    package mutating func keepAPIServer(current: [Service], pruning: Bool) {
        for service in current where service.name.isPart(of: Self.apiServer) && service.isServed {
            guard pruning || services.contains(where: { $0.name == service.name }) else { continue }
            let rivals = services.filter { $0.name == service.name || $0.claims(anyOf: service.frontends) }
            guard !rivals.contains(where: \.isServed) else { continue }
            services = services.compactMap { $0.name == service.name ? nil : $0.without(service.frontends) }
            services.append(service)
            services.sort { $0.name < $1.name }
            notes.append(.keptAPIServer(service.name))
        }
    }
}

extension ServiceName {
    fileprivate func isPart(of object: ObjectName) -> Bool {
        namespace == object.namespace && name == object.name
    }
}

extension Service {
    fileprivate func claims(anyOf others: [Frontend]) -> Bool {
        frontends.contains { own in others.contains { own.means($0) } }
    }

    fileprivate func without(_ others: [Frontend]) -> Service? {
        guard claims(anyOf: others) else { return self }
        var service = self
        service.frontends.removeAll { own in others.contains { own.means($0) } }
        return service.reachable
    }
}
