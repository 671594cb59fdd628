// SPDX-License-Identifier: Apache-2.0

/// A service of one port in namespace `default`, with what a test adds to its spec, metadata and status.
func service(
    _ name: String = "web", spec: String = "", ports: String = "[{port: 80, protocol: TCP, targetPort: http}]",
    clusterIPs: String = "[10.96.0.10]", labels: String = "{}", status: String = "{loadBalancer: {}}",
    created: String = "2026-01-01T00:00:00Z"
) -> String {
    """
    apiVersion: v1
    kind: Service
    metadata:
      creationTimestamp: "\(created)"
      labels: \(labels)
      name: \(name)
      namespace: default
    spec:
      clusterIPs: \(clusterIPs)
      ports: \(ports)
      selector:
        app: \(name)
    \(indented(spec))
    status: \(status)
    """
}

/// A slice of a service in namespace `default`; each endpoint is a YAML mapping.
func slice(
    name: String = "web-1", of service: String = "web", type: String = "IPv4",
    ports: String = "[{name: \"\", port: 8080, protocol: TCP}]", labels: String = "", _ endpoints: String...
) -> String {
    """
    addressType: \(type)
    apiVersion: discovery.k8s.io/v1
    endpoints: [\(endpoints.joined(separator: ", "))]
    kind: EndpointSlice
    metadata:
      labels: {kubernetes.io/service-name: \(service)\(labels)}
      name: \(name)
      namespace: default
    ports: \(ports)
    """
}

/// An endpoint of a slice; `more` adds members.
func endpoint(
    _ address: String, on node: String? = "n1", ready: Bool = true, serving: Bool = true, terminating: Bool = false,
    _ more: String = ""
) -> String {
    let place = node.map { ", nodeName: \($0)" } ?? ""
    return "{addresses: [\"\(address)\"], conditions: {ready: \(ready), serving: \(serving), "
        + "terminating: \(terminating)}\(place)\(more)}"
}

func node(
    _ name: String, addresses: [String] = [], podCIDRs: [String] = [], zone: String? = nil, hostName: String? = nil
) -> String {
    let shown = addresses.map { "{type: InternalIP, address: \"\($0)\"}" }
    return """
        apiVersion: v1
        kind: Node
        metadata:
          labels: {\(zone.map { "topology.kubernetes.io/zone: \($0)" } ?? "")}
          name: \(name)
        spec: {podCIDRs: [\(podCIDRs.map { "\"\($0)\"" }.joined(separator: ", "))]}
        status: {addresses: [\((shown + [hostName.map { "{type: Hostname, address: \($0)}" }].compactMap(\.self))
            .joined(separator: ", "))]}
        """
}

private func indented(_ text: String) -> String {
    text.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
}
