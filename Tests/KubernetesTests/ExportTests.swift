// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Kubernetes
import Testing
import YAML

/// Services out as objects, and in again.
@Suite struct ExportTests {
    /// What `service export --kubernetes` would print, read as `service apply` would.
    private func readBack(_ export: ServiceExport) throws -> DesiredState {
        var emitter = Emitter()
        for object in export.objects {
            emitter.bytes += Array("---\n".utf8)
            var document = Emitter()
            object.write(to: &document)
            emitter.bytes += document.bytes
        }
        var reader = ObjectReader()
        try reader.read("export", bytes: emitter.bytes)
        let everywhere = try [Prefix("0.0.0.0/0"), Prefix("::/0")]
        return try reader.objects.desiredState(
            TranslationOptions(node: .name("n1"), allowedExternalIPs: everywhere))
    }

    private static let full = [
        service(
            spec: """
                type: LoadBalancer
                externalTrafficPolicy: Local
                externalIPs: [203.0.113.7]
                loadBalancerSourceRanges: [198.51.100.0/24]
                sessionAffinity: ClientIP
                """, ports: "[{name: http, port: 80, nodePort: 30080}, {name: dns, port: 53, protocol: UDP}]",
            clusterIPs: "[10.96.0.10, \"fd00::10\"]", status: "{loadBalancer: {ingress: [{ip: 192.0.2.1}]}}"),
        slice(
            ports: "[{name: http, port: 8080}, {name: dns, port: 5353, protocol: UDP}]", endpoint("10.244.1.2"),
            endpoint("10.244.2.2", on: nil), endpoint("10.244.1.3", ready: false, terminating: true)),
        slice(name: "web-2", type: "IPv6", ports: "[{name: http, port: 8080}]", endpoint("fd00:244::2")),
        service("plain", clusterIPs: "[10.96.0.11]"),
        service(
            "in", spec: "internalTrafficPolicy: Local",
            clusterIPs: "[10.96.0.12]"), slice(name: "in-1", of: "in", endpoint("10.244.9.9")),
    ]

    @Test func whatIsExportedIsReadBackToTheSameServices() throws {
        let services = try objects(Self.full.joined(separator: "\n---\n")).desiredState(
            TranslationOptions(node: .name("n1"), allowedExternalIPs: [Prefix("203.0.113.0/24")])
        ).services
        #expect(services.count == 4)
        let export = ServiceExport(services, node: "n1")
        #expect(export.omissions == [])
        #expect(try readBack(export).services == services)
        #expect(try readBack(export).notes == [])
    }

    @Test func aServiceAndItsSliceAreWrittenAsTheAPIHasThem() throws {
        let state = try translated(
            service(spec: "type: NodePort", ports: "[{name: http, port: 80, nodePort: 30080}]"),
            slice(ports: "[{name: http, port: 8080}]", endpoint("10.244.1.2")))
        var emitter = Emitter()
        ObjectValue.list(ServiceExport(state.services, node: "n1").objects).write(to: &emitter)
        #expect(
            String(decoding: emitter.bytes, as: UTF8.self) == """
                - apiVersion: v1
                  kind: Service
                  metadata:
                    name: web
                    namespace: default
                  spec:
                    type: NodePort
                    clusterIP: 10.96.0.10
                    clusterIPs:
                    - 10.96.0.10
                    ipFamilies:
                    - IPv4
                    ipFamilyPolicy: SingleStack
                    ports:
                    - name: http
                      port: 80
                      protocol: TCP
                      nodePort: 30080
                    externalTrafficPolicy: Cluster
                    internalTrafficPolicy: Cluster
                    sessionAffinity: None
                - apiVersion: discovery.k8s.io/v1
                  kind: EndpointSlice
                  metadata:
                    name: web-1
                    namespace: default
                    labels:
                      kubernetes.io/service-name: web
                      endpointslice.kubernetes.io/managed-by: ebpfctl
                  addressType: IPv4
                  ports:
                  - name: http
                    port: 8080
                    protocol: TCP
                  endpoints:
                  - addresses:
                    - 10.244.1.2
                    conditions:
                      ready: true
                      serving: true
                      terminating: false
                    nodeName: n1

                """)
    }

    private static func one(
        _ name: String, _ frontends: [Frontend], _ backends: String..., algorithm: BalancingAlgorithm = .random
    ) throws -> Service {
        Service(
            name: try ServiceName(name), frontends: frontends, backends: try backends.map { try Backend($0) },
            algorithm: algorithm)
    }

    private static func clusterIP(_ text: String) throws -> Frontend { .clusterIP(try FrontendAddress(text)) }

    @Test func whatObjectsCannotSayIsLeftOutWithTheReason() throws {
        var draining = try Self.one("d/drained", [Self.clusterIP("10.96.0.7:80/tcp")], "10.244.1.2:80")
        draining.backends[0].state = .draining
        let services = [
            try Self.one("d/external", [.externalIP(FrontendAddress("192.0.2.1:80/tcp"))]),
            try Self.one("d/hashed", [Self.clusterIP("10.96.0.2:80/tcp")], algorithm: .maglev),
            try Self.one("d/weighted", [Self.clusterIP("10.96.0.3:80/tcp")], "10.244.1.2:80,weight=2", "10.244.1.3:80"),
            try Self.one("d/both", [Self.clusterIP("10.96.0.4:80/tcp"), Self.clusterIP("10.96.0.4:80/udp")]),
            try Self.one("d/ports:a", [Self.clusterIP("10.96.0.5:80/tcp")]),
            try Self.one("d/ports:b", [Self.clusterIP("10.96.0.6:81/tcp")]),
            try Self.one("d/named", [Self.clusterIP("10.96.0.8:80/tcp")]),
            try Self.one("d/named:b", [Self.clusterIP("10.96.0.8:81/tcp")]), draining,
        ]
        let export = ServiceExport(services, node: "n1")
        #expect(try readBack(export).services.map(\.name.text) == ["d/named", "d/ports:a"])
        let reasons = [
            "d/both": "its frontends have several ports or protocols",
            // Read back, the last endpoint that still serves would be used again.
            "d/drained": "it would be read back as something else", "d/external": "it has no cluster IP",
            "d/hashed": "its algorithm is maglev", "d/named:b": "of several ports each needs a name",
            "d/ports:b": "it differs from the service's other ports in more than the port",
            "d/weighted": "its backends have weights",
        ]
        #expect(
            export.omissions.map(\.message).sorted()
                == reasons.map { "service '\($0)' has no equal among Kubernetes objects: \($1)" }.sorted())
    }

    @Test func manyEndpointsAreSpreadOverSlices() throws {
        let endpoints = try (0..<2500).map { try Backend("10.100.\($0 / 250).\($0 % 250 + 1):80") }
        let service = Service(
            name: try ServiceName("d/big"), frontends: [try Self.clusterIP("10.96.0.2:80/tcp")], backends: endpoints)
        let export = ServiceExport([service], node: "n1")
        #expect(export.objects.count == 4)
        #expect(try readBack(export).services == [service.canonical()])
    }
}
