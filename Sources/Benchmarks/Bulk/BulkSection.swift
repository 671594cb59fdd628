// SPDX-License-Identifier: Apache-2.0

import Dataplane
import DataplaneModel
import Lab
import LinuxSystem

/// How long the tool takes to write services into the maps, as `service apply` does it: compared with what is there,
/// written in batches, flipped at once.
///
/// From the first read to the last write, with opening the maps and taking the lock; without parsing a file, and
/// without the start of a process.
enum BulkSection: BenchmarkSection {
    static let name = "bulk"
    static let summary = "ms to write 10,000 services with 10 backends each, and to add one"
    static let rounds = 7

    private static let serviceCount: UInt32 = 10_000
    private static let backendCount: UInt32 = 10

    static func run(rounds: Int) throws -> [Measurement] {
        let lab = try Lab.build(LabPlan(nodeCount: 1, podsPerNode: 1))
        let node = lab.nodes[0]
        try node.enable()
        let services = try (0..<serviceCount).map(service)
        let added = try service(serviceCount)
        var times: [String: [Double]] = [:]
        for _ in 0..<rounds {
            try node.serve([])
            times["all", default: []].append(try milliseconds { try node.serve(services) })
            times["same", default: []].append(try milliseconds { try node.serve(services) })
            times["one-more", default: []].append(try milliseconds { try node.add([added]) })
            times["one-opened", default: []].append(try node.addWhileOpen(changed(added)))
        }
        let setting = "\(serviceCount)x\(backendCount)"
        func figure(_ name: String, _ key: String, _ aim: Double?) -> Measurement {
            Measurement(
                subject: name, setting: setting, unit: .milliseconds, samples: times[key] ?? [],
                aim: aim.map { .atMost($0) })
        }
        return [
            figure("bulk/from-empty", "all", 250), figure("bulk/again-unchanged", "same", nil),
            figure("bulk/one-more-with-reading", "one-more", nil), figure("bulk/one-more", "one-opened", 1),
        ]
    }

    private static func service(_ number: UInt32) throws -> Service {
        Service(
            name: try ServiceName("bench/s\(number)"),
            frontends: [
                .clusterIP(
                    FrontendAddress(
                        endpoint: Endpoint(address: .v4(0x0a60_0000 + number), port: 80), transport: .tcp))
            ],
            backends: (0..<backendCount).map {
                Backend(
                    endpoint: Endpoint(address: .v4(0x0b00_0000 + number * backendCount + $0), port: 8080),
                    isLocal: false)
            })
    }

    /// The same with one backend less.
    private static func changed(_ service: Service) -> Service {
        var service = service
        service.backends.removeLast()
        return service
    }
}

/// How long `body` takes by the monotonic clock.
func milliseconds(_ body: () throws -> Void) rethrows -> Double {
    let start = MonotonicClock.nanoseconds
    try body()
    return Double(MonotonicClock.nanoseconds - start) / 1e6
}

extension LabNode {
    /// What `ebpfctl service set` does, with opening the maps.
    fileprivate func add(_ services: [Service]) throws {
        let dataplane = try Dataplane(at: location, .writing(until: Deadline(after: .seconds(10))))
        var store = try dataplane.services()
        _ = try store.apply(store.difference(to: services, pruning: false))
    }

    /// What a writer takes that already knows what is in the maps.
    ///
    /// - Returns: milliseconds.
    fileprivate func addWhileOpen(_ service: Service) throws -> Double {
        let dataplane = try Dataplane(at: location, .writing(until: Deadline(after: .seconds(10))))
        var store = try dataplane.services()
        return try milliseconds { _ = try store.apply(store.difference(to: [service], pruning: false)) }
    }
}
