// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import DataplaneModel
import Lab
import PacketBuilder

/// Nanoseconds a packet of every program and path, by repeated runs on packets that are reset before each.
///
/// A figure is the program's own time: the harness with an empty program in its place, measured just before on the same
/// packet, is taken off. What the kernel does behind the verdict, such as the redirection itself, is not in it.
enum ProgramSection: BenchmarkSection {
    static let name = "programs"
    static let summary = "ns per packet of each program and path, net of an empty program"
    static let rounds = 5

    static let sizes = [10, 10_000, 60_000]
    private static let flowCounts: [UInt32] = [1, 4096]

    static func run(rounds: Int) throws -> [Measurement] {
        let bench = try BenchNode()
        var figures = Figures()
        for _ in 0..<rounds {
            for size in sizes {
                try bench.serve(size)
                for family in bench.lab.families {
                    let run = try ProgramRound(bench, family)
                    for flows in flowCounts {
                        let cases = try ProgramCases(bench, family, flows: flows)
                        let setting = "\(family),\(size)-frontends,\(flows)-flows"
                        for one in cases.all { figures.add(one, setting, try run.measure(one)) }
                    }
                    let cases = try ProgramCases(bench, family, flows: 1)
                    for one in cases.opening(frontends: size) {
                        figures.add(one, "\(family),\(size)-frontends,new-flows", try run.measure(one))
                    }
                }
            }
        }
        return figures.measurements
    }
}

/// What is gathered round by round, in the order of the first round.
private struct Figures {
    private var order: [String] = []
    private var nets: [String: (ProgramCase, String, [Double])] = [:]
    private var floors: [String: [Double]] = [:]

    mutating func add(_ one: ProgramCase, _ setting: String, _ figure: (net: Double, floor: Double)) {
        let key = "\(one.subject) \(setting)"
        if nets[key] == nil { order.append(key) }
        nets[key, default: (one, setting, [])].2.append(figure.net)
        floors[key, default: []].append(figure.floor)
    }

    var measurements: [Measurement] {
        let rows = order.compactMap { nets[$0] }
        let all = order.flatMap { floors[$0] ?? [] }
        let floor = Measurement(subject: "floor", setting: "all", unit: .nanoseconds, samples: all)
        return [floor]
            + rows.map { one, setting, samples in
                Measurement(
                    subject: one.subject, setting: setting, unit: .nanoseconds, samples: samples,
                    aim: one.aim.map { .atMost($0) })
            } + spreads(rows)
    }

    /// How much slower the slowest number of frontends is than the fastest, by medians.
    private func spreads(_ rows: [(ProgramCase, String, [Double])]) -> [Measurement] {
        var medians: [String: [Double]] = [:]
        var order: [(String, String)] = []
        for (one, setting, samples) in rows {
            let parts = setting.split(separator: ",")
            let place = (one.subject, "\(parts[0]),\(parts[2])")
            if medians["\(place)"] == nil { order.append(place) }
            medians["\(place)", default: []].append(Measurement.median(of: samples))
        }
        return order.compactMap { place in
            guard let values = medians["\(place)"], let low = values.min(), let high = values.max(), low > 0 else {
                return nil
            }
            return Measurement(
                subject: "spread/\(place.0)", setting: place.1, unit: .times, samples: [high / low], aim: .atMost(1.1))
        }
    }
}

/// The programs of one family and their harness.
private struct ProgramRound {
    private let bench: BenchNode
    private let family: AddressFamily
    private let harness: Harness

    init(_ bench: BenchNode, _ family: AddressFamily) throws {
        self.bench = bench
        self.family = family
        harness = try Harness(family)
    }

    func measure(_ one: ProgramCase) throws -> (net: Double, floor: Double) {
        do {
            return try attempt(one)
        } catch BenchmarkError.broken(let what) {
            throw BenchmarkError.broken("\(one.subject): \(what); counters: \(try bench.counters())")
        }
    }

    private func attempt(_ one: ProgramCase) throws -> (net: Double, floor: Double) {
        try bench.forgetConnections()
        let program = try bench.program(one.program, family)
        return try bench.node.onNode {
            if let opening = one.opening {
                var first = opening.sample
                first.runs = Int(first.template.flowMask) + 1
                _ = try harness.run(bench.program(opening.program, family), first)
            }
            var warming = one.sample
            warming.runs = one.opens ? 1 : Int(one.sample.template.flowMask) + 1
            _ = try harness.run(program, warming)
            let floor = try harness.runEmpty(one.sample)
            return (try harness.run(program, one.sample) - floor, floor)
        }
    }
}
