// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel

extension DesiredState {
    /// The service by which everything in a cluster finds the API server, this tool's next input included.
    private static let apiServer = ObjectName(namespace: "default", name: "kubernetes")

    /// Keeps the API server's service as it is where this state would take its last backend away, and notes it.
    ///
    /// - Parameter current: what the dataplane serves now.
    /// - Parameter pruning: whether services that are not desired go.
    package mutating func keepAPIServer(current: [Service], pruning: Bool) {
        for service in current where service.name.isPart(of: Self.apiServer) && service.isServed {
            let place = services.firstIndex { $0.name == service.name }
            if let place {
                guard !services[place].isServed else { continue }
                services[place] = service
            } else if pruning {
                services.append(service)
                services.sort { $0.name < $1.name }
            } else {
                continue
            }
            notes.append(.keptAPIServer(service.name))
        }
    }
}

extension ServiceName {
    fileprivate func isPart(of object: ObjectName) -> Bool {
        namespace == object.namespace && name == object.name
    }
}
