// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import DataplaneModel
import PacketBuilder
import LinuxSystem
import TestSupport
import Testing

@testable import Dataplane

/// What is not the dataplane's business leaves it bit by bit as it came.
@Suite(.needsKernel) struct UntouchedPacketTests {
    private static let programs = ["from_workload", "to_workload", "from_uplink", "to_uplink"]
    private static let programsOfFamilies = AddressFamily.allCases.flatMap { family in
        programs.map { (family, $0) }
    }

    /// A service is there, so that only the packet's form can be the reason.
    private func bench(_ program: String, _ family: AddressFamily) throws -> ProgramBench {
        let bench = try ProgramBench([program], family)
        try bench.serve(by: bench.cast.local)
        return bench
    }

    /// The bytes of a frame that this kernel is willing to run; newer ones insist on a whole IP header.
    private func shortest(_ family: AddressFamily) throws -> Int {
        let bench = try ProgramBench(family)
        let header = (Ethernet() / IP(bench.cast.client, bench.cast.virtual)).bytes
        do {
            _ = try bench.run([Array(header.prefix(Ethernet.size))])
            return Ethernet.size
        } catch let error as KernelError where error.errno == .invalidArgument {
            return header.count
        }
    }

    @Test(arguments: programs) func anARPFrameIsCountedByOneFamilyOnly(program: String) throws {
        let packet = Ethernet(type: 0x0806) / Raw([UInt8](repeating: 7, count: 28))
        try bench(program, .v4).expect(packet, by: program, gives: .pass, counted: [.notIP])
        try bench(program, .v6).expect(packet, by: program, gives: .pass, counted: [])
    }

    @Test(arguments: programsOfFamilies) func theOtherFamilyIsLeftToItsOwnProgram(
        family: AddressFamily, program: String
    ) throws {
        let other = Cast(family == .v4 ? .v6 : .v4)
        let packet = Ethernet() / IP(other.client, other.virtual) / TCP(40000, 80, .syn)
        try bench(program, family).expect(packet, by: program, gives: .pass, counted: [])
    }

    @Test(arguments: programsOfFamilies) func anotherTransportPasses(family: AddressFamily, program: String) throws {
        let bench = try bench(program, family)
        let (client, virtual) = (bench.cast.client, bench.cast.virtual)
        let echo = Raw([8, 0, 0, 0, 0, 1, 0, 1], number: family == .v4 ? 1 : 58)
        try bench.expect(Ethernet() / IP(client, virtual) / echo, by: program, gives: .pass, counted: [.notTCPUDP])
        let sctp = Raw([UInt8](repeating: 0, count: 12), number: 132)
        try bench.expect(Ethernet() / IP(client, virtual) / sctp, by: program, gives: .pass, counted: [.notTCPUDP])
    }

    @Test(arguments: programsOfFamilies) func aFlowThatNamesNoFrontendPasses(
        family: AddressFamily, program: String
    ) throws {
        let bench = try bench(program, family)
        let (client, virtual, local) = (bench.cast.client, bench.cast.virtual, bench.cast.local)
        let elsewhere = [(local, UInt16(80)), (virtual, 81)]
        for (address, port) in elsewhere {
            let syn = Ethernet() / IP(client, address) / TCP(40000, port, .syn)
            try bench.expect(syn, by: program, gives: .pass, counted: [.notService])
            let datagram = Ethernet() / IP(client, address) / UDP(40000, port) / "hello"
            try bench.expect(datagram, by: program, gives: .pass, counted: [.notService])
        }
    }

    /// Connections that were open before `enable` are still the host stack's.
    @Test(arguments: programsOfFamilies) func tcpWithoutEntryThatOpensNothingPasses(
        family: AddressFamily, program: String
    ) throws {
        let bench = try bench(program, family)
        for flags: TCP.Flags in [.ack, [.ack, .push], [.syn, .ack], .reset, [.fin, .ack], []] {
            let packet = Ethernet() / IP(bench.cast.client, bench.cast.virtual) / TCP(40000, 80, flags) / "data"
            try bench.expect(packet, by: program, gives: .pass, counted: [.noConnection])
        }
    }

    /// Every length from the Ethernet header's up to one byte less than the whole TCP header.
    @Test(arguments: programsOfFamilies) func aPacketThatEndsInAHeaderPasses(
        family: AddressFamily, program: String
    ) throws {
        let bench = try bench(program, family)
        let whole = (Ethernet() / IP(bench.cast.client, bench.cast.virtual) / TCP(40000, 80, .syn)).bytes
        for length in try shortest(family)..<whole.count {
            try bench.expect(Array(whole.prefix(length)), by: program, gives: .pass, counted: [.truncated])
        }
    }

    @Test(arguments: AddressFamily.allCases) func aDatagramThatEndsInItsHeaderPasses(family: AddressFamily) throws {
        let bench = try bench("from_workload", family)
        let whole = (Ethernet() / IP(bench.cast.client, bench.cast.virtual) / UDP(40000, 53)).bytes
        for length in try shortest(family)..<whole.count {
            try bench.expect(Array(whole.prefix(length)), gives: .pass, counted: [.truncated])
        }
    }

    /// The IP header tells its length truly, and the transport header is cut short inside it.
    @Test(arguments: everyTransport) func aTransportHeaderThatTheDatagramDoesNotHoldPasses(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try bench("from_workload", family)
        let segment = Segment(transport, 40000, 80).encode(around: [], number: nil, pseudo: nil)
        for length in 0..<segment.count {
            let part = Raw(Array(segment.prefix(length)), number: UInt16(transport.rawValue))
            let packet = Ethernet() / IP(bench.cast.client, bench.cast.virtual) / part
            try bench.expect(packet, gives: .pass, counted: [.truncated])
            // A length of zero stands for one that the field cannot say.
            guard family == .v4 || length > 0 else { continue }
            // Padding of a short frame is no part of the datagram.
            let padded = packet.bytes + segment.dropFirst(length) + [UInt8](repeating: 0, count: 20)
            try bench.expect(padded, gives: .pass, counted: [.truncated])
        }
    }

    @Test func anIPv4HeaderThatContradictsItselfPasses() throws {
        let bench = try bench("from_workload", .v4)
        var version = IPv4(bench.cast.client, bench.cast.virtual)
        version.version = 5
        var headerLength = IPv4(bench.cast.client, bench.cast.virtual)
        headerLength.headerWords = 4
        var totalLength = IPv4(bench.cast.client, bench.cast.virtual)
        totalLength.totalLength = 19
        for header in [version, headerLength, totalLength] {
            try bench.expect(
                Ethernet() / header / TCP(40000, 80, .syn), gives: .pass, counted: [.malformed])
        }
    }

    @Test func anIPv4LengthBeyondTheFramePasses() throws {
        let bench = try bench("from_workload", .v4)
        var totalLength = IPv4(bench.cast.client, bench.cast.virtual)
        totalLength.totalLength = 41
        var headerLength = IPv4(bench.cast.client, bench.cast.virtual)
        headerLength.headerWords = 15
        for header in [totalLength, headerLength] {
            let counted: [CounterReason] = header.headerWords == nil ? [.truncated] : [.malformed]
            try bench.expect(Ethernet() / header / TCP(40000, 80, .syn), gives: .pass, counted: counted)
        }
    }

    @Test func anIPv6HeaderThatContradictsItselfPasses() throws {
        let bench = try bench("from_workload", .v6)
        var version = IPv6(bench.cast.client, bench.cast.virtual)
        version.version = 4
        try bench.expect(Ethernet() / version / TCP(40000, 80, .syn), gives: .pass, counted: [.malformed])
        var length = IPv6(bench.cast.client, bench.cast.virtual)
        length.payloadLength = 21
        try bench.expect(Ethernet() / length / TCP(40000, 80, .syn), gives: .pass, counted: [.truncated])
    }
}
