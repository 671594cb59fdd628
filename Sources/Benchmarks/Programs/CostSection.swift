// SPDX-License-Identifier: Apache-2.0

import BPFImages
import BPFRuntime
import DataplaneModel
import Lab
import PacketBuilder

/// What single helpers and lookups cost: see `BPF/costs.bpf.c`. A path's figure is explained by the sum of its calls.
enum CostSection: BenchmarkSection {
    static let name = "costs"
    static let summary = "ns per call of the helpers and lookups that the programs are made of"
    static let rounds = 5

    /// As many as `TIMES` of the source.
    private static let calls = 16.0

    /// What a program of the source measures, and how often it is run for a figure.
    private static let costs: [(program: String, subject: String, runs: Int32)] = [
        ("cost_clock", "bpf_ktime_get_coarse_ns", 50_000),
        ("cost_random", "bpf_get_prandom_u32", 50_000),
        ("cost_trace_off", "tracing-off", 50_000),
        ("cost_counter", "per-CPU-array-add", 50_000),
        ("cost_atomic_add", "per-CPU-array-atomic-add", 50_000),
        ("cost_flow_miss", "LRU-hash-lookup-miss", 50_000),
        ("cost_flow_hit", "LRU-hash-lookup-hit", 50_000),
        // A figure of its own each: the flows of all runs stay in the table.
        ("cost_flow_insert", "LRU-hash-insert", 1000),
        ("cost_service_miss", "hash-lookup-miss", 50_000),
        ("cost_route", "LPM-lookup-empty", 50_000),
        ("cost_checksum", "bpf_l4_csum_replace", 50_000),
        ("cost_store", "bpf_skb_store_bytes", 50_000),
        ("cost_fib", "bpf_fib_lookup", 20_000),
        ("cost_redirect_peer", "bpf_redirect_peer", 50_000),
        ("cost_redirect_neighbor", "bpf_redirect_neigh", 50_000),
        ("cost_tunnel_key", "bpf_skb_set_tunnel_key", 50_000),
    ]

    static func run(rounds: Int) throws -> [Measurement] {
        let bench = try BenchNode()
        var samples: [String: [Double]] = [:]
        for _ in 0..<rounds {
            for family in bench.lab.families {
                let image = family == .v4 ? BPFImage.costsV4 : BPFImage.costsV6
                let loaded = try BPFObject(name: image.name, image: image.bytes).load()
                let harness = try Harness(family)
                try bench.node.onNode {
                    let packet = try packet(on: bench, family)
                    for cost in costs {
                        let floor = try harness.runPlainly(packet, at: bench.pods[0], times: cost.runs)
                        let whole = try loaded.program(named: cost.program)
                            .duration(on: packet, at: bench.pods[0], times: cost.runs)
                        samples["\(cost.subject) \(family)", default: []].append((whole - floor) / calls)
                    }
                }
            }
        }
        return bench.lab.families.flatMap { family in
            costs.map { cost in
                Measurement(
                    subject: cost.subject, setting: "\(family)", unit: .nanoseconds,
                    samples: samples["\(cost.subject) \(family)"] ?? [])
            }
        }
    }

    private static func packet(on bench: BenchNode, _ family: AddressFamily) throws -> [UInt8] {
        guard let client = bench.node.pods[0].address(family), let server = bench.node.pods[1].address(family) else {
            throw BenchmarkError.broken("no \(family) in the lab")
        }
        return (Ethernet() / IP(client, server) / TCP(1024, 8080, .ack) / String(repeating: "x", count: 100)).bytes
    }
}

extension Program {
    /// Nanoseconds of a run, on a packet that nobody resets.
    func duration(on packet: [UInt8], at interface: UInt32, times: Int32) throws -> Double {
        var context = PacketContext()
        context.interface = interface
        return Double(try testRun(packet: packet, context: context, repeating: times).duration)
    }
}

extension Harness {
    /// What an empty program costs without the harness around it.
    fileprivate func runPlainly(_ packet: [UInt8], at interface: UInt32, times: Int32) throws -> Double {
        try empty.duration(on: packet, at: interface, times: times)
    }
}
