// SPDX-License-Identifier: Apache-2.0

import CDataplaneABI
import DataplaneModel
import LinuxSystem
import TestSupport
import Testing

@testable import Dataplane

@Suite(.needsKernel) struct ConnectionSweepTests {
    private static let established = TCP_SEEN_SYN.rawValue | TCP_SEEN_SYN_ACK.rawValue | TCP_SEEN_ACK.rawValue

    private func sweep(
        _ maps: PinnedMaps, _ family: AddressFamily? = nil, isDryRun: Bool = false
    ) throws -> ConnectionSweep {
        let dataplane = try Dataplane(at: DataplaneLocation(bpffs: maps.directory.bpffs), .reading)
        return try dataplane.sweep(family, isDryRun: isDryRun)
    }

    /// TCP that is open, TCP that never opened, a UDP flow; one of each family is long idle.
    private func sample() throws -> [ConnectionPair] {
        var open = try ConnectionPair("tcp,10.1.0.5:40000,10.96.0.10:80", to: "10.1.0.2:8080")
        (open.seen, open.idle) = (Self.established, (.seconds(300), .seconds(300)))
        var stuck = try ConnectionPair("tcp,10.1.0.5:40001,10.96.0.10:80", to: "10.1.0.2:8080")
        (stuck.seen, stuck.idle) = (TCP_SEEN_SYN.rawValue, (.seconds(300), .seconds(300)))
        var quiet = try ConnectionPair("udp,[fd00:1::5]:40000,[fd00:96::a]:53", to: "[fd00:1::2]:53")
        quiet.idle = (.seconds(300), .seconds(300))
        let busy = try ConnectionPair("udp,[fd00:1::5]:40001,[fd00:96::a]:53", to: "[fd00:1::2]:53")
        return [open, stuck, quiet, busy]
    }

    private func outcome(_ tcp: Int, _ udp: Int, orphans: Int = 0, remaining: Int) -> ConnectionSweep {
        var sweep = ConnectionSweep()
        if tcp > 0 { sweep.expired[.tcp] = tcp }
        if udp > 0 { sweep.expired[.udp] = udp }
        (sweep.orphans, sweep.remaining) = (orphans, remaining)
        return sweep
    }

    @Test func bothEntriesOfWhatIsOverGoAndTheOthersStay() throws {
        let maps = try PinnedMaps()
        let pairs = try sample()
        try maps.write(pairs)
        #expect(try sweep(maps) == outcome(1, 1, remaining: 2))
        #expect(try maps.connections() == [pairs[0].key, pairs[3].key])
        #expect(try AddressFamily.allCases.map { try maps.entryCount($0) } == [2, 2])
        #expect(try sweep(maps) == outcome(0, 0, remaining: 2))
    }

    @Test func aDryRunCountsAndChangesNothing() throws {
        let maps = try PinnedMaps()
        let pairs = try sample()
        try maps.write(pairs)
        #expect(try sweep(maps, isDryRun: true) == outcome(1, 1, remaining: 2))
        #expect(try maps.connections() == Set(pairs.map(\.key)))
    }

    @Test func oneFamilyCanBeSweptAlone() throws {
        let maps = try PinnedMaps()
        try maps.write(try sample())
        #expect(try sweep(maps, .v6) == outcome(0, 1, remaining: 1))
        #expect(try AddressFamily.allCases.map { try maps.entryCount($0) } == [4, 2])
    }

    @Test(arguments: [(Duration.seconds(300), Duration.seconds(1)), (.seconds(1), .seconds(300))])
    func aPairStaysWhileOneDirectionIsYoung(request: Duration, reply: Duration) throws {
        let maps = try PinnedMaps()
        var pair = try ConnectionPair("udp,10.1.0.5:40000,10.96.0.10:53", to: "10.1.0.2:53")
        pair.idle = (request, reply)
        try maps.write([pair])
        #expect(try sweep(maps) == outcome(0, 0, remaining: 1))
        #expect(try maps.entryCount(.v4) == 2)
    }

    @Test func anOldEntryWithoutItsTwinGoesAlone() throws {
        let maps = try PinnedMaps()
        var orphan = try ConnectionPair("udp,10.1.0.5:40000,10.96.0.10:53", to: "10.1.0.2:53")
        (orphan.isComplete, orphan.idle) = (false, (.seconds(300), .seconds(300)))
        // The same port to the same backend: the old connection's reply has been taken over.
        var old = try ConnectionPair("udp,10.1.0.5:40001,10.96.0.10:53", to: "10.1.0.2:53")
        old.idle = (.seconds(300), .seconds(300))
        let young = try ConnectionPair("udp,10.1.0.5:40001,10.96.0.11:53", to: "10.1.0.2:53")
        try maps.write([orphan, old, young])
        #expect(try sweep(maps) == outcome(0, 0, orphans: 2, remaining: 1))
        #expect(try maps.connections() == [young.key])
        #expect(try maps.entryCount(.v4) == 2)
    }

    @Test func aTableOfThousandsIsSweptWhole() throws {
        let maps = try PinnedMaps(sizes: ["connections_v4": 60_000])
        for port in 1...10_000 {
            var pair = try ConnectionPair("udp,10.1.0.5:\(port),10.96.0.10:53", to: "10.1.0.2:53")
            if port % 4 != 0 { pair.idle = (.seconds(300), .seconds(300)) }
            try maps.write([pair])
        }
        #expect(try sweep(maps) == outcome(0, 7500, remaining: 2500))
        #expect(try maps.entryCount(.v4) == 5000)
    }

    @Test func withoutAProgramItIsUnknownWhatIsOver() throws {
        let maps = try PinnedMaps()
        for name in try Filesystem.list(maps.directory.programs) {
            try Filesystem.removeFile("\(maps.directory.programs)/\(name)")
        }
        #expect(throws: DataplaneError.damaged(pin: maps.directory.programs)) { try sweep(maps) }
    }
}

@Suite struct ConnectionExpiryTests {
    private static let timeouts: ConnectionTimeouts = {
        var timeouts = ConnectionTimeouts()
        timeouts.tcpSynSent = .seconds(11)
        timeouts.tcpEstablished = .seconds(12)
        timeouts.tcpFinsSeen = .seconds(13)
        timeouts.tcpResetSeen = .seconds(14)
        timeouts.udp = .seconds(15)
        return timeouts
    }()

    private static let expiry: ConnectionExpiry = {
        var constants = dataplane_config()
        constants.syn_timeout = 11_000_000_000
        constants.established_timeout = 12_000_000_000
        constants.fin_timeout = 13_000_000_000
        constants.reset_timeout = 14_000_000_000
        constants.udp_timeout = 15_000_000_000
        return ConnectionExpiry(constants)
    }()

    /// `enum tcp_seen`; but for a reset, nobody is done before the client has acknowledged something.
    private static let seen = (UInt8(0)..<64).filter { $0 & 0x18 == 0 || $0 & 0x24 != 0 }

    @Test(arguments: seen, [UInt32(0), CONNECTION_DSR.rawValue])
    func theTimeoutIsThatOfTheStateThatListingsShow(seen: UInt8, flags: UInt32) {
        var entry = connection_v4()
        (entry.tcp_seen, entry.flags) = (seen, UInt16(flags))
        let shown: ConnectionFlags = flags == 0 ? [] : .directReturn
        let phase = ConnectionTimeouts.phase(state: TCPState(seen: seen), flags: shown)
        let expected = UInt64(Self.timeouts[phase].components.seconds) * 1_000_000_000
        #expect(Self.expiry.timeout(of: entry, proto: TransportProtocol.tcp.rawValue) == expected)
        #expect(Self.expiry.timeout(of: entry, proto: TransportProtocol.udp.rawValue) == 15_000_000_000)
    }

    @Test(arguments: [(UInt64(0), false), (15, false), (16, true)])
    func anEntryIsOverOnceItsTimeHasPassed(seconds: UInt64, isOver: Bool) {
        var entry = connection_v6()
        entry.last_seen = 100_000_000_000
        let udp = TransportProtocol.udp.rawValue
        #expect(Self.expiry.isOver(entry, proto: udp, now: (100 + seconds) * 1_000_000_000) == isOver)
        // Written since the clock was read.
        #expect(!Self.expiry.isOver(entry, proto: udp, now: 99_000_000_000))
    }
}
