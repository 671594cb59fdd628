// SPDX-License-Identifier: Apache-2.0

import Kubernetes
import Testing

/// The forms that objects come in.
@Suite struct ReadingTests {
    private static let json =
        #"{"apiVersion":"v1","kind":"Service","metadata":{"name":"web"},"#
        + #""spec":{"clusterIP":"10.96.0.10","ports":[{"port":80}]}}"#

    @Test func singleObjectsAreReadFromYAMLAndJSONAlike() throws {
        let yaml = """
            apiVersion: v1
            kind: Service
            metadata:
              name: web
            spec:
              clusterIP: 10.96.0.10
              ports:
              - port: 80
            """
        #expect(try objects(yaml).services == objects(Self.json).services)
        #expect(try objects(yaml).services.map(\.name.description) == ["default/web"])
    }

    @Test func listsAreReadWhereverTheyNameTheirKind() throws {
        for list in [
            #"{"apiVersion":"v1","items":[\#(Self.json)],"kind":"List","metadata":{"resourceVersion":""}}"#,
            #"{"apiVersion":"v1","kind":"List","items":[\#(Self.json)]}"#,
            "apiVersion: v1\nitems:\n- \(Self.json)\nkind: List\n",
        ] {
            #expect(try objects(list).services == objects(Self.json).services, "\(list)")
        }
        #expect(try objects(#"{"apiVersion":"v1","kind":"List","items":null}"#).isEmpty)
        #expect(try objects(#"{"apiVersion":"v1","kind":"List","items":[]}"#).isEmpty)
    }

    @Test func itemsOfATypedListMayLeaveOutTheirKind() throws {
        let item = #"{"metadata":{"name":"web"},"spec":{"clusterIP":"10.96.0.10","ports":[{"port":80}]}}"#
        let list = #"{"kind":"ServiceList","apiVersion":"v1","items":[\#(item)]}"#
        #expect(try objects(list).services == objects(Self.json).services)
        #expect(
            refusal(#"{"items":[\#(item)],"kind":"ServiceList","apiVersion":"v1"}"#)
                == "m.yaml: document 1, line 1, column 11: items[0].apiVersion: is missing")
    }

    @Test func documentsFollowOneAnotherInYAMLAndJSONLines() throws {
        let second = Self.json.replacing("web", with: "web2")
        for text in [
            "---\n\(Self.json)\n---\n# nothing\n---\n\(second)\n...\n", "\(Self.json)\n\(second)\n",
            "\(Self.json)\(second)", " \n\t\(Self.json) \r\n \(second)",
        ] {
            #expect(try objects(text).services.map(\.name.name) == ["web", "web2"], "\(text)")
        }
        #expect(try objects("").isEmpty)
        #expect(try objects("# only a comment\n").isEmpty)
        #expect(try objects("\u{feff}\(Self.json)").services.count == 1)
    }

    @Test(arguments: [1, 2, 3, 7, 64]) func inputsThatComeInSmallPiecesAreTheSame(size: Int) throws {
        let text = Array(repeating: service(spec: "type: NodePort"), count: 5) + [slice(endpoint("10.244.1.2"))]
        let list = Array(repeating: Self.json + " \n\t", count: 20).joined(separator: ",")
        for whole in [text.joined(separator: "\n---\n"), #"{"apiVersion":"v1","kind":"List","items":[\#(list)]}"#] {
            var reader = ObjectReader()
            var rest = Array(whole.utf8)[...]
            try reader.read("pieces") {
                defer { rest = rest.dropFirst(size) }
                return Array(rest.prefix(size))
            }
            #expect(try reader.objects == objects(whole))
            #expect(reader.objects.services.count >= 5)
        }
    }

    @Test(arguments: [1, 2, 3, 7]) func placesAreRightHoweverSmallThePiecesAre(size: Int) {
        let filler = Array(repeating: #"{"apiVersion":"v1","kind":"Pod","a":"ü\u00e9\n"}"#, count: 20)
        let whole = filler.joined(separator: "\n") + "\n " + #"{"ü": "😀", "kind": 7, "apiVersion": "v1"}"#
        var reader = ObjectReader()
        var rest = Array(whole.utf8)[...]
        #expect {
            try reader.read("m.json") {
                defer { rest = rest.dropFirst(size) }
                return Array(rest.prefix(size))
            }
        } throws: { error in
            guard case ObjectReadFailure.refused(let refusal) = error else { return false }
            return refusal.message
                == "m.json: document 21, line 21, column 21: kind: must be a string, not an integer, quote it"
        }
    }

    @Test func unknownKindsAreCountedAndSkipped() throws {
        let state = try translated(
            "{apiVersion: v1, kind: Pod, metadata: {name: a}}", "{apiVersion: v1, kind: Pod, metadata: {name: b}}",
            "{apiVersion: discovery.k8s.io/v1beta1, kind: EndpointSlice, metadata: {name: old}}",
            "{apiVersion: example.com/v1, kind: Basket, items: [{apiVersion: v1, kind: Pod}], metadata: {}}")
        #expect(
            state.notes.map(\.message) == [
                "skipped 1 Basket (example.com/v1)",
                "skipped 1 EndpointSlice (discovery.k8s.io/v1beta1): only discovery.k8s.io/v1 is read",
                "skipped 2 Pod (v1)",
            ])
    }

    @Test func theLastOfRepeatedObjectsCounts() throws {
        let state = try translated(service(), service(clusterIPs: "[10.96.0.20]"))
        #expect(
            state.golden == """
                service default/web
                  cluster-ip 10.96.0.20:80/tcp
                note: Service 'default/web' is given again, the last one counts
                """)
    }

    @Test func aDocumentOfTheToolItselfIsToldApart() {
        #expect(
            refusal(Self.json + #"{"apiVersion":"ebpfctl/v1","kind":"ServiceList","items":[]}"#)
                == "m.yaml: document 2, line 1, column \(Self.json.utf8.count + 1): "
                + "a document of 'ebpfctl/v1' among Kubernetes objects")
    }

    @Test func anchorsAndMergedMembersAreUnderstood() throws {
        let text = """
            apiVersion: v1
            kind: List
            items:
            - apiVersion: v1
              kind: Service
              metadata: {name: a}
              spec: &base
                clusterIP: 10.96.0.10
                ports: &ports [{port: 80}]
            - apiVersion: v1
              kind: Service
              metadata: {name: b}
              spec:
                <<: *base
                clusterIP: 10.96.0.11
            - apiVersion: v1
              kind: Service
              metadata: {name: c}
              spec: {<<: [{clusterIP: 10.96.0.12}, *base], ports: *ports}
            """
        let services = try objects(text).services
        #expect(
            services.map { "\($0.name.name) \($0.clusterIPs) \($0.ports.map(\.port))" }
                == ["a [10.96.0.10] [80]", "b [10.96.0.11] [80]", "c [10.96.0.12] [80]"])
    }

    @Test func stringsOfJSONAreReadWithTheirEscapes() throws {
        let text =
            #"{"kind":"Node","apiVersion":"v1","metadata":{"name":"\u006e1","annotations":"#
            + #"{"a":"\ud83d\ude00\n\t\\\"\/\b\f\r","b":"\ud800 ü😀","c":-1.5e+3,"d":[true,false,null,{}]}}}"#
        #expect(try objects(text).nodes.map(\.name) == ["n1"])
    }

    @Test(arguments: [
        // The words and numbers of YAML 1.1 that are not strings unless they are quoted.
        ("name: on", "metadata.name: must be a string, not a boolean, quote it"),
        ("name: 080", "metadata.name: must be a string, not a number, quote it"),
        ("name: 1.10", "metadata.name: must be a string, not a number, quote it"),
        ("name: 0x10", "metadata.name: must be a string, not an integer, quote it"),
        ("name: ~", "metadata.name: is missing"),
        ("name: [a]", "metadata.name: must be a string, not a list"),
    ])
    func plainScalarsThatAreNoStringsAreRefused(member: String, message: String) {
        let text = "apiVersion: v1\nkind: Node\nmetadata:\n  \(member)\n"
        #expect(refusal(text)?.hasSuffix(message) == true, "\(refusal(text) ?? "read")")
    }

    @Test(arguments: ["\"on\"", "'on'", "!!str on"]) func quotedScalarsAreStrings(name: String) throws {
        let text = "apiVersion: v1\nkind: Node\nmetadata:\n  name: \(name)\n"
        #expect(try objects(text).nodes.map(\.name) == ["on"])
    }
}
