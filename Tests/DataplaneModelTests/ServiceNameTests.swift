// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Testing

@Suite struct ServiceNameTests {
    @Test func partsAreFoundWithAndWithoutPort() throws {
        let plain = try ServiceName("default/web")
        #expect([plain.namespace, plain.name, plain.port] == ["default", "web", nil])
        let full = try ServiceName("kube-system/kube-dns:dns-tcp")
        #expect([full.namespace, full.name, full.port] == ["kube-system", "kube-dns", "dns-tcp"])
        #expect(full.description == "kube-system/kube-dns:dns-tcp")
        #expect(try ServiceName(namespace: "kube-system", name: "kube-dns", port: "dns-tcp") == full)
    }

    @Test func theLongestNameFitsTheLimit() throws {
        let label = String(repeating: "a", count: 63)
        let name = try ServiceName(namespace: label, name: label, port: label)
        #expect(name.text.utf8.count == ServiceName.maximumLength)
        #expect(name.port == label[...])
        #expect(throws: ServiceParseError.nameLabel("\(label)a/web", label: label + "a")) {
            try ServiceName("\(label)a/web")
        }
    }

    @Test(arguments: [
        ("web", "invalid service name 'web': namespace is missing, did you mean 'default/web'?"),
        ("web:http", "invalid service name 'web:http': namespace is missing, did you mean 'default/web:http'?"),
        ("", "invalid service name '': must be NAMESPACE/NAME[:PORT]"),
        ("a:b/c", "invalid service name 'a:b/c': must be NAMESPACE/NAME[:PORT]"),
    ])
    func incompleteNamesAreRefused(text: String, message: String) {
        #expect(refusal { try ServiceName(text) } == message)
    }

    @Test(arguments: [
        ("/web", ""), ("default/", ""), ("default/web:", ""), ("Default/web", "Default"), ("default/-web", "-web"),
        ("default/web-", "web-"), ("default/w_b", "w_b"), ("default/web.com", "web.com"), ("a/b/c", "b/c"),
        ("a/b:c:d", "c:d"), ("default/wéb", "wéb"), ("default/web ", "web "),
    ])
    func partsThatAreNoLabelsAreRefused(text: String, label: String) {
        #expect(
            refusal { try ServiceName(text) }
                == "invalid service name '\(text)': '\(label)' must be 1…63 of a-z, 0-9 and '-', "
                + "and not begin or end with '-'")
    }

    @Test func namesSortByNamespaceThenNameThenPort() throws {
        let sorted = ["a/z", "a-b/a", "b/web", "b/web:a", "b/web:b", "b/web-2"]
        #expect(try sorted.reversed().map { try ServiceName($0) }.sorted().map(\.text) == sorted)
    }

    @Test func aNameWithoutPortCoversAllPorts() throws {
        let (all, one) = (try ServiceName("a/web"), try ServiceName("a/web:http"))
        #expect(all.covers(one) && all.covers(all) && one.covers(one))
        #expect(!one.covers(all))
        #expect(try !all.covers(ServiceName("a/web2")))
        #expect(try !one.covers(ServiceName("a/web:https")))
    }
}
