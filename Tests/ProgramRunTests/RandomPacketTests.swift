// SPDX-License-Identifier: Apache-2.0

import BPFImages
import BPFRuntime
import CDataplaneABI
import DataplaneModel
import Foundation
import PacketFuzz
import Synchronization
import TestSupport
import Testing

@testable import Dataplane

/// A million packets for each program, most of which nobody would send; the same ones in every run.
///
/// `EBPFCTL_SEED` and `EBPFCTL_PACKETS` make it others, or another number of them. `EBPFCTL_PACKET_DIGEST` names a file
/// that gets a line for each program, with a digest of all its verdicts and packets: the same on every kernel since
/// 6.0; on older ones no test run seems to come out of the overlay or, before 5.17, from another interface. All packets
/// are linear: test runs of Linux 6.18 and older have no others.
@Suite(.needsKernel) struct RandomPacketTests {
    struct Subject: CustomTestStringConvertible {
        let family: AddressFamily
        let hook: Hook
        /// With the check of the workloads' source addresses.
        var isStrict = false

        /// Fewer packets do where the check alone is new.
        var divisor: Int { isStrict ? 10 : 1 }

        var testDescription: String { "\(family) \(hook.program)\(isStrict ? " strict" : "")" }
    }

    /// All of them, or the one that `EBPFCTL_PROGRAM` names as failures do.
    static let subjects = everySubject.filter { subject in
        environment["EBPFCTL_PROGRAM"].map { $0 == subject.testDescription } ?? true
    }

    private static let everySubject = AddressFamily.allCases.flatMap { family in
        Hook.allCases.map { Subject(family: family, hook: $0) }
            + [Subject(family: family, hook: .fromWorkload, isStrict: true)]
    }

    private static let environment = ProcessInfo.processInfo.environment
    private static let seed = environment["EBPFCTL_SEED"].flatMap(UInt64.init) ?? 2026
    private static let packets = environment["EBPFCTL_PACKETS"].flatMap(Int.init) ?? 1_000_000
    private static let batch = 2500

    @Test(arguments: subjects) func noPacketUpsetsAProgram(subject: Subject) throws {
        let storm = try RandomStorm(subject, seed: Self.seed)
        let packets = Self.packets / subject.divisor
        let start = ContinuousClock.now
        var digest = Digest()
        for batch in 0..<(packets + Self.batch - 1) / Self.batch {
            do {
                digest.add(try storm.run(batch: batch, size: min(Self.batch, packets - batch * Self.batch)))
            } catch let failure as Storm.Failure {
                return report(failure, batch, subject)
            }
        }
        let duration = ContinuousClock.now - start
        PacketDigests.record("\(subject.testDescription) seed \(Self.seed) packets \(packets): \(digest)")
        print("\(subject.testDescription): \(packets) packets in \(duration), digest \(digest): \(storm.summary)")
        guard packets >= 100_000 else { return }
        #expect(storm.expectedReasons.subtracting(storm.reasons.keys) == [], "exits that no packet has found")
        #expect(storm.judgements.served > packets / 25)
    }

    /// Packets are counted over all batches; those of a batch's prelude come before its first.
    private func report(_ failure: Storm.Failure, _ batch: Int, _ subject: Subject) {
        let number = batch * Self.batch + failure.number
        let needed = (max(number, batch * Self.batch) + 1) * subject.divisor
        Issue.record(
            """
            \(subject.testDescription): packet \(number) of seed \(Self.seed): \(failure)
            again: EBPFCTL_SEED=\(Self.seed) EBPFCTL_PACKETS=\(needed) \
            EBPFCTL_PROGRAM='\(subject.testDescription)' swift test --filter noPacketUpsets
            """)
    }
}

/// The file of digests that the environment asks for; complete when the last program is through.
private enum PacketDigests {
    private static let lines = Mutex<[String]>([])

    static func record(_ line: String) {
        guard let path = ProcessInfo.processInfo.environment["EBPFCTL_PACKET_DIGEST"] else { return }
        lines.withLock { lines in
            lines.append(line)
            let text = lines.sorted().joined(separator: "\n") + "\n"
            do {
                try text.write(toFile: path, atomically: true, encoding: .utf8)
            } catch {
                Issue.record(error, "cannot write \(path)")
            }
        }
    }
}
