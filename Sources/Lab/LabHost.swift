// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel
package import LinuxSystem

/// One machine of a lab: a node, a pod, the client or the router between them.
package final class LabHost: Sendable {
    /// Short, as messages and answers name it: `n1`, `n1p2`, `client`, `router`.
    package let name: String

    /// The name that `ip netns` knows.
    package let namespaceName: String

    package let namespace: NetworkNamespace

    /// Where its programs run, below its node's; nil for the router.
    package let cgroup: Cgroup?

    /// Its own, one for each family of the lab.
    package let addresses: [IPAddress]

    init(name: String, lab: String, cgroup: Cgroup?, addresses: [IPAddress]) throws(SystemError) {
        self.name = name
        namespaceName = "\(lab)-\(name)"
        self.cgroup = cgroup
        self.addresses = addresses
        namespace = try NetworkNamespace.create(named: namespaceName)
    }

    package func address(_ family: AddressFamily) -> IPAddress? {
        addresses.first { $0.family == family }
    }

    /// Starts a program as this machine would, in its network namespace and, unless told otherwise, in its cgroup.
    ///
    /// - Parameter outsideCgroup: leaves the program in the caller's cgroup, where connect-time programs of the
    ///   lab's node do not reach it.
    package func start(_ command: Command, outsideCgroup: Bool = false) throws(SystemError) -> ChildProcess {
        try placed(command, outsideCgroup).start(in: namespace)
    }

    /// Runs a program of this machine to its end.
    package func run(
        _ command: Command, outsideCgroup: Bool = false, until deadline: Deadline
    ) throws(SystemError) -> ProcessOutput {
        try placed(command, outsideCgroup).run(in: namespace, until: deadline)
    }

    private func placed(_ command: Command, _ outsideCgroup: Bool) -> Command {
        var placed = command
        placed.cgroup = outsideCgroup ? nil : cgroup?.path
        return placed
    }
}

/// A node of the lab's cluster with the pods on it.
package final class LabNode: Sendable {
    /// The interface towards the other nodes and the router.
    package static let uplink = "eth0"

    /// From 1.
    package let number: Int

    package let host: LabHost
    package let pods: [LabHost]

    /// The node's end of each pod's veth, in the order of ``pods``.
    package let workloadInterfaces: [String]

    /// A bpf filesystem of the node's own.
    package let bpffs: String

    /// Holds the cgroups of the node's own programs and of its pods: what stands for a real node's root.
    package let cgroup: Cgroup

    init(
        number: Int, host: LabHost, pods: [LabHost], workloadInterfaces: [String], bpffs: String, cgroup: Cgroup
    ) {
        self.number = number
        self.host = host
        self.pods = pods
        self.workloadInterfaces = workloadInterfaces
        self.bpffs = bpffs
        self.cgroup = cgroup
    }
}
