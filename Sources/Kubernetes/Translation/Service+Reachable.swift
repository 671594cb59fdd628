// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel

extension Service {
    /// What an object means once some of its frontends are not served; nil without any.
    ///
    /// Backends go that no frontend leads to. Source ranges are a load balancer's: without one of its addresses they
    /// would hold for the node ports, which kube-proxy leaves open.
    package var reachable: Service? {
        guard !frontends.isEmpty else { return nil }
        var service = self
        let families = families
        service.backends.removeAll { !families.contains($0.family) }
        if !frontends.contains(where: { $0.kind == .loadBalancer }) { service.sourceRanges = [] }
        return service
    }
}
