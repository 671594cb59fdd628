// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel

/// Why no dataplane can be put on the interfaces there are; ``message`` and ``hint`` are its words.
package enum TopologyError: Error, Hashable, Sendable {
    /// A name given with `--uplink`; `existing` are the interfaces that could have been meant, by index.
    case unknownUplink(String, existing: [String])

    /// Neither default route nor explicit name; `candidates` are interfaces that are up and bear an address.
    case noUplink(candidates: [String])
}

/// Something an operator asked for that has no effect, though the rest works.
package enum TopologyWarning: Hashable, Sendable {
    /// A `--workload` pattern that matches nothing, or only uplinks and what lies beneath them.
    case idlePattern(String)

    /// A `--node-address` that no interface of the node bears.
    case foreignNodeAddress(IPAddress)
}
