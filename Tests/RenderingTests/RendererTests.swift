// SPDX-License-Identifier: Apache-2.0

import Rendering
import Testing

@Suite struct RendererTests {
    private let services = [
        SampleService(),
        SampleService(name: "kube-system/dns", address: "[fd00::a]:53/udp", policy: "local", backends: [], packets: 7),
    ]

    @Test func tableAlignsColumnsAndHidesWideOnes() throws {
        #expect(
            try rendered { try $0.list(services) } == """
                NAME             ADDRESS            BACKENDS   AGE  STATE
                default/web      10.96.0.10:80/tcp         2  4.5s  ready
                kube-system/dns  [fd00::a]:53/udp          0  4.5s  empty

                """)
    }

    @Test func wideShowsAllColumnsAndNoneForNothing() throws {
        #expect(
            try rendered(.init(format: .wide)) { try $0.list(services) } == """
                NAME             ADDRESS            BACKENDS   AGE  POLICY  PACKETS  STATE
                default/web      10.96.0.10:80/tcp         2  4.5s  <none>     1200  ready
                kube-system/dns  [fd00::a]:53/udp          0  4.5s  local         7  empty

                """)
    }

    @Test func nameAndQuietPrintIdentifiersOnly() throws {
        let expected = "default/web\nkube-system/dns\n"
        let named = try rendered(.init(format: .name)) { try $0.list(services) }
        #expect(named == expected)
        let quiet = try rendered(.init(format: .json, quiet: true)) { try $0.list(services) }
        #expect(quiet == expected)
    }

    @Test func jsonListHasTypedFieldsInItems() throws {
        #expect(
            try rendered(.init(format: .json)) { try $0.list(services.prefix(1)) } == """
                {
                  "apiVersion": "ebpfctl/v1",
                  "kind": "ServiceList",
                  "items": [
                    {
                      "name": "default/web",
                      "address": "10.96.0.10:80/tcp",
                      "policy": null,
                      "backends": [
                        {
                          "address": "10.1.0.2:8080",
                          "weight": 1
                        },
                        {
                          "address": "10.1.0.3:8080",
                          "weight": 1
                        }
                      ],
                      "traffic": {
                        "packets": 1200,
                        "local": true,
                        "share": 0.25,
                        "limit": null
                      },
                      "nodes": [
                        "no",
                        "1e3"
                      ],
                      "ports": [
                        80,
                        -1
                      ],
                      "labels": {},
                      "tags": [],
                      "ageSeconds": 4.523
                    }
                  ]
                }

                """)
    }

    @Test func yamlListIsTheSameDocument() throws {
        #expect(
            try rendered(.init(format: .yaml)) { try $0.list(services.prefix(1)) } == """
                apiVersion: ebpfctl/v1
                kind: ServiceList
                items:
                - name: default/web
                  address: 10.96.0.10:80/tcp
                  policy: null
                  backends:
                  - address: 10.1.0.2:8080
                    weight: 1
                  - address: 10.1.0.3:8080
                    weight: 1
                  traffic:
                    packets: 1200
                    local: true
                    share: 0.25
                    limit: null
                  nodes:
                  - "no"
                  - "1e3"
                  ports:
                  - 80
                  - -1
                  labels: {}
                  tags: []
                  ageSeconds: 4.523

                """)
    }

    @Test(arguments: [
        (OutputFormat.table, "ADDRESS   WEIGHT\n10.1.0.2       1\n"),
        (.wide, "ADDRESS   WEIGHT\n10.1.0.2       1\n"),
        (.json, #"{\#n  "apiVersion": "ebpfctl/v1",\#n  "kind": "Backend",\#n  "address": "10.1.0.2"\#n}\#n"#),
        (.yaml, "apiVersion: ebpfctl/v1\nkind: Backend\naddress: 10.1.0.2\n"),
        (.name, "10.1.0.2\n"),
    ])
    func oneValueStandsAlone(format: OutputFormat, expected: String) throws {
        let text = try rendered(.init(format: format)) { try $0.one(SampleBackend(address: "10.1.0.2")) }
        #expect(text == expected)
    }

    @Test(arguments: [
        (OutputFormat.table, "ADDRESS  WEIGHT\n"),
        (.json, "{\n  \"apiVersion\": \"ebpfctl/v1\",\n  \"kind\": \"BackendList\",\n  \"items\": []\n}\n"),
        (.yaml, "apiVersion: ebpfctl/v1\nkind: BackendList\nitems: []\n"),
        (.name, ""),
    ])
    func emptyListIsAHeaderOrEmptyItems(format: OutputFormat, expected: String) throws {
        let text = try rendered(.init(format: format)) { try $0.list([SampleBackend]()) }
        #expect(text == expected)
    }

    @Test func pageAlignsKeysAndNestsSectionsAndTables() throws {
        #expect(
            try rendered { try $0.page(services[0]) } == """
                Name:             default/web
                External policy:  <none>
                Packets:          1200
                State:            ready to serve
                Warnings:         one thing
                                  another thing
                Traffic:
                  In:        1.2k
                  Outgoing:  2
                             lines
                Backends:
                  ADDRESS        WEIGHT
                  10.1.0.2:8080       1
                  10.1.0.3:8080       1
                Routes:           <none>

                """)
    }

    /// A terminal breaks it anywhere; a list has better places. A command in quotes has to be copied in one piece.
    @Test func aListThatIsTooLongForTheTerminalGoesOnBelow() throws {
        struct Page: Describable {
            static let kind = "Page"
            static let columns: [Column] = []
            var resourceName: String { "page" }
            func cells(_ row: inout RowWriter) {}
            func fields(_ object: inout ObjectWriter) {}
            func describe(_ page: inout DescriptionList) {
                page.entry("Programs", "first one, second one, third one, fourth one")
                page.entry("Hint", "put it right with 'tool --first one, two, three'")
                page.entry("Sentence", "it has no comma and is longer than the terminal")
            }
        }
        #expect(
            try rendered(.init(width: 40)) { try $0.page(Page()) } == """
                Programs:  first one, second one,
                           third one, fourth one
                Hint:      put it right with 'tool --first one, two, three'
                Sentence:  it has no comma and is longer than the terminal

                """)
        #expect(
            try rendered { try $0.page(Page()) }.hasPrefix("Programs:  first one, second one, third one, fourth one\n"))
    }

    @Test func pageAsDocumentIsTheObject() throws {
        let page = try rendered(.init(format: .json)) { try $0.page(services[0]) }
        let one = try rendered(.init(format: .json)) { try $0.one(services[0]) }
        #expect(page == one)
    }

    @Test(arguments: [
        (OutputOptions(), "service default/web created (dry run)\nservice default/dns deleted\n"),
        (OutputOptions(format: .name), "default/web\ndefault/dns\n"),
        (
            OutputOptions(format: .yaml),
            """
            apiVersion: ebpfctl/v1
            kind: ChangeList
            items:
            - noun: service
              name: default/web
              outcome: created
              dryRun: true
              details: []
            - noun: service
              name: default/dns
              outcome: deleted
              dryRun: false
              details: []

            """
        ),
    ])
    func changesAreOneLinePerObject(options: OutputOptions, expected: String) throws {
        let changes = [
            Change("service", "default/web", .created, isDryRun: true),
            Change("service", "default/dns", .deleted, isDryRun: false),
        ]
        #expect(try rendered(options) { try $0.changes(changes) } == expected)
    }

    @Test func listStreamsInChunksAndHoldsNoMoreThanOne() throws {
        let sink = ChunkSink()
        var stream = Renderer(options: .init(format: .json), sink: sink).stream(of: SampleService.self)
        for _ in 0..<5000 { try stream.append(services[0]) }
        #expect(sink.chunks.count > 10)
        try stream.finish()
        #expect(sink.chunks.allSatisfy { $0 < 1 << 17 })
    }

    @Test func failureOfTheSinkReachesTheCaller() {
        let renderer = Renderer(options: .init(), sink: ClosedSink())
        #expect(throws: OutputError(errno: 32)) { try renderer.list(services) }
    }
}

private final class ChunkSink: OutputSink {
    var chunks: [Int] = []

    func write(_ chunk: Span<UInt8>) { chunks.append(chunk.count) }
}

private final class ClosedSink: OutputSink {
    func write(_ chunk: Span<UInt8>) throws(OutputError) { throw OutputError(errno: 32) }
}
