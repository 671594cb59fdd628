// SPDX-License-Identifier: Apache-2.0

import DataplaneModel

extension ServiceObject {
    /// The object as the API has it, without what the control plane alone writes.
    var value: ObjectValue {
        .object([
            "apiVersion": .string("v1"), "kind": .string("Service"),
            "metadata": .object(["name": .string(name.name), "namespace": .string(name.namespace)]), "spec": spec,
            "status": loadBalancerIPs.isEmpty ? nil : .object(["loadBalancer": .object(["ingress": ingress])]),
        ])
    }

    private var spec: ObjectValue {
        let isExternal = kind != .clusterIP || !externalIPs.isEmpty
        return .object([
            "type": .string(kind.rawValue), "clusterIP": clusterIPs.first.map { .string($0.description) },
            "clusterIPs": .list(clusterIPs.map { .string($0.description) }),
            "ipFamilies": .list(clusterIPs.map { .string($0.family.description) }),
            "ipFamilyPolicy": .string(clusterIPs.count > 1 ? "RequireDualStack" : "SingleStack"),
            "externalIPs": externalIPs.isEmpty ? nil : .list(externalIPs.map { .string($0.description) }),
            "ports": .list(ports.map(\.value)),
            "allocateLoadBalancerNodePorts": kind == .loadBalancer && ports.allSatisfy { $0.nodePort == nil }
                ? .boolean(false) : nil,
            "externalTrafficPolicy": isExternal ? .string(externalPolicy.word) : nil,
            "internalTrafficPolicy": .string(internalPolicy.word),
            "loadBalancerSourceRanges": sourceRanges.isEmpty
                ? nil : .list(sourceRanges.map { .string($0.description) }),
            "sessionAffinity": .string(affinity == nil ? "None" : "ClientIP"),
            "sessionAffinityConfig": affinity.map { affinity in
                .object([
                    "clientIP": .object(["timeoutSeconds": .integer(Int(affinity.components.seconds))])
                ])
            },
        ])
    }

    private var ingress: ObjectValue {
        .list(loadBalancerIPs.map { .object(["ip": .string($0.description), "ipMode": .string("VIP")]) })
    }
}

extension ServiceObject.Port {
    fileprivate var value: ObjectValue {
        .object([
            "name": name.isEmpty ? nil : .string(name), "port": .integer(Int(port)),
            "protocol": .string(transport.rawValue), "nodePort": nodePort.map { .integer(Int($0)) },
        ])
    }
}

extension TrafficPolicy {
    fileprivate var word: String {
        (self == .local ? ServiceObject.Policy.local : .cluster).rawValue
    }
}

extension SliceObject {
    /// The object as the API has it; of one family.
    var value: ObjectValue {
        let family = members.first?.address.family ?? .v4
        let labels = service.map { owner in
            ObjectValue.object([Label.serviceName: .string(owner.name), Label.managedBy: .string("ebpfctl")])
        }
        return .object([
            "apiVersion": .string("discovery.k8s.io/v1"), "kind": .string("EndpointSlice"),
            "metadata": .object([
                "name": .string(name.name), "namespace": .string(name.namespace), "labels": labels,
            ]), "addressType": .string(family == .v4 ? "IPv4" : "IPv6"), "ports": .list(ports.map(\.value)),
            "endpoints": .list(members.map(\.value)),
        ])
    }
}

extension SliceObject.Port {
    fileprivate var value: ObjectValue {
        .object([
            "name": .string(name), "port": .integer(Int(port)), "protocol": .string(transport.rawValue),
        ])
    }
}

extension SliceObject.Member {
    fileprivate var value: ObjectValue {
        .object([
            "addresses": .list([.string(address.description)]),
            "conditions": .object([
                "ready": .boolean(isReady), "serving": .boolean(isServing), "terminating": .boolean(isTerminating),
            ]), "nodeName": node.map { .string($0) },
        ])
    }
}
