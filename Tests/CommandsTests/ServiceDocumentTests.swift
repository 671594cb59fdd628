// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import DataplaneModel
import Foundation
import Testing

@testable import Commands

/// What `service apply` reads, and every way in which a file is refused.
@Suite struct ServiceDocumentTests {
    private static let list = "apiVersion: ebpfctl/v1\nkind: ServiceList\nitems:\n"
    private static let frontends = "  frontends: [{kind: node-port, port: 30080, protocol: tcp}]\n"

    private func services(_ text: String) throws -> [Service] {
        try ServiceDocument(Array(text.utf8)).services
    }

    @Test func everyFieldIsRead() throws {
        let text = """
            apiVersion: ebpfctl/v1
            kind: Service
            name: default/web:http
            frontends:
            - {kind: cluster-ip, address: 10.96.0.10, port: 80, protocol: tcp}
            - {kind: external-ip, address: 192.0.2.5, port: 80, protocol: tcp}
            - {kind: load-balancer, address: "2001:db8::6", port: 80, protocol: udp}
            - {kind: node-port, address: null, port: 30080, protocol: tcp}
            algorithm: maglev
            affinitySeconds: 10800
            externalPolicy: local
            internalPolicy: local
            sourceRanges: [10.0.0.0/8, "fd00::/8"]
            backends:
            - {address: 10.1.0.2, port: 8080, weight: 3, local: true, state: draining}
            - {address: "fd01::2", port: 8080}
            """
        let expected = Service(
            name: try ServiceName("default/web:http"),
            frontends: [
                .clusterIP(try FrontendAddress("10.96.0.10:80/tcp")),
                .externalIP(try FrontendAddress("192.0.2.5:80/tcp")),
                .loadBalancer(try FrontendAddress("[2001:db8::6]:80/udp")), .nodePort(try NodePort("30080/tcp")),
            ],
            backends: [
                Backend(endpoint: try Endpoint("10.1.0.2:8080"), weight: 3, isLocal: true, state: .draining),
                Backend(endpoint: try Endpoint("[fd01::2]:8080")),
            ],
            affinity: .seconds(10_800), externalPolicy: .local, internalPolicy: .local,
            sourceRanges: [try Prefix("10.0.0.0/8"), try Prefix("fd00::/8")], algorithm: .maglev)
        #expect(try services(text) == [expected])
    }

    @Test func aFileMayHoldSeveralDocumentsAndEmptyOnes() throws {
        let single = "apiVersion: ebpfctl/v1\nkind: Service\nname: a/c\n"
        let text =
            "# a comment\n---\n" + Self.list + "- name: a/b\n" + Self.frontends + "---\n---\n" + single
            + "frontends: [{kind: node-port, port: 30081, protocol: tcp}]\n"
        #expect(try services(text).map(\.name.text) == ["a/b", "a/c"])
        #expect(try services(Self.list + "  []") == [])
    }

    @Test func whatIsPrintedIsReadBackAlike() throws {
        let service = Service(
            name: try ServiceName("kube-system/dns:dns"),
            frontends: [.clusterIP(try FrontendAddress("[2001:db8::1:0]:53/udp")), .nodePort(try NodePort("53/udp"))],
            backends: [Backend(endpoint: try Endpoint("[fd01::1:0]:53"), weight: 100, isLocal: false)],
            affinity: .seconds(1), internalPolicy: .local)
        #expect(try services(try document(ServiceRow(service: service))) == [service])
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let text: String
        let message: String

        init(_ text: String, _ message: String) { (self.text, self.message) = (text, message) }

        var testDescription: String { message }
    }

    static let cases = [
        Case("", "'-': there is no document in it"),
        Case("# nothing\n---\n", "'-': there is no document in it"),
        Case("just words", "'-:1:1': it must be an object"),
        Case("{\"kind\": ", "'-:1:10': did not find expected node content"),
        Case("a: b\n\tc", "'-:2:1': found a tab character that violates indentation"),
        Case("a: \0", "'-:1:4': control characters are not allowed"),
        Case(
            "apiVersion: v1\nkind: Service\n",
            "'-:1:1': it is of apiVersion 'v1' and kind 'Service', not of apiVersion 'ebpfctl/v1' and kind "
                + "'ServiceList' or 'Service'"),
        Case(
            "kind: RouteList\n",
            "'-:1:1': it is of no apiVersion and kind 'RouteList', not of apiVersion 'ebpfctl/v1' and kind "
                + "'ServiceList' or 'Service'"),
        Case(
            "items: []\n",
            "'-:1:1': it is a document without apiVersion and kind, not of apiVersion 'ebpfctl/v1' and kind "
                + "'ServiceList' or 'Service'"),
        Case("apiVersion: ebpfctl/v1\nkind: ServiceList\n", "'-:1:1': key 'items' is missing"),
        Case(list + "  a/b: 3", "'-:4:3': 'items' must be a list"),
        Case(list + "- 3", "'-:4:3': it must be an object"),
        Case(list + "- frontends: []", "'-:4:3': key 'name' is missing"),
        Case(
            list + "- name: a/b\n  backend: []",
            "'-:5:3': unknown key 'backend': must be name, frontends, algorithm, affinitySeconds, externalPolicy, "
                + "internalPolicy, sourceRanges or backends"),
        Case(list + "- name: a/b\n  name: a/c", "'-:5:3': duplicate key 'name'"),
        Case(list + "- name: 3", "'-:4:9': 'name' must be a string"),
        Case(
            list + "- name: web",
            "'-:4:9': 'name': invalid service name 'web': namespace is missing, did you mean 'default/web'?"),
        Case(list + "- name: a/b", "'-:4:3': invalid service 'a/b': it has no frontend"),
        Case(list + "- name: a/b\n  frontends: {}", "'-:5:14': 'frontends' must be a list"),
        Case(
            list + "- name: a/b\n  frontends: [{kind: vip}]",
            "'-:5:22': invalid 'kind' 'vip': must be cluster-ip, external-ip, load-balancer or node-port"),
        Case(list + "- name: a/b\n  frontends: [{port: 80}]", "'-:5:15': key 'kind' is missing"),
        Case(
            list + "- name: a/b\n  frontends: [{kind: node-port, port: 65536}]",
            "'-:5:39': 'port' must be a whole number, 1…65535"),
        Case(
            list + "- name: a/b\n  frontends: [{kind: node-port, port: \"80\"}]",
            "'-:5:39': 'port' must be a whole number, 1…65535"),
        Case(
            list + "- name: a/b\n  frontends: [{kind: node-port, port: 80, protocol: sctp}]",
            "'-:5:53': 'protocol': unsupported protocol 'sctp': only tcp and udp are served"),
        Case(
            list + "- name: a/b\n  frontends: [{kind: cluster-ip, port: 80, protocol: tcp}]",
            "'-:5:15': key 'address' is missing"),
        Case(
            list + "- name: a/b\n  frontends: [{kind: cluster-ip, port: 80, protocol: tcp, address: 10.0.0.0/8}]",
            "'-:5:68': 'address': invalid address '10.0.0.0/8': not an IPv4 or IPv6 address"),
        Case(
            list + "- name: a/b\n  frontends: [{kind: node-port, port: 80, protocol: tcp, address: 10.0.0.1}]",
            "'-:5:67': 'address' must be null, or absent, beside kind 'node-port'"),
        Case(
            list + "- name: a/b\n" + frontends + "  affinitySeconds: 0.5",
            "'-:6:20': 'affinitySeconds' must be a whole number, 1…86400"),
        Case(
            list + "- name: a/b\n" + frontends + "  algorithm: rr",
            "'-:6:14': invalid 'algorithm' 'rr': must be random or maglev"),
        Case(
            list + "- name: a/b\n" + frontends + "  sourceRanges: [10.0.0.1]",
            "'-:6:18': 'sourceRanges': invalid prefix '10.0.0.1': length is missing, did you mean '10.0.0.1/32'?"),
        Case(
            list + "- name: a/b\n  sourceRanges: [10.0.0.0/8]\n"
                + "  frontends: [{kind: cluster-ip, address: 10.96.0.1, port: 80, protocol: tcp}]",
            "'-:5:17': 'sourceRanges': only frontends of other kinds than cluster-ip are restricted, and the service "
                + "has none"),
        Case(
            list + "- name: a/b\n" + frontends + "  backends: [{address: 10.0.0.1, port: 1, local: maybe}]",
            "'-:6:50': 'local' must be true or false"),
        Case(
            list + "- name: a/b\n" + frontends + "  backends: [{address: 127.0.0.1, port: 1}]",
            "'-:4:3': invalid service 'a/b': backend '127.0.0.1:1' is a loopback address"),
        Case(
            list + "- name: a/b\n" + frontends + "- name: a/b\n" + frontends,
            "'-:6:3': service 'a/b' stands on line 4 already"),
        Case(
            list + "- name: a/c\n" + frontends + "- name: a/b\n" + frontends,
            "'-:6:3': frontend '*:30080/tcp' is claimed by several services: 'a/b', 'a/c'"),
        Case(String(repeating: "[", count: 100_000), "'-:1:65': nested deeper than 64 levels"),
        Case(laughs, "'-:7:35': more than 4000000 values, aliases included"),
        Case(
            String(repeating: "x", count: DocumentInput.limit + 1),
            "'-:1:1': 67108865 bytes are more than the limit of 67108864"),
    ]

    /// Nine levels of nine aliases each.
    private static var laughs: String {
        var text = "l0: &l0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let aliases = Array(repeating: "*l\(level - 1)", count: 9).joined(separator: ", ")
            text += "l\(level): &l\(level) [\(aliases)]\n"
        }
        return text
    }

    @Test(arguments: cases)
    func aFileIsRefusedWithTheReasonAndItsPlace(bad: Case) {
        #expect {
            try services(bad.text)
        } throws: { error in
            let error = error as? DocumentError
            let line = error.map { CommandError.document($0, file: "-").line(in: ErrorScene(words: [])) }
            let message = bad.message.replacingOccurrences(of: "'-", with: "'<stdin>")
            #expect(line == "ebpfctl: cannot read \(message)")
            return line != nil
        }
    }

    @Test(arguments: [
        ("/nonexistent/services.yaml", "'/nonexistent/services.yaml': no such file or directory (ENOENT)"),
        ("/sys/kernel", "'/sys/kernel': no file in it ends in '.json', '.yaml' or '.yml'"),
        ("/dev/null", "'/dev/null': there is no document in it"),
        ("/dev/zero", "'/dev/zero': it has more than the limit of 67108864 bytes"),
        ("/dev/null/services", "'/dev/null/services': not a directory (ENOTDIR)"),
    ])
    func aFileThatIsNoneIsBadInput(path: String, message: String) {
        let run = ToolRun("service apply -f \(path)")
        #expect(run.code == .usage)
        #expect(run.output == "")
        #expect(run.errors == "ebpfctl: cannot read \(message)\n")
    }

    @Test func ofALongPathTheEndIsShown() {
        let error = DocumentError(.noDocument)
        let path = "/" + String(repeating: "a", count: 100) + "/services.yaml"
        let message = CommandError.document(error, file: path).message(in: ErrorScene(words: []))
        #expect(
            message == "ebpfctl: cannot read '..." + String(repeating: "a", count: 43)
                + "/services.yaml': there is no document in it")
    }
}
