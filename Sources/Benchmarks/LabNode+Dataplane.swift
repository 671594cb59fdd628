// SPDX-License-Identifier: Apache-2.0

import Dataplane
import DataplaneModel
import Lab
import LinuxSystem

extension LabNode {
    var location: DataplaneLocation { DataplaneLocation(bpffs: bpffs, cgroup: cgroup.path) }

    /// What `ebpfctl enable` does on the node.
    func enable(_ change: (inout EnableOptions) -> Void = { _ in }) throws {
        var options = EnableOptions()
        change(&options)
        try onNode {
            _ = try Enable(at: location, options: options, toolVersion: "benchmark")
                .run(isDryRun: false, lockedUntil: Deadline(after: .seconds(10)))
        }
    }

    /// What `ebpfctl service apply --prune` will do: the node serves these and no others.
    func serve(_ services: [Service]) throws {
        let dataplane = try Dataplane(at: location, .writing(until: Deadline(after: .seconds(10))))
        var store = try dataplane.services()
        _ = try store.apply(store.difference(to: services, pruning: true))
    }

    /// Runs `body` on a thread in the node's network namespace.
    func onNode<Value>(_ body: () throws -> Value) throws -> Value {
        let outcome = try host.namespace.run { () throws(SystemError) in Result { try body() } }
        return try outcome.get()
    }
}
