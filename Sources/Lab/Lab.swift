// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel
package import LinuxSystem
import Synchronization

/// A small cluster on one machine: nodes, pods, a router and a client as network namespaces with real routing.
///
/// Everything of it bears its name: namespaces `NAME-…`, a cgroup `NAME`, a directory below ``LabRemains/directory``.
/// It is taken away with the value, unless ``keep()`` was called.
package final class Lab: Sendable {
    package let name: String
    package let plan: LabPlan

    /// IPv4, and IPv6 where the kernel has it.
    package let families: [AddressFamily]

    package let router: LabHost
    package let client: LabHost
    package let nodes: [LabNode]

    /// What holds the lab to this process.
    private struct Hold: ~Copyable {
        var lock: AdvisoryLock?
        var isKept = false
    }

    private let hold: Mutex<Hold>

    /// Builds a lab; what was made before a failure is taken away again, and so are labs whose builders were killed.
    package static func build(_ plan: LabPlan = LabPlan()) throws(SystemError) -> Lab {
        let name = "eb" + hexadecimal(UInt32.random(in: 0...0xff_ffff), digits: 6)
        _ = try LabRemains.removeAbandoned()
        do throws(SystemError) {
            return try Lab(name: name, plan: plan)
        } catch {
            _ = LabRemains(of: name).remove()
            throw error
        }
    }

    private init(name: String, plan: LabPlan) throws(SystemError) {
        let remains = LabRemains(of: name)
        let lock = try remains.claim()
        let builder = try LabBuilder(name: name, plan: plan)
        let router = try builder.makeRouter()
        client = try builder.makeClient(behind: router)
        var nodes: [LabNode] = []
        for number in 1...plan.nodeCount { nodes.append(try builder.makeNode(number, behind: router)) }
        try builder.awaitCarrier(of: [router, client] + nodes.flatMap { [$0.host] + $0.pods })
        self.name = name
        self.plan = plan
        self.router = router
        self.nodes = nodes
        families = builder.families
        hold = Mutex(Hold(lock: lock))
    }

    deinit {
        if !hold.withLock({ $0.isKept }) { _ = remove() }
    }

    /// Leaves the lab standing when this process ends; ``LabRemains`` takes it away later.
    package func keep() throws(SystemError) {
        try Filesystem.write("", to: LabRemains(of: name).keptMark, creating: true)
        hold.withLock { $0.isKept = true }
    }

    /// Ends the lab's programs and takes everything away, last made first. Doing it again does nothing.
    ///
    /// - Returns: what could not be taken away.
    package func remove() -> [SystemError] {
        hold.withLock { $0.isKept = true }
        let problems = LabRemains(of: name).remove()
        hold.withLock { $0.lock = nil }
        return problems
    }

    /// All machines: the router, the client, then each node with its pods.
    package var hosts: [LabHost] {
        [router, client] + nodes.flatMap { [$0.host] + $0.pods }
    }
}

/// Lower-case digits with leading zeros.
func hexadecimal(_ number: UInt32, digits: Int) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
}
