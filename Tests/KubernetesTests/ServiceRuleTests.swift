// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Kubernetes
import Testing

/// What of a service a node serves: each test is a manifest and the state that it means.
@Suite struct ServiceRuleTests {
    @Test func aServiceIsServedAtBothOfItsClusterIPs() throws {
        let state = try translated(
            service(clusterIPs: "[10.96.0.10, \"fd00::10\"]"),
            slice(endpoint("10.244.1.2"), endpoint("10.244.2.2", on: "n2")),
            slice(name: "web-2", type: "IPv6", endpoint("fd00:244::2")))
        #expect(
            state.golden == """
                service default/web
                  cluster-ip 10.96.0.10:80/tcp
                  cluster-ip [fd00::10]:80/tcp
                  backend 10.244.1.2:8080,local
                  backend 10.244.2.2:8080
                  backend [fd00:244::2]:8080,local
                """)
    }

    @Test func aNodePortIsServedInTheFamiliesOfTheClusterIPs() throws {
        let state = try translated(
            service(spec: "type: NodePort", ports: "[{port: 80, nodePort: 30080}]"),
            slice(endpoint("10.244.1.2")), slice(name: "web-2", type: "IPv6", endpoint("fd00:244::2")))
        #expect(
            state.golden == """
                service default/web
                  cluster-ip 10.96.0.10:80/tcp
                  node-port *:30080/tcp
                  backend 10.244.1.2:8080,local
                """)
    }

    @Test func aLoadBalancerIsServedAtItsAddressesUnlessItIsAProxy() throws {
        let state = try translated(
            service(
                spec: "type: LoadBalancer", ports: "[{port: 80, nodePort: 30080}]",
                status: """
                    {loadBalancer: {ingress: [{ip: 192.0.2.1}, {ip: 192.0.2.2, ipMode: VIP},
                        {ip: 192.0.2.3, ipMode: Proxy}, {hostname: lb.example}, {ip: "2001:db8::1"}]}}
                    """),
            slice(endpoint("10.244.1.2")))
        #expect(
            state.golden == """
                service default/web
                  cluster-ip 10.96.0.10:80/tcp
                  load-balancer 192.0.2.1:80/tcp
                  load-balancer 192.0.2.2:80/tcp
                  node-port *:30080/tcp
                  backend 10.244.1.2:8080,local
                """)
    }

    @Test func allocateLoadBalancerNodePortsFalseLeavesTheNodePortOut() throws {
        let state = try translated(
            service(
                spec: "type: LoadBalancer\nallocateLoadBalancerNodePorts: false", ports: "[{port: 80}]",
                status: "{loadBalancer: {ingress: [{ip: 192.0.2.1}]}}"),
            slice(endpoint("10.244.1.2")))
        #expect(
            state.golden == """
                service default/web
                  cluster-ip 10.96.0.10:80/tcp
                  load-balancer 192.0.2.1:80/tcp
                  backend 10.244.1.2:8080,local
                """)
    }

    @Test func externalIPsAreNotServedUnlessTheyAreAllowed() throws {
        let manifest = service(spec: "externalIPs: [203.0.113.7, 198.51.100.7]")
        let backends = slice(endpoint("10.244.1.2"))
        #expect(
            try translated(manifest, backends).golden == """
                service default/web
                  cluster-ip 10.96.0.10:80/tcp
                  backend 10.244.1.2:8080,local
                note: external address '203.0.113.7' of service 'default/web' is not served: it is not allowed
                note: external address '198.51.100.7' of service 'default/web' is not served: it is not allowed
                """)
        #expect(
            try translated(manifest, backends, allowed: ["203.0.113.0/24"]).golden == """
                service default/web
                  cluster-ip 10.96.0.10:80/tcp
                  external-ip 203.0.113.7:80/tcp
                  backend 10.244.1.2:8080,local
                note: external address '198.51.100.7' of service 'default/web' is not served: it is not allowed
                """)
    }

    @Test func headlessAndExternalNameServicesAreIgnored() throws {
        let state = try translated(
            service("headless", clusterIPs: "[None]"),
            service("elsewhere", spec: "type: ExternalName\nexternalName: db.example", clusterIPs: "[]"),
            service("pending", clusterIPs: "[]"), service("portless", ports: "[]"),
            service("misspelt", ports: "[]\n  port: [{port: 80}]"), slice(of: "headless", endpoint("10.244.1.2")))
        #expect(
            state.golden == """
                note: ignored service 'default/elsewhere': it is an external name
                note: ignored service 'default/headless': it is headless
                note: ignored service 'default/misspelt': it has no ports
                note: ignored service 'default/pending': it has no cluster IP
                note: ignored service 'default/portless': it has no ports
                """)
    }

    @Test func servicesOfOtherProxiesAndHeadlessLabelsAreRespected() throws {
        let state = try translated(
            service("a", labels: "{service.kubernetes.io/service-proxy-name: mesh}"),
            service("b", labels: "{service.kubernetes.io/headless: \"\"}"), service("web"),
            slice(labels: ", service.kubernetes.io/headless: \"\"", endpoint("10.244.1.2")),
            slice(name: "web-2", labels: ", service.kubernetes.io/service-proxy-name: mesh", endpoint("10.244.1.3")))
        #expect(
            state.golden == """
                service default/web
                  cluster-ip 10.96.0.10:80/tcp
                note: ignored service 'default/a': it is left to the proxy 'mesh'
                note: ignored service 'default/b': it bears the label 'service.kubernetes.io/headless'
                """)
    }

    @Test func targetPortsComeFromTheSlicesByNameAndProtocol() throws {
        let ports = "[{name: dns, port: 53, protocol: UDP, targetPort: dns}, {name: dns-tcp, port: 53, targetPort: 53}]"
        let state = try translated(
            service("dns", ports: ports),
            slice(
                name: "dns-1", of: "dns",
                ports: "[{name: dns, port: 5353, protocol: UDP}, {name: dns-tcp, port: 53, protocol: TCP}]",
                endpoint("10.244.1.2")),
            // Pods whose named port has another number are in a slice of their own.
            slice(
                name: "dns-2", of: "dns",
                ports: "[{name: dns, port: 1053, protocol: UDP}, {name: dns, port: 1054, protocol: TCP}, {name: dns}]",
                endpoint("10.244.1.3")))
        #expect(
            state.golden == """
                service default/dns:dns
                  cluster-ip 10.96.0.10:53/udp
                  backend 10.244.1.2:5353,local
                  backend 10.244.1.3:1053,local
                service default/dns:dns-tcp
                  cluster-ip 10.96.0.10:53/tcp
                  backend 10.244.1.2:53,local
                """)
    }

    @Test func sctpPortsAreReportedAndTheOthersServed() throws {
        let state = try translated(
            service(ports: "[{name: http, port: 80}, {name: signal, port: 2905, protocol: SCTP}]"),
            slice(
                ports: "[{name: http, port: 8080}, {name: signal, port: 2905, protocol: SCTP}]",
                endpoint("10.244.1.2")))
        #expect(
            state.golden == """
                service default/web:http
                  cluster-ip 10.96.0.10:80/tcp
                  backend 10.244.1.2:8080,local
                note: service 'default/web:signal' is not served: unsupported protocol SCTP
                """)
    }

    @Test func servicesWithoutSelectorTakeTheirSlicesAllTheSame() throws {
        let manifest = """
            {apiVersion: v1, kind: Service, metadata: {name: db},
             spec: {clusterIP: 10.96.0.11, ports: [{port: 5432}]}}
            """
        let state = try translated(
            manifest, slice(name: "db-1", of: "db", ports: "[{port: 5432}]", endpoint("192.0.2.50", on: nil)))
        #expect(
            state.golden == """
                service default/db
                  cluster-ip 10.96.0.11:5432/tcp
                  backend 192.0.2.50:5432
                """)
        #expect(state.services.first?.backends.first?.isLocal == nil)
    }

    @Test func aServiceWithoutEndpointsKeepsItsAddressesAndRefusesItsClients() throws {
        #expect(
            try translated(service()).golden == """
                service default/web
                  cluster-ip 10.96.0.10:80/tcp
                """)
    }

    @Test func sessionAffinityHasItsTimeout() throws {
        let stated = """
            sessionAffinity: ClientIP
            sessionAffinityConfig: {clientIP: {timeoutSeconds: 60}}
            """
        #expect(try translated(service(spec: stated)).services.first?.affinity == .seconds(60))
        #expect(try translated(service(spec: "sessionAffinity: ClientIP")).services.first?.affinity == .seconds(10_800))
        #expect(try translated(service(spec: "sessionAffinity: None")).services.first?.affinity == nil)
    }

    @Test func sourceRangesHoldForTheirOwnFamilyOnly() throws {
        let spec = "type: LoadBalancer\nloadBalancerSourceRanges: [\" 198.51.100.0/24 \", 203.0.113.9/24]"
        let status = "{loadBalancer: {ingress: [{ip: 192.0.2.1}, {ip: \"2001:db8::1\"}]}}"
        let state = try translated(
            service(spec: spec, clusterIPs: "[10.96.0.10, \"fd00::10\"]", status: status))
        #expect(
            state.golden == """
                service default/web
                  cluster-ip 10.96.0.10:80/tcp
                  cluster-ip [fd00::10]:80/tcp
                  load-balancer 192.0.2.1:80/tcp
                  load-balancer [2001:db8::1]:80/tcp
                  source range 198.51.100.0/24
                  source range 203.0.113.0/24
                  source range ::/0
                """)
        #expect(try translated(service(spec: spec)).services.first?.sourceRanges == [])
    }

    @Test func theHealthCheckNodePortIsRecordedWithTheReadyEndpointsOfThisNode() throws {
        let spec = "type: LoadBalancer\nexternalTrafficPolicy: Local\nhealthCheckNodePort: 31000"
        let status = "{loadBalancer: {ingress: [{ip: 192.0.2.1}]}}"
        let state = try translated(
            service(spec: spec, status: status),
            slice(
                endpoint("10.244.1.2"), endpoint("10.244.1.3", ready: false), endpoint("10.244.2.2", on: "n2")))
        #expect(
            state.golden == """
                service default/web
                  cluster-ip 10.96.0.10:80/tcp
                  load-balancer 192.0.2.1:80/tcp
                  backend 10.244.1.2:8080,local
                  backend 10.244.2.2:8080
                  external policy local
                health default/web port 31000: 1 local
                """)
    }

    @Test func aTrafficPolicyOfAServiceThatCannotBeReachedFromOutsideMeansNothing() throws {
        let state = try translated(service(spec: "externalTrafficPolicy: Local"))
        #expect(state.services.first?.externalPolicy == .cluster)
        #expect(try translated(service(spec: "internalTrafficPolicy: Local")).services.first?.internalPolicy == .local)
    }

    @Test func appProtocolAndUnknownMembersAreIgnored() throws {
        let state = try translated(
            service(spec: "trafficDistribution: PreferSameZone", ports: "[{port: 80, appProtocol: kubernetes.io/h2c}]"),
            slice(ports: "[{port: 8080, appProtocol: http}]", endpoint("10.244.1.2")))
        #expect(
            state.golden == """
                service default/web
                  cluster-ip 10.96.0.10:80/tcp
                  backend 10.244.1.2:8080,local
                """)
    }

    @Test func anAddressThatIsTwoKindsOfFrontendIsOne() throws {
        let state = try translated(
            service(
                spec: "type: LoadBalancer\nexternalIPs: [192.0.2.1]",
                status: "{loadBalancer: {ingress: [{ip: 192.0.2.1}]}}"), allowed: ["0.0.0.0/0"])
        #expect(
            state.golden == """
                service default/web
                  cluster-ip 10.96.0.10:80/tcp
                  load-balancer 192.0.2.1:80/tcp
                """)
    }

    @Test func anAddressThatIsTheBackendsOwnIsLeftToTheBackend() throws {
        let state = try translated(
            service(spec: "externalIPs: [192.168.0.1]"),
            slice(ports: "[{port: 80}]", endpoint("192.168.0.1")), allowed: ["192.168.0.0/16"])
        #expect(
            state.golden == """
                service default/web
                  cluster-ip 10.96.0.10:80/tcp
                  backend 192.168.0.1:80,local
                note: service 'default/web': left out: backend '192.168.0.1:80' is a frontend of the service itself
                """)
    }

    @Test func addressesThatNobodyCanServeAreLeftOut() throws {
        let state = try translated(
            service(spec: "type: LoadBalancer", status: "{loadBalancer: {ingress: [{ip: 127.0.0.1}]}}"),
            slice(endpoint("10.244.1.2"), endpoint("169.254.1.1")))
        #expect(
            state.golden == """
                service default/web
                  cluster-ip 10.96.0.10:80/tcp
                  backend 10.244.1.2:8080,local
                note: service 'default/web': left out: frontend '127.0.0.1:80/tcp' is a loopback address
                note: service 'default/web': left out: backend '169.254.1.1:8080' is a link-local address
                """)
    }

    @Test func aFrontendThatSeveralServicesClaimGoesToTheElderOne() throws {
        let spec = "externalIPs: [192.0.2.1]"
        let state = try translated(
            service("a", spec: spec, created: "2026-02-01T00:00:00Z"),
            service("b", spec: spec, clusterIPs: "[10.96.0.11]", created: "2026-01-01T00:00:00Z"),
            allowed: ["192.0.2.0/24"])
        #expect(
            state.golden == """
                service default/a
                  cluster-ip 10.96.0.10:80/tcp
                service default/b
                  cluster-ip 10.96.0.11:80/tcp
                  external-ip 192.0.2.1:80/tcp
                note: frontend '192.0.2.1:80/tcp' is claimed by several services: \
                'default/a', 'default/b'; it goes to 'default/b'
                """)
    }

    @Test func aClusterIPIsNeverGivenToAnotherServicesExternalAddress() throws {
        let state = try translated(
            service("a", spec: "externalIPs: [10.96.0.11]", created: "2025-01-01T00:00:00Z"),
            service("b", clusterIPs: "[10.96.0.11]"), allowed: ["10.0.0.0/8"])
        #expect(
            state.golden == """
                service default/a
                  cluster-ip 10.96.0.10:80/tcp
                service default/b
                  cluster-ip 10.96.0.11:80/tcp
                note: frontend '10.96.0.11:80/tcp' is claimed by several services: \
                'default/a', 'default/b'; it goes to 'default/b'
                """)
    }

    private static let balanced = """
        type: LoadBalancer
        loadBalancerSourceRanges: [198.51.100.0/24]
        """

    /// Else they would hold for the node port, which kube-proxy leaves open.
    @Test func sourceRangesGoWithTheLastAddressOfALoadBalancer() throws {
        let ports = "[{port: 80, nodePort: 30080}]"
        let loopback = "{loadBalancer: {ingress: [{ip: 127.0.0.1}]}}"
        #expect(
            try translated(service(spec: Self.balanced, ports: ports, status: loopback)).golden == """
                service default/web
                  cluster-ip 10.96.0.10:80/tcp
                  node-port *:30080/tcp
                note: service 'default/web': left out: frontend '127.0.0.1:80/tcp' is a loopback address
                """)
        let taken = try translated(
            service(spec: Self.balanced, ports: ports, status: "{loadBalancer: {ingress: [{ip: 10.96.0.11}]}}"),
            service("other", clusterIPs: "[10.96.0.11]"))
        #expect(taken.services.last?.frontends.map(\.description) == ["10.96.0.10:80/tcp", "*:30080/tcp"])
        #expect(taken.services.last?.sourceRanges == [])
    }

    @Test func anObjectOfAnOlderAPINamesTheOneThatIsRead() throws {
        let older = slice(endpoint("10.244.1.2")).replacing("discovery.k8s.io/v1", with: "discovery.k8s.io/v1beta1")
        let foreign = "{apiVersion: serving.knative.dev/v1, kind: Service}"
        #expect(
            try translated(older, foreign).golden == """
                note: skipped 1 EndpointSlice (discovery.k8s.io/v1beta1): only discovery.k8s.io/v1 is read
                note: skipped 1 Service (serving.knative.dev/v1)
                """)
    }
}
