// SPDX-License-Identifier: Apache-2.0

import BPFImages
import BPFRuntime
import DataplaneModel

/// The bench that programs are measured on: see `BPF/harness.bpf.c`.
final class Harness {
    /// What every run begins with; `struct template` of the source.
    struct Template: BitwiseCopyable {
        var headers = InlineArray<128, UInt8>(repeating: 0)
        var portOffset: UInt32 = 0
        var flowMask: UInt32 = 0
        var addressOffset: UInt32 = 0
        var addressFirst: UInt32 = 0
        var addressCount: UInt32 = 0
        var isFromOverlay: UInt32 = 0
        var run: UInt64 = 0
        var sender = InlineArray<4, UInt32>(repeating: 0)
    }

    private let program: Program
    let empty: Program
    private let template: Map<UInt32, Template>
    private let target: Map<UInt32, UInt32>

    init(_ family: AddressFamily) throws {
        let image = family == .v4 ? BPFImage.harnessV4 : BPFImage.harnessV6
        let loaded = try BPFObject(name: image.name, image: image.bytes).load()
        program = try loaded.program(named: "harness")
        empty = try loaded.program(named: "empty")
        template = try Map(loaded.map(named: "template"))
        target = try Map(loaded.map(named: "target"))
    }

    /// What the harness alone costs on this packet, in nanoseconds a run: the floor.
    func runEmpty(_ sample: Sample) throws -> Double {
        var sample = sample
        sample.verdict = -1
        return try run(empty, sample)
    }

    /// How many parts a sample's runs are cut into; the quickest counts, since others share this machine's processors.
    private static let slices = 8

    func run(_ program: borrowing Program, _ sample: Sample) throws -> Double {
        try target.set(0, to: program)
        let runs = max(1, sample.runs / Self.slices)
        var best = Double.infinity
        for slice in 0..<(sample.runs < Self.slices ? 1 : Self.slices) {
            var template = sample.template
            template.run = UInt64(slice * runs)
            try self.template.update(0, template)
            let result = try self.program.testRun(
                packet: sample.packet, context: sample.context, repeating: Int32(runs))
            guard result.verdict == sample.verdict else {
                throw BenchmarkError.broken("verdict \(result.verdict) instead of \(sample.verdict): \(sample.name)")
            }
            best = min(best, Double(result.duration))
        }
        return best
    }
}

/// A packet, where it is, and how many runs make one figure.
struct Sample {
    let name: String
    let packet: [UInt8]
    var template = Harness.Template()
    var context = PacketContext()
    var runs = 200_000
    /// Of the last run.
    var verdict: Int32

    /// - Parameter packet: at least as long as the harness's headers.
    init(_ name: String, _ packet: [UInt8], at interface: UInt32, gives verdict: Int32) {
        self.name = name
        self.packet = packet
        self.verdict = verdict
        context.interface = interface
        for index in packet.indices.prefix(128) { template.headers[index] = packet[index] }
    }
}
