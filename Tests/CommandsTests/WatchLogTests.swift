// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import DataplaneModel
import Glibc
import LinuxSystem
import Rendering
import Testing
import YAML

@testable import Commands
@testable import Dataplane

@Suite struct WatchLogTests {
    private struct Row: WatchedRow {
        let name: String
        let count: Int

        static let kind = "Thing"
        static let columns = [Column("NAME"), Column("COUNT", .right)]

        var resourceName: String { name }
        var identity: String { name }
        func isUnchanged(since earlier: Row) -> Bool { count == earlier.count }

        func cells(_ row: inout RowWriter) {
            row.cell(name)
            row.cell(count)
        }

        func fields(_ object: inout ObjectWriter) {
            object.string("name", name)
            object.object("inner") { $0.integer("count", count) }
        }
    }

    /// What is printed of these looks.
    private func log(_ looks: [[(String, Int)]], _ options: OutputOptions = .init()) throws -> String {
        let sink = MemorySink()
        var log = WatchLog<Row>(Renderer(options: options, sink: sink))
        for look in looks { try log.tell(look.map { Row(name: $0.0, count: $0.1) }) }
        return sink.text
    }

    private static let looks = [[("a", 1), ("b", 2)], [("a", 1), ("b", 3), ("c", 4)], [("c", 4)], []]

    @Test func aLineTellsOfEachRowThatIsNewOrOtherOrGone() throws {
        #expect(
            try log(Self.looks) == """
                EVENT  NAME  COUNT
                added  a         1
                added  b         2
                changed  b         3
                added  c         4
                gone   a         1
                gone   b         3
                gone   c         4

                """)
    }

    @Test func theHeaderWaitsForTheFirstRow() throws {
        #expect(try log([[], [("a", 1)]]) == "EVENT  NAME  COUNT\nadded  a         1\n")
        #expect(try log([[], []]) == "")
    }

    @Test func aJSONDocumentTakesOneLine() throws {
        #expect(
            try log([[("a\"b", 1)], []], .init(format: .json)) == """
                {"apiVersion":"ebpfctl/v1","kind":"Thing","event":"added","name":"a\\"b","inner":{"count":1}}
                {"apiVersion":"ebpfctl/v1","kind":"Thing","event":"gone","name":"a\\"b","inner":{"count":1}}

                """)
    }

    @Test func yamlDocumentsAreApart() throws {
        #expect(
            try log([[("a", 1)]], .init(format: .yaml)) == """
                ---
                apiVersion: ebpfctl/v1
                kind: Thing
                event: added
                name: a
                inner:
                  count: 1

                """)
    }

    @Test func namesAreOneALine() throws {
        #expect(try log(Self.looks, .init(format: .name)) == "a\nb\nb\nc\na\nb\nc\n")
    }

    private struct SecondLook: Error {}

    /// Nothing changes, so nothing is written that could fail.
    @Test func aWatchEndsWithItsReader() throws {
        let (reading, number) = try Descriptor.pipe().release()
        let writing = Descriptor(owning: number)
        defer { withExtendedLifetime(writing) {} }
        close(reading)
        var surroundings = Surroundings(output: DescriptorSink(number), errors: MemorySink())
        surroundings.outputDescriptor = number
        var log = WatchLog<Row>(Renderer(options: .init(), sink: surroundings.output))
        var looks = 0
        #expect(throws: OutputError(errno: EPIPE)) {
            try log.run(every: .seconds(5), in: surroundings) { _ in
                looks += 1
                guard looks == 1 else { throw SecondLook() }
                return WatchSample([])
            }
        }
        #expect(looks == 1)
    }

    @Test(arguments: [
        ("conntrack list --interval 1s", "option '--interval' needs option '--watch'"),
        ("service list --watch --interval 0s", "option '--interval': invalid duration '0s': must be at least 100ms"),
        ("counter list --watch --interval soon", "option '--interval': invalid duration 'soon'"),
    ])
    func anIntervalThatMakesNoSenseIsRefused(line: String, message: String) {
        let run = ToolRun(line)
        #expect(run.code == .usage)
        #expect(run.errors.hasPrefix("ebpfctl: \(message)"), "\(run.errors)")
    }
}

@Suite struct RateRowTests {
    private func reading(_ reason: CounterReason, _ packets: UInt64) -> CounterReading {
        CounterReading(reason: reason, packets: packets, bytes: packets * 100)
    }

    @Test func theMostFrequentReasonsComeFirst() {
        var meter = CounterMeter()
        let first = meter.rows(
            [reading(.notIP, 5), reading(.forwardPeer, 500), reading(.tracked, 0)], at: 1_000_000_000)
        #expect(first.map(\.identity) == [.forwardPeer, .notIP, .tracked])
        #expect(first.map(\.packetsPerSecond) == [nil, nil, nil])
        let second = meter.rows(
            [reading(.notIP, 105), reading(.forwardPeer, 510), reading(.tracked, 0)], at: 3_000_000_000)
        #expect(second.map(\.identity) == [.notIP, .forwardPeer, .tracked])
        #expect(second.map(\.packetsPerSecond) == [50, 5, 0])
    }

    @Test func aCounterThatWasResetHasNoNegativeRate() {
        var meter = CounterMeter()
        _ = meter.rows([reading(.notIP, 500)], at: 1_000_000_000)
        #expect(meter.rows([reading(.notIP, 3)], at: 2_000_000_000).map(\.packetsPerSecond) == [0])
    }

    private func connection(_ port: UInt16, bytes: UInt64, age: Duration = .seconds(60)) -> Connection {
        let (client, frontend) = (Endpoint(address: .v4(1), port: port), Endpoint(address: .v4(2), port: 80))
        return Connection(
            key: ConnectionKey(transport: .tcp, source: client, destination: frontend), backend: frontend,
            serviceID: 1, service: nil, state: .established, forward: .init(packets: 1, bytes: bytes), age: age,
            idle: .zero)
    }

    @Test func aConnectionIsAsFastAsWhatItHasCarriedSinceTheLastLook() {
        var meter = ConnectionMeter()
        meter.begin(at: 1_000_000_000)
        #expect(meter.rate(connection(1, bytes: 500)) == nil)
        meter.begin(at: 3_000_000_000)
        #expect(meter.rate(connection(1, bytes: 700)) == 100)
        // Younger than the last look, older but not met then, and anew with the same tuple.
        #expect(meter.rate(connection(2, bytes: 300, age: .seconds(1))) == 150)
        #expect(meter.rate(connection(3, bytes: 300)) == nil)
        meter.begin(at: 4_000_000_000)
        #expect(meter.rate(connection(1, bytes: 70, age: .zero)) == 70)
    }

    @Test func theBusiestConnectionsComeFirst() {
        let rows = [(1, 10, nil), (2, 900, 0), (3, 20, 5.5), (4, 900, 0)] as [(UInt16, UInt64, Double?)]
        var ranking = Ranking<ConnectionRateRow>(limit: 3) { $0.isBusier(than: $1) }
        for (port, bytes, rate) in rows {
            ranking.add(
                ConnectionRateRow(row: ConnectionRow(connection: connection(port, bytes: bytes)), bytesPerSecond: rate))
        }
        #expect(ranking.ranked().map(\.identity.source.port) == [3, 2, 4])
    }

    @Test func aServiceHasTheRatesOfItsInterval() throws {
        var activity = ServiceActivity()
        (activity.connections, activity.opened) = (12, 5)
        activity.traffic = .init(packets: 3000, bytes: 4 << 20)
        let service = Service(name: try ServiceName("default/web"), frontends: [], backends: [])
        let row = ServiceRateRow(service: service, activity: activity, elapsed: .seconds(2))
        #expect(row.cellTexts == ["default/web", "0", "12", "2.5", "1.5k", "2MiB", "<none>"])
        let first = ServiceRateRow(service: service, activity: activity, elapsed: nil)
        #expect(first.cellTexts == ["default/web", "0", "12", "<none>", "<none>", "<none>", "<none>"])
        #expect(!row.isUnchanged(since: first))
        #expect(row.isUnchanged(since: row))
    }
}

@Suite struct ProgressTests {
    @Test(arguments: [
        (nil as Int?, "sweeping: 1200"), (4000, "sweeping: 1200 of 4000 (30%)"), (0, "sweeping: 1200"),
    ])
    func progressSaysHowMuchIsDone(total: Int?, line: String) {
        #expect(Progress.line("sweeping", 1200, of: total) == line)
    }

    @Test func whatIsReadIsToldInBinaryUnits() {
        #expect(Progress.line("reading", 43 << 20, of: nil, .bytes) == "reading: 43MiB")
    }

    private func said(
        columns: Int?, isQuiet: Bool = false, terminal: String = "xterm", patience: UInt64
    ) -> String {
        let errors = MemorySink()
        var surroundings = Surroundings(
            output: MemorySink(), errors: errors, environment: ["TERM": terminal])
        surroundings.errorColumns = columns
        let progress = Progress("sweeping", of: 4000, in: surroundings, isQuiet: isQuiet, patience: patience)
        progress.advance(by: 1000)
        progress.advance(by: 1000)
        progress.finish()
        progress.finish()
        return errors.text
    }

    @Test func progressIsOneLineThatGoes() {
        #expect(said(columns: 80, patience: 0) == "\rsweeping: 1000 of 4000 (25%)\u{1b}[K\r\u{1b}[K")
    }

    @Test func progressFitsTheTerminal() {
        #expect(said(columns: 10, patience: 0) == "\rsweeping:\u{1b}[K\r\u{1b}[K")
    }

    @Test func progressIsSilentWhereNobodySeesIt() {
        #expect(said(columns: nil, patience: 0) == "")
        #expect(said(columns: 80, isQuiet: true, patience: 0) == "")
        #expect(said(columns: 80, terminal: "dumb", patience: 0) == "")
        #expect(said(columns: 80, patience: 1 << 60) == "")
    }
}
