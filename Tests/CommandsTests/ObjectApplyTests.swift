// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Foundation
import LinuxSystem
import TestSupport
import Testing

@testable import Commands

/// `service apply` and `service export` with Kubernetes objects, on a node of their own.
@Suite(.needsKernel) struct ObjectApplyTests {
    private let tool: ToolNode
    private let file = TemporaryFile()

    init() throws {
        tool = try ToolNode()
        _ = try tool.output(of: "\(ToolNode.enable) --map-size connections=256")
    }

    private static let nodes = """
        apiVersion: v1
        kind: Node
        metadata: {name: n1}
        spec: {podCIDRs: [10.244.1.0/24]}
        status: {addresses: [{type: InternalIP, address: 10.0.0.1}]}
        ---
        apiVersion: v1
        kind: Node
        metadata: {name: n2}
        spec: {podCIDRs: [10.244.2.0/24]}
        status: {addresses: [{type: InternalIP, address: 10.0.0.2}]}
        ---

        """

    private static let web = """
        apiVersion: v1
        kind: Service
        metadata: {name: web, namespace: default}
        spec:
          type: NodePort
          clusterIPs: [10.96.0.10]
          externalIPs: [203.0.113.7]
          ports:
          - {name: http, port: 80, nodePort: 30080, protocol: TCP}
          - {name: control, port: 5000, protocol: SCTP}
        ---

        """

    private static let slice = """
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        addressType: IPv4
        metadata: {name: web-1, namespace: default, labels: {kubernetes.io/service-name: web}}
        ports: [{name: http, port: 8080, protocol: TCP}]
        endpoints:
        - {addresses: [10.244.1.5], conditions: {ready: true}, nodeName: n1}
        - {addresses: [10.244.2.5], conditions: {ready: true}, nodeName: n2}
        ---

        """

    @Test func quietlyOnlyTroubleIsTold() throws {
        let objects = Self.nodes + Self.web + Self.slice
        func quietly(_ text: String) throws -> ToolRun {
            try file.write(text)
            return try tool.run("service apply -f \(file.path) --node n1 --prune -q")
        }
        let first = try quietly(objects)
        #expect(first.output == "10.0.0.2/32\n10.244.2.0/24\ndefault/web:http\n")
        #expect(first.errors == "")
        let again = try quietly(objects)
        #expect(again.code == .success)
        #expect(again.output + again.errors == "")
        // Two services want one address: whoever applies it is told each time.
        let rival = Self.web.replacingOccurrences(of: "name: web,", with: "name: rival,")
            .replacingOccurrences(of: "nodePort: 30080, ", with: "")
        for _ in 1...2 {
            let errors = try quietly(objects + rival).errors
            #expect(errors.contains("; it goes to 'default/"), "\(errors)")
            #expect(!errors.contains("SCTP"))
        }
    }

    private static let apiServer = """
        apiVersion: v1
        kind: Service
        metadata: {name: kubernetes, namespace: default}
        spec: {clusterIPs: [10.96.0.1], ports: [{name: https, port: 443, protocol: TCP}]}
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        addressType: IPv4
        metadata: {name: kubernetes, namespace: default, labels: {kubernetes.io/service-name: kubernetes}}
        ports: [{name: https, port: 6443, protocol: TCP}]
        endpoints: [{addresses: [10.0.0.9], conditions: {ready: true}}]
        ---

        """

    private func apply(_ text: String, _ options: String = "--node n1") throws -> ToolRun {
        try file.write(text)
        return try tool.run("service apply -f \(file.path) \(options)")
    }

    @Test func objectsBecomeServicesAndRoutesAndAreLeftAloneAfterwards() throws {
        let all = Self.nodes + Self.web + Self.slice
        let dry = try apply(all, "--node n1 --dry-run")
        let created = [
            "route 10.0.0.2/32 created", "route 10.244.2.0/24 created", "service default/web:http created",
        ]
        #expect(dry.output == created.map { "\($0) (dry run)\n" }.joined())
        #expect(try tool.output(of: "service list -q") == "")
        let before = try tool.output(of: "route list -q").split(separator: "\n").count
        let notes = """
            service 'default/web:control' is not served: unsupported protocol SCTP
            external address '203.0.113.7' of service 'default/web' is not served: it is not allowed

            """
        let first = try apply(all)
        #expect(first.output == created.map { "\($0)\n" }.joined())
        #expect(
            first.errors == notes + """
                \(before + 2) routes: 2 created, \(before) unchanged
                1 service: 1 created

                """)
        let list = try tool.output(of: "backend list default/web")
        #expect(list.contains("10.244.1.5:8080       1  yes    active"))
        #expect(list.contains("10.244.2.5:8080       1  no     active"))
        let routes = try tool.output(of: "route list").split(separator: "\n").map { $0.split(separator: " ") }
        #expect(routes.contains(["10.0.0.2/32", "node", "remote", "10.0.0.2", "cluster"]))
        #expect(routes.contains(["10.244.2.0/24", "workload", "remote", "10.0.0.2", "cluster"]))
        let second = try apply(all)
        #expect(second.output == "service default/web:http unchanged\n")
        #expect(
            second.errors == notes + "\(before + 2) routes: \(before + 2) unchanged\n1 service: 1 unchanged\n")
        // The kernel's own routes may be read anew without loss.
        #expect(try tool.output(of: "route sync") == "")
        #expect(try tool.output(of: "status -q") == "healthy\n")
    }

    @Test func aChangeSaysWhatIsDifferent() throws {
        _ = try apply(Self.nodes + Self.web + Self.slice)
        let changed =
            Self.web.replacingOccurrences(of: "type: NodePort", with: "sessionAffinity: ClientIP")
            + Self.slice.replacingOccurrences(of: "10.244.2.5", with: "10.244.2.6")
        let wide = try apply(changed, "--node n1 --dry-run -o wide")
        #expect(
            wide.output == """
                service default/web:http configured (dry run)
                  backend 10.244.2.6:8080 added
                  backend 10.244.2.5:8080 removed
                  affinity changed

                """)
        let json = try apply(changed, "--node n1 --dry-run -o json")
        #expect(json.output.contains("\"backend 10.244.2.6:8080 added\""))
        #expect(try tool.output(of: "backend list default/web").contains("10.244.2.5:8080"))
        #expect(try apply(changed).output == "service default/web:http configured\n")
    }

    @Test func pruningTakesServicesAndNodesThatAreGone() throws {
        _ = try tool.output(of: "service set by/hand --vip 10.96.0.99:80/tcp --backend 10.1.0.9:80")
        _ = try apply(Self.nodes + Self.web + Self.slice)
        let alone = String(Self.nodes.prefix(Self.nodes.count / 2))
        let rest = alone + Self.apiServer
        #expect(try apply(rest).output == "service default/kubernetes:https created\n")
        #expect(
            try apply(rest, "--node n1 --prune").output == """
                route 10.0.0.2/32 deleted
                route 10.244.2.0/24 deleted
                service by/hand deleted
                service default/kubernetes:https unchanged
                service default/web:http deleted

                """)
    }

    @Test func theServiceOfTheAPIServerKeepsItsLastBackend() throws {
        _ = try apply(Self.apiServer)
        let without = Self.apiServer.replacingOccurrences(of: "ready: true", with: "ready: false")
        let kept = "service 'default/kubernetes:https' is kept as it is: it would have no backend left\n"
        for (text, options) in [(without, "--node n1"), (Self.web + Self.slice, "--node n1 --prune")] {
            let run = try apply(text, options)
            #expect(run.code == .success)
            #expect(run.errors.contains(kept))
            #expect(try tool.output(of: "backend list default/kubernetes").contains("10.0.0.9:6443"))
        }
    }

    @Test func halfOfTheObjectsIsRefused() throws {
        _ = try apply(Self.web + Self.slice)
        let hint = "hint: give it what 'kubectl get services,endpointslices,nodes -A -o json' prints\n"
        let noEndpoints = try apply(Self.web)
        #expect(noEndpoints.code == .usage)
        #expect(
            noEndpoints.errors == """
                ebpfctl: cannot apply '\(file.path)': no EndpointSlice or Endpoints in it, so every backend of \
                'default/web:http' would go
                \(hint)
                """)
        let noServices = try apply(Self.nodes, "--node n1 --prune")
        #expect(noServices.code == .usage)
        #expect(
            noServices.errors == """
                ebpfctl: cannot apply '\(file.path)': no Service in it, so --prune would delete the one that there are
                \(hint)
                """)
        #expect(try tool.output(of: "backend list default/web").contains("10.244.1.5:8080"))
    }

    @Test func whatCannotBeAppliedChangesNothing() throws {
        _ = try tool.output(of: "service set by/hand --vip 10.96.0.10:80/tcp --backend 10.1.0.9:80")
        let (services, routes) = (try tool.output(of: "service export"), try tool.output(of: "route list"))
        let taken = try apply(Self.nodes + Self.web + Self.slice)
        #expect(taken.code == .failure)
        #expect(taken.errors.contains("ebpfctl: cannot use frontend '10.96.0.10:80/tcp': service 'by/hand' has it\n"))
        let stranger = try apply(Self.nodes + Self.web, "--node n9")
        #expect(stranger.code == .usage)
        #expect(
            stranger.errors == """
                ebpfctl: cannot apply '\(file.path)': no node 'n9' among 'n1', 'n2'
                hint: say which node this is with '--node NAME'

                """)
        let wrong = try apply(Self.web + Self.slice.replacingOccurrences(of: "port: 8080", with: "port: 99999"))
        #expect(wrong.code == .usage)
        #expect(
            wrong.errors == """
                ebpfctl: cannot read \(file.path): document 2, line 16, column 28: EndpointSlice 'default/web-1': \
                ports[0].port: must be 0…65535, not 99999

                """)
        let other = try apply("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n")
        #expect(other.code == .usage)
        #expect(
            other.errors == """
                ebpfctl: cannot read '\(file.path)': there is no Service, EndpointSlice, Endpoints or Node in it

                """)
        #expect(try tool.output(of: "service export") == services)
        #expect(try tool.output(of: "route list") == routes)
    }

    @Test func anExternalAddressIsServedWhereItIsAllowed() throws {
        _ = try apply(Self.web + Self.slice, "--node n1 --allow-external-ips 203.0.113.0/24")
        #expect(try tool.output(of: "service get default/web:http").contains("203.0.113.7:80/tcp"))
        _ = try apply(Self.web + Self.slice, "--node n1 --allow-external-ips 198.51.100.0/24")
        #expect(try !tool.output(of: "service get default/web:http").contains("203.0.113.7:80/tcp"))
    }

    @Test func optionsForObjectsMeanNothingToTheToolsOwnDocuments() throws {
        let run = try apply("apiVersion: ebpfctl/v1\nkind: ServiceList\nitems: []\n")
        #expect(run.code == .usage)
        #expect(
            run.errors.hasPrefix(
                "ebpfctl: option '--node' concerns Kubernetes objects, and the file is no such\n"))
    }

    @Test func theFilesOfADirectoryAreReadTogether() throws {
        let directory = FileManager.default.temporaryDirectory.path + "/objects-\(UUID().uuidString.prefix(8))"
        try Filesystem.makeDirectory(directory)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let empty = try tool.run("service apply -f \(directory)")
        #expect(empty.code == .usage)
        #expect(
            empty.errors == """
                ebpfctl: cannot read '\(directory)': no file in it ends in '.json', '.yaml' or '.yml'

                """)
        try Filesystem.write(Self.web, to: directory + "/a.yaml", creating: true)
        try Filesystem.write(Self.slice, to: directory + "/b.yml", creating: true)
        try Filesystem.write("nothing of ours", to: directory + "/README", creating: true)
        let run = try tool.run("service apply -f \(directory) --node n1")
        #expect(run.output == "service default/web:http created\n")
        #expect(try tool.output(of: "backend list default/web").contains("10.244.1.5:8080"))
    }

    @Test func aFamilyThatIsOffIsLeftOut() throws {
        let only = try ToolNode()
        _ = try only.output(of: "\(ToolNode.enable) --map-size connections=256 -4")
        let dual = Self.web.replacingOccurrences(of: "[10.96.0.10]", with: "[10.96.0.10, \"fd00::10\"]")
        try file.write(dual + Self.slice)
        let run = try only.run("service apply -f \(file.path) --node n1")
        #expect(run.output == "service default/web:http created\n")
        #expect(
            run.errors.contains(
                "1 service has addresses of a family that is not enabled, which are left out: 'default/web:http'\n"))
    }

    @Test(arguments: ["yaml", "json"])
    func whatIsExportedAsObjectsIsUnchangedWhenItIsApplied(format: String) throws {
        _ = try apply(Self.nodes + Self.web + Self.slice + Self.apiServer)
        _ = try tool.output(
            of: "service set by/hand --vip 10.96.0.99:80/tcp --backend 10.1.0.9:80,weight=2 --backend 10.1.0.8:80")
        let exported = try tool.run("service export --kubernetes --node n1 -o \(format)")
        #expect(
            exported.errors
                == "service 'by/hand' has no equal among Kubernetes objects: its backends have weights\n")
        #expect(
            try apply(exported.output).output == """
                service default/kubernetes:https unchanged
                service default/web:http unchanged

                """)
        #expect(try tool.output(of: "service export default/web --kubernetes").contains("name: web-1\n"))
        #expect(try tool.run("service export --node n1").code == .usage)
    }
}
