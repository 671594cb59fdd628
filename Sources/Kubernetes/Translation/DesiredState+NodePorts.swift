// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel

extension DesiredState {
    /// Leaves out the node ports that the dataplane would refuse, and notes them.
    ///
    /// - Parameter current: what the dataplane serves now: a node port that a service has stays its own, though the range
    ///   may have changed since.
    package mutating func limit(toNodePorts range: PortRange, current: [Service]) {
        let known = Dictionary(current.map { ($0.name, Set($0.frontends)) }) { first, _ in first }
        services = services.compactMap { service in
            let refused = service.frontends.filter { frontend in
                frontend.nodePort.map { !range.contains($0.port) } == true
                    && known[service.name]?.contains(frontend) != true
            }
            guard !refused.isEmpty else { return service }
            notes += refused.compactMap(\.nodePort).map { .nodePortOutOfRange(service.name, $0, range) }
            var service = service
            service.frontends.removeAll(where: refused.contains)
            return service.reachable
        }
    }
}
