// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import DataplaneModel
import Lab
import PacketBuilder

/// One program on one path: the packet that is measured, and what has to have been sent before.
struct ProgramCase {
    /// As in the tables: the program and what the packet is to it.
    let subject: String
    let program: String
    var sample: Sample
    /// Opens the flow that the packet belongs to, seen by the program at its device.
    var opening: (program: String, sample: Sample)?
    /// Whether every run opens another flow.
    var opens = false
    /// Net of the floor, in nanoseconds.
    var aim: Double?
}

/// Makes the cases of one family.
struct ProgramCases {
    private let bench: BenchNode
    private let family: AddressFamily
    /// Different client ports less one.
    private let flowMask: UInt32

    private let client: IPAddress
    private let backend: IPAddress
    private let outside: IPAddress
    private let own: IPAddress
    private let other: IPAddress

    /// - Parameter flows: how many are taken in turns; a power of two, at most 32768.
    init(_ bench: BenchNode, _ family: AddressFamily, flows: UInt32) throws {
        self.bench = bench
        self.family = family
        flowMask = flows - 1
        func address(_ host: LabHost) throws -> IPAddress {
            guard let address = host.address(family) else { throw BenchmarkError.broken("no \(family) in the lab") }
            return address
        }
        client = try address(bench.node.pods[0])
        backend = try address(bench.node.pods[1])
        outside = LabPlan.client(family).address
        own = try address(bench.node.host)
        other = try address(bench.lab.nodes[1].host)
    }

    private enum Verdict {
        static let pass: Int32 = -1
        static let redirect: Int32 = 7
    }

    /// Which end of the packet has the port that tells flows apart.
    private enum Side { case source, destination }

    private func sample(
        _ source: IPAddress, _ sourcePort: UInt16, _ destination: IPAddress, _ destinationPort: UInt16,
        _ flags: TCP.Flags, at interface: UInt32, _ verdict: Int32, varying side: Side = .source
    ) -> Sample {
        let packet =
            Ethernet() / IP(source, destination) / TCP(sourcePort, destinationPort, flags)
            / String(repeating: "x", count: 100)
        var sample = Sample(
            "\(source) > \(destination):\(destinationPort)", packet.bytes, at: interface, gives: verdict)
        let ports: UInt32 = family == .v4 ? 34 : 54
        sample.template.portOffset = side == .source ? ports : ports + 2
        sample.template.flowMask = flowMask
        return sample
    }

    private func fromOverlay(_ sample: Sample) -> Sample {
        var sample = sample
        sample.template.isFromOverlay = 1
        let bytes = other.bytes
        for word in 0..<bytes.count / 4 {
            let part = bytes[4 * word..<4 * word + 4]
            // IPv4 in host order, IPv6 as it is on the wire: as the kernel's structure has them.
            let value = part.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            sample.template.sender[word] = family == .v4 ? value : value.bigEndian
        }
        return sample
    }

    private static let port: UInt16 = 1024

    /// A packet that belongs to nothing.
    var others: [ProgramCase] {
        let pods = bench.pods
        let toOutside = sample(client, Self.port, outside, 443, .ack, at: pods[0], Verdict.pass)
        let opening = sample(client, Self.port, outside, 443, .syn, at: pods[0], Verdict.pass)
        let toPod = sample(outside, 443, client, Self.port, .ack, at: pods[0], Verdict.pass, varying: .destination)
        let arriving = sample(outside, Self.port, own, 22, .ack, at: bench.uplink, Verdict.pass)
        let leaving = sample(own, 22, outside, Self.port, .ack, at: bench.uplink, Verdict.pass, varying: .destination)
        return [
            ProgramCase(subject: "from_workload/other", program: "from_workload", sample: toOutside, aim: 40),
            ProgramCase(subject: "from_workload/other-opening", program: "from_workload", sample: opening),
            ProgramCase(subject: "to_workload/other", program: "to_workload", sample: toPod, aim: 40),
            ProgramCase(subject: "from_uplink/other", program: "from_uplink", sample: arriving, aim: 40),
            ProgramCase(subject: "to_uplink/other", program: "to_uplink", sample: leaving, aim: 40),
        ]
    }

    /// From pod to pod of this node, through a cluster address and without.
    var inside: [ProgramCase] {
        let pods = bench.pods
        func request(_ flags: TCP.Flags) -> Sample {
            sample(client, Self.port, BenchNode.virtual(family), 80, flags, at: pods[0], Verdict.redirect)
        }
        let opening = (program: "from_workload", sample: request(.syn))
        let reply = sample(
            backend, 8080, client, Self.port, .ack, at: pods[1], Verdict.redirect, varying: .destination)
        return [
            ProgramCase(
                subject: "from_workload/request", program: "from_workload", sample: request(.ack), opening: opening,
                aim: 120),
            ProgramCase(
                subject: "from_workload/reply", program: "from_workload", sample: reply, opening: opening, aim: 120),
        ]
    }

    /// A client outside, a node port, and a backend here or on the other node.
    var nodePorts: [ProgramCase] {
        let (near, far) = (BenchNode.nodePort, BenchNode.farNodePort)
        func request(_ port: UInt16, _ flags: TCP.Flags) -> Sample {
            sample(outside, Self.port, own, port, flags, at: bench.uplink, Verdict.redirect)
        }
        let nearOpening = (program: "from_uplink", sample: request(near, .syn))
        let farOpening = (program: "from_uplink", sample: request(far, .syn))
        let nearReply = sample(
            backend, 8080, outside, Self.port, .ack, at: bench.pods[1], Verdict.redirect, varying: .destination)
        let farReply = fromOverlay(
            sample(own, far, outside, Self.port, .ack, at: bench.overlay, Verdict.redirect, varying: .destination))
        return [
            ProgramCase(
                subject: "from_uplink/request-near", program: "from_uplink", sample: request(near, .ack),
                opening: nearOpening, aim: 120),
            ProgramCase(
                subject: "from_workload/reply-outside", program: "from_workload", sample: nearReply,
                opening: nearOpening, aim: 120),
            ProgramCase(
                subject: "from_uplink/request-forwarded", program: "from_uplink", sample: request(far, .ack),
                opening: farOpening, aim: 150),
            ProgramCase(
                subject: "from_overlay/reply-forwarded", program: "from_overlay", sample: farReply,
                opening: farOpening, aim: 150),
        ]
    }

    /// The second node's part: the other one has forwarded a request for a node port of its own.
    var forwarded: [ProgramCase] {
        func request(_ flags: TCP.Flags) -> Sample {
            fromOverlay(
                sample(outside, Self.port, other, BenchNode.nodePort, flags, at: bench.overlay, Verdict.redirect))
        }
        let opening = (program: "from_overlay", sample: request(.syn))
        let reply = sample(
            backend, 8080, outside, Self.port, .ack, at: bench.pods[1], Verdict.redirect, varying: .destination)
        return [
            ProgramCase(
                subject: "from_overlay/request", program: "from_overlay", sample: request(.ack), opening: opening,
                aim: 150),
            ProgramCase(
                subject: "from_workload/reply-into-overlay", program: "from_workload", sample: reply,
                opening: opening, aim: 150),
        ]
    }

    /// A process of the node that was not balanced at connect().
    var ofHost: [ProgramCase] {
        func request(_ flags: TCP.Flags) -> Sample {
            sample(own, Self.port, BenchNode.virtual(family), 80, flags, at: bench.uplink, Verdict.redirect)
        }
        return [
            ProgramCase(
                subject: "to_uplink/request", program: "to_uplink", sample: request(.ack),
                opening: ("to_uplink", request(.syn)), aim: 120)
        ]
    }

    /// Flows that begin, one a run.
    ///
    /// - Parameter frontends: how many cluster addresses are asked for in turns.
    func opening(frontends: Int) -> [ProgramCase] {
        var cluster = sample(
            client, Self.port, BenchNode.virtual(family), 80, .syn, at: bench.pods[0], Verdict.redirect)
        cluster.template.addressOffset = family == .v4 ? 30 : 50
        cluster.template.addressFirst = UInt32(truncatingIfNeeded: BenchNode.virtual(family).lowBits)
        cluster.template.addressCount = UInt32(frontends)
        let near = sample(
            outside, Self.port, own, BenchNode.nodePort, .syn, at: bench.uplink, Verdict.redirect)
        let far = sample(
            outside, Self.port, own, BenchNode.farNodePort, .syn, at: bench.uplink, Verdict.redirect)
        return [
            ("from_workload/new", "from_workload", cluster), ("from_uplink/new-near", "from_uplink", near),
            ("from_uplink/new-forwarded", "from_uplink", far),
        ].map { subject, program, sample in
            var sample = sample
            sample.template.flowMask = 0x7fff
            sample.runs = 0x8000
            return ProgramCase(subject: subject, program: program, sample: sample, opens: true, aim: 500)
        }
    }

    var all: [ProgramCase] { others + inside + nodePorts + forwarded + ofHost }
}

extension IPAddress {
    /// The last 64 bits, or all of IPv4's.
    fileprivate var lowBits: UInt64 { bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) } }
}
