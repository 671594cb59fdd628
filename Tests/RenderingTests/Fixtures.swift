// SPDX-License-Identifier: Apache-2.0

import Rendering

/// A row with every kind of field and cell.
struct SampleService: Presentable, Describable {
    var name = "default/web"
    var address = "10.96.0.10:80/tcp"
    var policy: String? = nil
    var backends = ["10.1.0.2:8080", "10.1.0.3:8080"]
    var packets: UInt64 = 1200
    var age = Duration.milliseconds(4523)

    static let kind = "Service"
    static let columns = [
        Column("NAME"), Column("ADDRESS"), Column("BACKENDS", .right), Column("AGE", .right),
        Column("POLICY", wideOnly: true), Column("PACKETS", .right, wideOnly: true), Column("STATE"),
    ]

    var resourceName: String { name }

    func cells(_ row: inout RowWriter) {
        row.cell(name)
        row.cell { $0.append(contentsOf: address.utf8) }
        row.cell(backends.count)
        row.cell(HumanFormat.age(age))
        row.cell(policy)
        row.cell(packets)
        row.cell(backends.isEmpty ? "empty" : "ready", backends.isEmpty ? .bad : .good)
    }

    func fields(_ object: inout ObjectWriter) {
        object.string("name", name)
        object.string("address") { $0.append(contentsOf: address.utf8) }
        object.string("policy", policy)
        object.array("backends", backends) { backend, object in
            object.string("address", backend)
            object.integer("weight", 1)
        }
        object.object("traffic") { object in
            object.integer("packets", packets)
            object.bool("local", true)
            object.number("share", 0.25)
            object.null("limit")
        }
        object.strings("nodes", ["no", "1e3"])
        object.integers("ports", [80, -1])
        object.object("labels") { _ in }
        object.strings("tags", [])
        object.seconds("ageSeconds", age)
    }

    func describe(_ page: inout DescriptionList) {
        page.entry("Name", name)
        page.entry("External policy", policy)
        page.entry("Packets", packets)
        page.entry("State", "ready to serve", .good)
        page.entry("Warnings", ["one thing", "another thing"], .warning)
        page.section("Traffic") { section in
            section.entry("In", "1.2k")
            section.entry("Outgoing", "2\nlines")
        }
        page.table("Backends", backends.map { SampleBackend(address: $0) })
        page.table("Routes", [SampleBackend]())
    }
}

struct SampleBackend: Presentable {
    let address: String

    static let kind = "Backend"
    static let columns = [Column("ADDRESS"), Column("WEIGHT", .right)]

    var resourceName: String { address }

    func cells(_ row: inout RowWriter) {
        row.cell(address)
        row.cell(UInt16(1))
    }

    func fields(_ object: inout ObjectWriter) {
        object.string("address", address)
    }
}

/// One row of texts, of which nothing is known.
struct TextRow: Presentable {
    var texts: [String]

    static let kind = "Text"
    static let columns = [Column("KEY"), Column("VALUE"), Column("N", .right), Column("LAST")]

    var resourceName: String { texts.first ?? "" }

    func cells(_ row: inout RowWriter) {
        for text in texts { row.cell(text) }
    }

    func fields(_ object: inout ObjectWriter) {
        object.strings("texts", texts)
    }
}

/// A row whose address keeps its length.
struct WholeRow: Presentable {
    var texts: [String]

    init(_ texts: [String]) {
        self.texts = texts
    }

    static let kind = "Whole"
    static let columns = [Column("KEY"), Column("ADDRESS", isWhole: true), Column("REMARK")]

    var resourceName: String { texts.first ?? "" }

    func cells(_ row: inout RowWriter) {
        for text in texts { row.cell(text) }
    }

    func fields(_ object: inout ObjectWriter) {
        object.strings("texts", texts)
    }
}

func rendered(
    _ options: OutputOptions = OutputOptions(), _ render: (Renderer) throws -> Void
) throws -> String {
    let sink = MemorySink()
    try render(Renderer(options: options, sink: sink))
    return sink.text
}

/// Deterministic numbers (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
