// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel

/// What a proxy has to know of a `v1 Service`.
package struct ServiceObject: Hashable, Sendable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case clusterIP = "ClusterIP"
        case nodePort = "NodePort"
        case loadBalancer = "LoadBalancer"
        case externalName = "ExternalName"
    }

    package struct Port: Hashable, Sendable {
        /// Empty for the only port of a service that does not name it.
        package var name: String
        package var transport: PortProtocol
        package var port: UInt16
        /// Nil without one, as when `allocateLoadBalancerNodePorts` is false.
        package var nodePort: UInt16?
        package var serviceName: ServiceName
    }

    package var name: ObjectName
    /// RFC 3339 in UTC, so that the text sorts by time; empty where the object has never been in a cluster.
    package var created: String
    package var kind: Kind
    /// None when headless and before the cluster has given it one.
    package var clusterIPs: [IPAddress]
    package var isHeadless: Bool
    package var ports: [Port]
    package var externalIPs: [IPAddress]
    /// The load balancer's addresses that nodes shall serve themselves (`ipMode: VIP`, or none given).
    package var loadBalancerIPs: [IPAddress]
    package var affinity: Duration?
    package var externalPolicy: TrafficPolicy
    package var internalPolicy: TrafficPolicy
    package var sourceRanges: [Prefix]
    package var healthCheckNodePort: UInt16?
    /// Who serves it instead of the cluster's own proxy.
    package var proxyName: String?
    package var isLabelledHeadless: Bool
}

extension ServiceObject {
    private enum Affinity: String, CaseIterable {
        case none = "None"
        case clientIP = "ClientIP"
    }

    enum Policy: String, CaseIterable {
        case cluster = "Cluster"
        case local = "Local"

        var model: TrafficPolicy { self == .local ? .local : .cluster }
    }

    private enum IPMode: String, CaseIterable {
        case vip = "VIP"
        case proxy = "Proxy"
    }

    /// The API server's default for `sessionAffinity: ClientIP`.
    private static let defaultAffinitySeconds = 10_800

    init(_ object: Field) throws(FieldError) {
        let metadata = try object.required("metadata")
        let name = try ObjectName(metadata: metadata)
        let spec = try object.required("spec")
        let labels = try metadata.member("labels")
        self.name = name
        created = try metadata.string("creationTimestamp") ?? ""
        kind = try spec.member("type")?.word(Kind.self) ?? .clusterIP
        (clusterIPs, isHeadless) = try Self.clusterIPs(spec)
        ports = try Self.ports(spec, of: name, metadata)
        var external: [IPAddress] = []
        for address in try spec.items("externalIPs") { external.append(try address.address()) }
        externalIPs = external
        loadBalancerIPs = try Self.loadBalancerIPs(object)
        affinity = try Self.affinity(spec)
        externalPolicy = try spec.member("externalTrafficPolicy")?.word(Policy.self).model ?? .cluster
        internalPolicy = try spec.member("internalTrafficPolicy")?.word(Policy.self).model ?? .cluster
        var ranges: [Prefix] = []
        for range in try spec.items("loadBalancerSourceRanges") { ranges.append(try range.prefix()) }
        sourceRanges = ranges
        healthCheckNodePort = try spec.optionalPort("healthCheckNodePort")
        proxyName = try labels?.string(Label.proxyName)
        isLabelledHeadless = try labels?.member(Label.headless) != nil
    }

    private static func clusterIPs(_ spec: Field) throws(FieldError) -> ([IPAddress], isHeadless: Bool) {
        var fields = try spec.items("clusterIPs")
        if fields.isEmpty, let single = try spec.member("clusterIP") { fields = [single] }
        var addresses: [IPAddress] = []
        for field in fields {
            switch try field.string() {
            case "None": return ([], true)
            case "": continue
            default: addresses.append(try field.address())
            }
        }
        return (addresses, false)
    }

    private static func ports(_ spec: Field, of name: ObjectName, _ metadata: Field) throws(FieldError) -> [Port] {
        var ports: [Port] = []
        for field in try spec.items("ports") {
            let portName = try field.string("name") ?? ""
            let transport = try field.member("protocol")?.word(PortProtocol.self) ?? .tcp
            let number = try field.required("port").port()
            if ports.contains(where: { $0.name == portName || ($0.port == number && $0.transport == transport) }) {
                throw field.failing(.repeatedPort(portName.isEmpty ? "\(number)/\(transport.rawValue)" : portName))
            }
            ports.append(
                Port(
                    name: portName, transport: transport, port: number, nodePort: try field.optionalPort("nodePort"),
                    serviceName: try serviceName(name, portName, field)))
        }
        return ports
    }

    private static func serviceName(_ name: ObjectName, _ port: String, _ field: Field) throws(FieldError)
        -> ServiceName
    {
        do {
            return try ServiceName(namespace: name.namespace, name: name.name, port: port.isEmpty ? nil : port)
        } catch {
            throw field.failing(.name(error))
        }
    }

    private static func loadBalancerIPs(_ object: Field) throws(FieldError) -> [IPAddress] {
        guard let balancer = try object.member("status")?.member("loadBalancer") else { return [] }
        var addresses: [IPAddress] = []
        for ingress in try balancer.items("ingress") {
            // A load balancer known by its host name needs nothing of the nodes.
            guard let field = try ingress.member("ip"), try field.string() != "" else { continue }
            let address = try field.address()
            if try ingress.member("ipMode")?.word(IPMode.self) != .proxy { addresses.append(address) }
        }
        return addresses
    }

    private static func affinity(_ spec: Field) throws(FieldError) -> Duration? {
        guard try spec.member("sessionAffinity")?.word(Affinity.self) == .clientIP else { return nil }
        let timeout = try spec.member("sessionAffinityConfig")?.member("clientIP")?.member("timeoutSeconds")
        return .seconds(try timeout?.integer(in: 1...86_400) ?? defaultAffinitySeconds)
    }
}

extension Field {
    /// A port that 0 and absence leave out.
    func optionalPort(_ key: String) throws(FieldError) -> UInt16? {
        guard let port = try member(key)?.port(in: 0...65535), port > 0 else { return nil }
        return port
    }
}
