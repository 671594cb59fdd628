// SPDX-License-Identifier: Apache-2.0

import BPFImages
import BPFRuntime
import CDataplaneABI
import DataplaneModel
import PacketFuzz
import TestSupport
import Testing

@testable import Dataplane

/// Runs the batches of one program, and holds the counters and the connection table against what the oracle has seen.
final class RandomStorm {
    private let world: RandomWorld
    private var storm: Storm
    private let season: Program
    private let targets: Map<UInt32, UInt32>
    private let stale: [ConnectionKey: Entry]
    private(set) var reasons: [CounterReason: UInt64] = [:]
    private(set) var judgements = (foreign: 0, left: 0, served: 0, refused: 0, dropped: 0)
    private let subject: RandomPacketTests.Subject

    /// `TC_INDEX_DONE` of the programs.
    private static let doneMark: UInt32 = 0xebf1

    private var bench: ProgramBench { world.bench }

    init(_ subject: RandomPacketTests.Subject, seed: UInt64) throws {
        self.subject = subject
        let (family, hook) = (subject.family, subject.hook)
        world = try RandomWorld(family, isStrict: subject.isStrict)
        let image = family == .v4 ? BPFImage.seasonV4 : BPFImage.seasonV6
        let loaded = try BPFObject(name: image.name, image: image.bytes).load()
        season = try loaded.program(named: "season")
        targets = try Map(loaded.map(named: "targets"))
        for hook in Hook.allCases { try targets.set(UInt32(hook.rawValue), to: world.bench.program(hook.program)) }
        let number = UInt64(hook.rawValue) << 8 | (family == .v4 ? 4 : 6) | (subject.isStrict ? 1 << 16 : 0)
        storm = Storm(
            world.world, seed: seed &* 0x1_0000_0001 ^ number, size: 0, templates: world.templates(),
            places: world.places(of: hook), doneMark: Self.doneMark)
        storm.prelude = world.prelude()
        stale = Self.stale(world)
        storm.stale = stale.keys.map { Tuple($0) }.sorted {
            ($0.source.port, $0.destination.port) < ($1.source.port, $1.destination.port)
        }
    }

    /// Connections that ended long ago.
    private static func stale(_ world: RandomWorld) -> [ConnectionKey: Entry] {
        (UInt16(0)..<8).reduce(into: [:]) { entries, number in
            let flow = Flow(
                transport: .tcp, client: Endpoint(address: world.cast.client, port: 41000 + number),
                frontend: Endpoint(address: world.cast.secondVirtual, port: 80),
                backend: Endpoint(address: world.cast.local, port: 8080))
            entries.merge(flow.entries(service: 70, seen: [.established, .reset])) { $1 }
        }
    }

    var summary: String {
        let counters = reasons.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.key.name) \($0.value)" }
        return "\(judgements), \(counters.joined(separator: ", "))"
    }

    /// The exits that a great number of packets must have found.
    var expectedReasons: Set<CounterReason> {
        var reasons: Set<CounterReason> = [
            .hostToItself, .forwardStack, .forwardPeer, .forwardNeighbor, .forwardTunnel, .slotMissing, .collision,
            .newConnection, .expired, .portReplaced, .noWay, .noNode, .overlayUnserved, .unreachableSent,
            .sourceDenied, .icmpTranslated,
        ]
        if subject.isStrict { reasons.insert(.spoofed) }
        guard subject.hook != .fromOverlay else { return reasons.union([.overlayUnknownSender, .ttlExpired]) }
        reasons.formUnion([
            .notService, .noConnection, .notTCPUDP, .fragment, .truncated, .malformed, .clientSide, .vlan,
            .icmpUnrelated, .noLocalBackend, subject.family == .v4 ? .notIP : .extensionHeader,
        ])
        switch subject.hook {
        case .fromWorkload:
            reasons.formUnion([.ttlExpired, .otherWorkload])
            // The senders of such packets are strangers to a strict interface.
            if !subject.isStrict { reasons.insert(.overlayInjected) }
        case .fromUplink: reasons.formUnion([.ttlExpired, .overlay, .tooBigSent])
        case .toWorkload: reasons.insert(.tracked)
        case .toUplink: reasons.formUnion([.tracked, .otherMachine])
        case .fromOverlay: break
        }
        if subject.family == .v6, subject.hook != .toWorkload { reasons.insert(.noBackend) }
        return reasons
    }

    /// Runs a batch from the beginning.
    ///
    /// - Returns: a digest of its verdicts and packets.
    /// - Throws: ``Storm/Failure`` naming the packet.
    func run(batch: Int, size: Int) throws -> UInt64 {
        storm.size = size
        let clock = ContinuousClock()
        for _ in 0..<10 {
            let before = try bench.counters()
            let start = clock.now
            let tally = try attempt(batch)
            // What happens once a second would be chance.
            if clock.now - start > .milliseconds(900) { continue }
            let counted = try bench.counters().merging(before) { $0 - $1 }
            if counted.exits != tally.counted { try replay(batch) }
            try check(tally, counted)
            return tally.digest.value
        }
        Issue.record("the machine is too slow for batches of \(size)")
        return 0
    }

    private func attempt(_ batch: Int, observe: ((UInt64) throws -> String?)? = nil) throws -> Storm.Tally {
        try reset()
        return try bench.node.node.run {
            var runner = try TestRunner(season)
            return try storm.run(batch: batch, &runner, observe: observe)
        }
    }

    /// Once more, with a look at the counters behind each packet.
    private func replay(_ batch: Int) throws {
        let before = try bench.counters().exits
        _ = try attempt(batch) { counted in
            let exits = try self.bench.counters().exits - before
            return exits == counted ? nil : "\(exits) exits were counted instead of \(counted)"
        }
        Issue.record("batch \(batch) has counted other exits than packets, but not when it was run again")
    }

    private func check(_ tally: Storm.Tally, _ counted: [CounterReason: UInt64]) throws {
        for (reason, count) in counted { reasons[reason, default: 0] += count }
        judgements.foreign += tally.foreign
        judgements.left += tally.left
        judgements.served += tally.served
        judgements.refused += tally.refused
        judgements.dropped += tally.dropped
        let answers = [.unreachableSent, .tooBigSent].reduce(0) { $0 + (counted[$1] ?? 0) }
        let forwards = counted.filter { $0.key.outcome == .forward && $0.key != .forwardStack }.values.reduce(0, +)
        #expect(tally.redirects == answers + forwards)
        let drops: [CounterReason] = [
            .overlayUnknownSender, .overlayUnserved, .sourceDenied, .spoofed, .overlayInjected, .noLocalBackend,
        ]
        #expect(tally.drops == drops.reduce(0) { $0 + (counted[$1] ?? 0) })
        #expect(counted[.writeFailed] ?? 0 == 0)
        #expect(counted[.tableFull] ?? 0 == 0)
        let unknown = try bench.tuples().filter { !tally.oracle.mayHold($0) }
        #expect(unknown == [], "connections of no flow")
        #expect(try bench.keysWithDirtyPadding() == [])
    }

    private func reset() throws {
        try bench.forgetFlows()
        try bench.write(stale, age: RandomWorld.shortTimeout + .seconds(1))
    }
}

extension [CounterReason: UInt64] {
    fileprivate var exits: UInt64 { lazy.filter { $0.key.outcome != .event }.reduce(0) { $0 + $1.value } }
}

extension ProgramBench {
    fileprivate func program(_ name: String) throws -> Program {
        let known = DataplaneProgram.known.first { $0.name == name && $0.family == family && !$0.layer3 }
        return try Program(pinned: directory.program(#require(known)))
    }

    fileprivate func tuples() throws -> [Tuple] { try entries().keys.map { Tuple($0) } }

    /// Empties the tables that programs write.
    fileprivate func forgetFlows() throws {
        switch family {
        case .v4:
            try forget(.connections(.v4), connection_key_v4.self, connection_v4.self)
            try forget(.fragments(.v4), fragment_key_v4.self, fragment_v4.self)
        case .v6:
            try forget(.connections(.v6), connection_key_v6.self, connection_v6.self)
            try forget(.fragments(.v6), fragment_key_v6.self, fragment_v6.self)
        }
    }

    private func forget<Key: BitwiseCopyable, Value: BitwiseCopyable>(
        _ name: MapName, _: Key.Type, _: Value.Type
    ) throws {
        let map = try Map<Key, Value>(pinned: directory.map(name))
        var keys: [Key] = []
        try map.forEach { key, _ in keys.append(key) }
        try map.deleteBatch(keys)
    }
}
