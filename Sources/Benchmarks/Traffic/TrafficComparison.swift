// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// The contenders' labs side by side, measured in turns.
///
/// Every round measures every contender, each round beginning with another one, so that a slow moment of the machine
/// and whatever an earlier measurement leaves behind concern them alike.
struct TrafficComparison {
    /// Sizes of clusters that are compared.
    static let sizes = [1, 1000, 10_000]

    let labs: [TrafficLab]

    /// A part of the machine's time that others may take before it is worth a word.
    private static let tolerated = 0.05

    init(_ contenders: [TrafficContender]) throws {
        let load = try Self.foreignLoad()
        if load > Self.tolerated {
            say("\(Int(load * 100)) % of the machine is busy with other things, which these figures show, too")
        }
        labs = try contenders.map(TrafficLab.init)
    }

    /// How much of the processors' time others take, from 0 to 1.
    private static func foreignLoad() throws -> Double {
        let start = try ProcessorTime.now()
        _ = try Poll.readable([], until: Deadline(after: .milliseconds(500)))
        return try ProcessorTime.now().shareBusy(since: start)
    }

    func startServers(for task: TrafficTask) throws {
        for lab in labs { try lab.startServers(for: task) }
    }

    func serve(_ cluster: TrafficCluster) throws {
        for lab in labs { try lab.serve(cluster) }
    }

    /// - Parameter measure: one measurement of a contender, in the round of that number.
    func forEachRound(_ rounds: Int, _ measure: (TrafficLab, Int) throws -> Void) throws {
        for round in 0..<rounds {
            for turn in labs.indices { try measure(labs[(turn + round) % labs.count], round) }
        }
    }

    /// Serves `size` services in all labs and measures those with backends at each place.
    ///
    /// A cluster of one service is served once for each place.
    func forEachPlace(
        _ task: TrafficTask, size: Int, rounds: Int,
        _ measure: (TrafficLab, TrafficCluster.Entry, _ setting: String, _ round: Int) throws -> Void
    ) throws {
        let entries = TrafficCluster.Place.allCases.map { ($0, TrafficCluster.measured(task, at: $0)) }
        let servedTogether = size >= entries.count
        if servedTogether { try serve(TrafficCluster(size, measured: entries.map(\.1))) }
        for (place, entry) in entries {
            if !servedTogether { try serve(TrafficCluster(size, measured: [entry])) }
            let setting = "\(size)-services,\(place.rawValue)"
            try forEachRound(rounds) { lab, round in try measure(lab, entry, setting, round) }
        }
    }
}
