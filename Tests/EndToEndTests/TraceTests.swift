// SPDX-License-Identifier: Apache-2.0

import Foundation
import Lab
import LinuxSystem
import Testing

extension EndToEnd {
    /// What the tool shows of real traffic while it passes.
    @Suite(.servingLab) struct TraceTests {
        private let lab: HandmadeLab

        init() throws { lab = try .shared() }

        /// A tracer that has said that it is ready, with the lines that it did so by.
        private struct Tracer {
            let process: ChildProcess
            let head: [String]

            /// Interrupts it, and adds up all that it printed.
            func interrupted() throws -> Outcome {
                process.send(signal: SIGINT)
                let rest = try process.collect(limit: 16 << 20, until: Deadline(after: Tool.patience))
                return Outcome(rest.status, head.map { $0 + "\n" }.joined() + rest.text, rest.errorText)
            }
        }

        /// - Parameter lines: what is printed before the first event.
        private func trace(_ words: [String], lines: Int = 1) throws -> Tracer {
            let process = try lab.startTool(["trace"] + words)
            let head = try (0..<lines).map { _ in
                try #require(try process.readLine(until: Deadline(after: Tool.patience)))
            }
            return Tracer(process: process, head: head)
        }

        private func ask(_ transport: String = "tcp", times: Int = 4) throws {
            let tally = try lab.ask(
                Traffic(transport, to: HandmadeLab.virtualAddress, times: times), outsideCgroup: true)
            #expect(tally.failures.isEmpty)
        }

        private func events(_ outcome: Outcome) throws -> [[String: Any]] {
            let document = try #require(
                JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
            #expect(document["kind"] as? String == "TraceEventList")
            #expect(document["lost"] as? Int == 0)
            let items = try #require(document["items"] as? [[String: Any]])
            #expect(document["events"] as? Int == items.count)
            return items
        }

        private func endpoint(_ value: Any?) -> String? {
            guard let end = value as? [String: Any], let address = end["address"] as? String else { return nil }
            return (end["port"] as? Int).map { "\(address):\($0)" } ?? address
        }

        @Test func theConnectionsOfAServiceAreShownAsTheyAreMade() throws {
            let tracer = try trace(["--service", "default/echo"])
            try ask(times: 3)
            let outcome = try tracer.interrupted()
            #expect(outcome.status == .exited(0))
            let rows = outcome.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
            #expect(rows.first == ["TIME", "EVENT", "REASON", "PROTO", "SOURCE", "DESTINATION", "AFTER"])
            #expect(rows.filter { $0[1] == "new" }.count == 3)
            let forwarded = rows.filter { $0[1] == "forward" }
            #expect(forwarded.count > 3)
            #expect(forwarded.allSatisfy { $0[3] == "tcp" && $0[6].contains(":") })
            #expect(rows.dropFirst().allSatisfy { $0[0].count == 12 })
            #expect(outcome.error == "\(rows.count - 1) events, 0 lost\n")
        }

        @Test func theDocumentIsCompleteWhenItIsInterrupted() throws {
            let tracer = try trace(["--event", "new", "-4", "--proto", "udp", "-o", "json"], lines: 3)
            try ask("udp", times: 3)
            let outcome = try tracer.interrupted()
            #expect(outcome.status == .exited(0))
            let items = try events(outcome)
            #expect(!items.isEmpty)
            for item in items {
                #expect(item["reason"] as? String == "new-connection")
                #expect(item["service"] as? String == "default/echo")
                #expect(item["program"] as? String == "from_workload")
                #expect(endpoint(item["destination"]) == HandmadeLab.virtualAddress)
                let after = try #require(item["after"] as? [String: Any])
                #expect(endpoint(after["source"]) == endpoint(item["source"]))
                #expect(endpoint(after["destination"])?.hasSuffix(":8080") == true)
            }
        }

        @Test func aSocketCallIsShownWithItsBackend() throws {
            let tracer = try trace(["--event", "socket", "--limit", "1", "-o", "json"], lines: 3)
            #expect(try lab.ask(Traffic("tcp", to: HandmadeLab.virtualAddress, times: 2)).failures.isEmpty)
            // It ends by itself.
            let rest = try tracer.process.collect(until: Deadline(after: Tool.patience))
            #expect(rest.errorText == "1 event, 0 lost\n")
            let head = tracer.head.map { $0 + "\n" }.joined()
            let items = try events(Outcome(rest.status, head + rest.text))
            #expect(items.map { $0["reason"] as? String } == ["socket-translated"])
            #expect(items.map { endpoint($0["destination"]) } == [HandmadeLab.virtualAddress])
            #expect(items.first?["source"] is NSNull)
        }

        @Test func onlyOneProcessTracesAtATime() throws {
            let tracer = try trace(["--event", "drop"])
            let refused = try lab.tool("trace", "--duration", "1s")
            #expect(refused.status == .exited(1))
            #expect(refused.text == "")
            let first = try #require(refused.errorText.split(separator: "\n").first)
            #expect(first == "ebpfctl: cannot trace: process \(tracer.process.id) is tracing already (EBUSY)")
            #expect(try tracer.interrupted().status == .exited(0))
            #expect(try lab.tool("trace", "--duration", "1ms").status == .exited(0))
        }

        /// Nobody has told the programs that it is over: they find out by themselves.
        @Test func aKilledTracerIsForgotten() throws {
            let tracer = try trace(["--event", "drop"])
            tracer.process.kill()
            #expect(try eventually { try lab.tool("trace", "--duration", "1ms").status == .exited(0) })
        }

        @Test func aDurationEndsIt() throws {
            let outcome = try lab.tool("trace", "--event", "drop", "--duration", "20ms", "-o", "json")
            #expect(outcome.status == .exited(0))
            #expect(try events(Outcome(outcome.status, outcome.text)).isEmpty)
            #expect(outcome.errorText == "0 events, 0 lost\n")
        }
    }
}
