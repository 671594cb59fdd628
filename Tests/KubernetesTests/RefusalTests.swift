// SPDX-License-Identifier: Apache-2.0

import Kubernetes
import Testing

/// What is malformed is refused with its place and reason.
@Suite struct RefusalTests {
    @Test func aRefusalNamesFileDocumentLineObjectAndPath() {
        let text = """
            apiVersion: v1
            kind: Namespace
            ---
            apiVersion: v1
            kind: List
            items:
            - apiVersion: v1
              kind: Service
              metadata:
                name: web
                namespace: shop
              spec:
                ports:
                - name: http
                  port: 80
                - name: https
                  port: 99999
            """
        #expect(
            refusal(text)
                == "m.yaml: document 2, line 17, column 13: Service 'shop/web': items[0].spec.ports[1].port: "
                + "must be 1…65535, not 99999")
    }

    @Test(arguments: [
        ("spec: {ports: [{port: 0}]}", "spec.ports[0].port: must be 1…65535, not 0"),
        ("spec: {ports: [{port: '80'}]}", "spec.ports[0].port: must be an integer, not a string"),
        ("spec: {ports: [{port: 80.5}]}", "spec.ports[0].port: must be an integer, not a number"),
        ("spec: {ports: [{}]}", "spec.ports[0].port: is missing"),
        ("spec: {ports: {port: 80}}", "spec.ports: must be a list, not an object"),
        ("spec: []", "spec: must be an object, not a list"),
        ("spec: ", "spec: is missing"),
        (
            "spec: {ports: [{port: 80, protocol: tcp}]}",
            "spec.ports[0].protocol: must be TCP, UDP or SCTP, not 'tcp'"
        ),
        ("spec: {ports: [{port: 80, nodePort: 70000}]}", "spec.ports[0].nodePort: must be 0…65535, not 70000"),
        ("spec: {ports: [{port: 80}, {port: 81}]}", "spec.ports[1]: port '81/TCP' is given twice"),
        ("spec: {ports: [{name: a, port: 80}, {name: b, port: 80}]}", "spec.ports[1]: port 'b' is given twice"),
        (
            "spec: {ports: [{name: A, port: 80}]}",
            "spec.ports[0]: invalid service name 'default/web:A': 'A' must be 1…63 of a-z, 0-9 and '-', "
                + "and not begin or end with '-'"
        ),
        (
            "spec: {type: Cluster}",
            "spec.type: must be ClusterIP, NodePort, LoadBalancer or ExternalName, not 'Cluster'"
        ),
        (
            "spec: {clusterIP: 10.96.0.0/16}",
            "spec.clusterIP: invalid address '10.96.0.0/16': not an IPv4 or IPv6 address"
        ),
        (
            "spec: {externalIPs: [example.com]}",
            "spec.externalIPs[0]: invalid address 'example.com': not an IPv4 or IPv6 address"
        ),
        (
            "spec: {loadBalancerSourceRanges: [10.0.0.0]}",
            "spec.loadBalancerSourceRanges[0]: invalid prefix '10.0.0.0': length is missing, did you mean "
                + "'10.0.0.0/32'?"
        ),
        ("spec: {externalTrafficPolicy: local}", "spec.externalTrafficPolicy: must be Cluster or Local, not 'local'"),
        (
            "spec: {sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 90000}}}",
            "spec.sessionAffinityConfig.clientIP.timeoutSeconds: must be 1…86400, not 90000"
        ),
        (
            "spec: {}\nstatus: {loadBalancer: {ingress: [{ip: 10.0.0}]}}",
            "status.loadBalancer.ingress[0].ip: invalid address '10.0.0': not an IPv4 or IPv6 address"
        ),
    ])
    func aMalformedServiceIsRefused(body: String, message: String) {
        let yaml = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n\(body)\n"
        #expect(refusal(yaml)?.hasSuffix("Service 'web': \(message)") == true, "\(refusal(yaml) ?? "read")")
    }

    @Test(arguments: [
        (
            "endpoints: [{addresses: [10.244.0.0/24]}]",
            "endpoints[0].addresses[0]: invalid address '10.244.0.0/24': not an IPv4 or IPv6 address"
        ),
        (
            "endpoints: [{addresses: ['fd00::1']}]",
            "endpoints[0].addresses[0]: 'fd00::1' is no address of the slice's type, IPv4"
        ),
        ("endpoints: [{addresses: []}]", "endpoints[0].addresses: is missing"),
        (
            "endpoints: [{addresses: [10.244.1.2], conditions: {ready: 'true'}}]",
            "endpoints[0].conditions.ready: must be a boolean, not a string"
        ),
        ("endpoints: []\nports: [{port: 65536}]", "ports[0].port: must be 0…65535, not 65536"),
        (
            "endpoints: []\nports: [{port: 18446744073709551696}]",
            "ports[0].port: must be 0…65535, not 18446744073709551696"
        ),
    ])
    func aMalformedSliceIsRefused(body: String, message: String) {
        let yaml =
            "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\naddressType: IPv4\n"
            + "metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}\n\(body)\n"
        #expect(refusal(yaml)?.hasSuffix("EndpointSlice 'web-1': \(message)") == true, "\(refusal(yaml) ?? "read")")
    }

    @Test(arguments: [
        ("just text", "m.yaml: document 1, line 1, column 1: not an object"),
        ("- {}", "m.yaml: document 1, line 1, column 1: not an object"),
        ("a: b", "m.yaml: document 1, line 1, column 1: apiVersion: is missing"),
        ("apiVersion: v1", "m.yaml: document 1, line 1, column 1: kind: is missing"),
        ("apiVersion: v1\nkind: List\nitems: [7]", "m.yaml: document 1, line 3, column 9: items[0]: not an object"),
        ("a: {b: c", "m.yaml: document 1, line 2, column 1: did not find expected ',' or '}'"),
        ("a: *b", "m.yaml: document 1, line 1, column 4: unknown alias '*b'"),
        ("a: &b [*b]", "m.yaml: document 1, line 1, column 8: unknown alias '*b'"),
        ("a: {<<: 7}", "m.yaml: document 1, line 1, column 9: '<<' must be a mapping or a list of mappings"),
        ("? {a: b}\n: c", "m.yaml: document 1, line 1, column 3: a key must be a scalar"),
        ("a: 1\nb: {c: 1, c: 2}", "m.yaml: document 1, line 2, column 11: duplicate key 'c'"),
        ("items: []\nitems: []", "m.yaml: document 1, line 2, column 1: duplicate key 'items'"),
        ("{\"a\": 1, \"a\": 2}", "m.yaml: document 1, line 1, column 10: duplicate key 'a'"),
        ("{\"a\": 1", "m.yaml: document 1, line 1, column 8: the input ends in the middle of a document"),
        ("{\"a\"", "m.yaml: document 1, line 1, column 5: the input ends in the middle of a document"),
        ("{\"a\": \"b", "m.yaml: document 1, line 1, column 9: the input ends in the middle of a document"),
        ("{\n \"a\" 1}", "m.yaml: document 1, line 2, column 6: '1' where ':' is expected"),
        (
            "{\"a\": 1 2}",
            "m.yaml: document 1, line 1, column 9: '2' where ',' or the end of the object or list is expected"
        ),
        ("{\"a\": 1,}", "m.yaml: document 1, line 1, column 9: '}' where a key in double quotes is expected"),
        ("{\"a\": [1,]}", "m.yaml: document 1, line 1, column 10: ']' where a value is expected"),
        ("{\"a\": 01}", "m.yaml: document 1, line 1, column 7: '01' is neither a number nor true, false or null"),
        ("{\"a\": nul}", "m.yaml: document 1, line 1, column 7: 'nul' is neither a number nor true, false or null"),
        ("{\"ü\": \"\\x\"}", "m.yaml: document 1, line 1, column 8: invalid escape in a string"),
        ("{\"a\": \"b\nc\"}", "m.yaml: document 1, line 1, column 9: byte 0x0a in a string"),
        ("{\"kind\": \"Node\", \"a\": \"\0\"}", "m.yaml: document 1, line 1, column 24: byte 0x00 in a string"),
        ("{} x", "m.yaml: document 1, line 1, column 1: apiVersion: is missing"),
        ("apiVersion: v1\nkind: \0", "m.yaml: document 1, line 2, column 7: control characters are not allowed"),
    ])
    func textThatIsNoObjectIsRefused(text: String, message: String) {
        #expect(refusal(text) == message)
    }

    @Test func objectsOfMoreThanManyKeysAreSearchedForRepeatedOnes() {
        let keys = (0..<40).map { "\"k\($0)\": 1" }.joined(separator: ", ")
        #expect(refusal("{\(keys), \"k7\": 2}")?.hasSuffix("duplicate key 'k7'") == true)
    }

    @Test func whatTheReadingItselfThrowsIsPassedOn() {
        struct Broken: Error {}
        var reader = ObjectReader()
        #expect {
            try reader.read("m.yaml") { throw Broken() }
        } throws: { error in
            guard case ObjectReadFailure.unreadable(let cause) = error else { return false }
            return cause is Broken
        }
    }
}

/// What would exhaust the machine is refused before it does.
@Suite struct HostileInputTests {
    private static let limits = ObjectLimits(input: 1 << 20, text: 10_000, values: 1000, depth: 64, aliased: 5000)

    @Test func aliasesThatStandForMillionsOfValuesAreRefused() {
        var text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        for (name, inner) in zip("bcdefghij", "abcdefghi") {
            text += "\(name): &\(name) [" + Array(repeating: "*\(inner)", count: 10).joined(separator: ", ") + "]\n"
        }
        #expect(refusal(text, limits: Self.limits)?.contains("an object of more than 1000 values") == true)
        #expect(refusal(text)?.contains("more than") == true)
    }

    @Test func aliasesOfManyItemsAreCountedTogether() {
        let items = Array(repeating: "- {apiVersion: v1, kind: Pod, a: *x}\n", count: 100).joined()
        let text =
            "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, a: &x ["
            + Array(repeating: "y", count: 100).joined(separator: ",") + "]}\n" + items
        #expect(refusal(text, limits: Self.limits)?.hasSuffix("aliases stand for more than 5000 values") == true)
        #expect(refusal(text) == nil)
    }

    @Test(arguments: ["[", "{\"a\":", "- "]) func deepNestingIsRefused(opening: String) {
        let text = "{\"a\":" + String(repeating: opening, count: 10_000)
        let yaml = "a: " + String(repeating: opening == "- " ? "[" : opening, count: 10_000)
        #expect(
            refusal(opening == "- " ? yaml : text)?.hasSuffix("nested deeper than 256 levels") == true,
            "\(refusal(text) ?? "read")")
    }

    @Test(arguments: ["{\"kind\": \"", "kind: \"", "kind: |\n  "]) func aStringWithoutEndIsRefused(start: String) {
        var isFirst = true
        var reader = ObjectReader()
        let filler = [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 16)
        #expect {
            try reader.read("m.yaml") {
                defer { isFirst = false }
                return isFirst ? Array(start.utf8) : filler
            }
        } throws: { error in
            guard case ObjectReadFailure.refused(let refusal) = error else { return false }
            return refusal.problem == .objectTooLarge(limit: 8 << 20)
        }
    }

    @Test func anEndlessInputIsRefused() {
        let object = Array(#"{"apiVersion":"v1","kind":"Pod"} "#.utf8)
        var reader = ObjectReader(limits: Self.limits)
        #expect {
            try reader.read("m.yaml") { object }
        } throws: { error in
            guard case ObjectReadFailure.refused(let refusal) = error else { return false }
            return refusal.problem == .inputTooLong(limit: 1 << 20)
        }
    }
}
