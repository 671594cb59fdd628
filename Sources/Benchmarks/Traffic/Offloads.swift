// SPDX-License-Identifier: Apache-2.0

import Lab
import LinuxSystem

/// Whether packets of a stream stay together on their way through a lab's links.
enum Offloads: String, CaseIterable {
    /// Each packet of 1500 bytes is made by the sender and goes its way alone, as between machines whose network cards
    /// do not help.
    case off = "no-offloads"
    /// Up to 64 KB travel as one, which no wire ever divides.
    case on = "offloads"

    private static let tool = "/usr/sbin/ethtool"

    /// Sets segmentation and, to turn it off, receive offload on every link of the lab.
    func apply(to lab: Lab) throws {
        guard Filesystem.exists(Self.tool) else { throw BenchmarkError.broken("needs \(Self.tool) (package ethtool)") }
        for host in lab.hosts {
            let names = try NetlinkSocket(in: host.namespace).links().filter { $0.kind == "veth" }.map(\.name)
            for name in names { try apply(to: name, of: host) }
        }
    }

    private func apply(to interface: String, of host: LabHost) throws {
        let words = self == .off ? ["tso", "off", "gso", "off", "gro", "off"] : ["tso", "on", "gso", "on"]
        let command = Command(Self.tool, ["-K", interface] + words)
        let result = try host.run(command, until: Deadline(after: .seconds(5)))
        guard result.status.isSuccess else {
            throw BenchmarkError.broken("\(host.name): ethtool -K \(interface): \(result.errorText)")
        }
    }
}
