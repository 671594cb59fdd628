// SPDX-License-Identifier: Apache-2.0

import Dataplane
import DataplaneModel
import Lab
import LinuxSystem

/// Who brings the packets to a service's backend.
enum TrafficContender: String, CaseIterable {
    /// Nobody: the client is given a backend's address, and nothing is installed. The reference of all comparisons.
    case linux
    case iptables
    case nftables
    case ebpfctl
    /// Of node ports only: answers leave the backend's node straight for the client.
    case ebpfctlDSR = "ebpfctl-dsr"

    /// Those that a pod can compare.
    static let inside: [TrafficContender] = [.linux, .iptables, .nftables, .ebpfctl]

    /// Those that a client outside the cluster can compare: no backend has an address there.
    static let outside: [TrafficContender] = [.iptables, .nftables, .ebpfctl, .ebpfctlDSR]
}

/// One contender's cluster, standing beside those of the others so that they can be measured in turns.
final class TrafficLab {
    let contender: TrafficContender
    let lab: Lab
    private var servers: [ChildProcess] = []

    /// Long: iptables-restore takes its time for ten thousand services.
    private static let loadingTime = Duration.seconds(180)

    init(_ contender: TrafficContender) throws {
        self.contender = contender
        lab = try Lab.build(LabPlan(nodeCount: 2, podsPerNode: TrafficCluster.Place.sameNode.pods.upperBound))
        for host in lab.hosts { try limitSendBuffers(of: host) }
        guard contender == .ebpfctl || contender == .ebpfctlDSR else { return }
        for node in lab.nodes {
            try node.enable { $0.returnPath = contender == .ebpfctlDSR ? .dsr : .tunnel }
        }
    }

    /// Keeps a stream's packets on their way below the thousand that the kernel queues for a processor.
    ///
    /// There is no wire whose bandwidth would; beyond it, they are lost, and the figures tell of recovery from that.
    private func limitSendBuffers(of host: LabHost) throws {
        try host.namespace.run { () throws(SystemError) in
            try Sysctl.write("net/ipv4/tcp_wmem", "4096 87380 425984")
        }
    }

    /// The pod that asks.
    var client: LabHost { lab.nodes[0].pods[0] }

    /// Starts the task's servers in all pods that serve, in place of those that were there.
    func startServers(for task: TrafficTask) throws {
        servers = []
        for place in TrafficCluster.Place.allCases {
            let pods = lab.nodes[place.node - 1].pods
            servers += try place.pods.map { try TrafficProgram.startServer(for: task, on: pods[$0 - 1]) }
        }
    }

    /// Has both nodes serve the cluster's services, and no others.
    func serve(_ cluster: TrafficCluster) throws {
        for node in lab.nodes {
            switch contender {
            case .linux: break
            case .iptables:
                try load(IPTablesRules(cluster).text, on: node) { Command("/usr/sbin/iptables-restore", [$0]) }
            case .nftables:
                let rules = NFTablesRules(cluster, nodeAddress: LabPlan.node(node.number, .v4).address)
                try load(rules.text, on: node) { Command("/usr/sbin/nft", ["-f", $0]) }
            case .ebpfctl, .ebpfctlDSR: try node.serve(try cluster.services(onNode: node.number))
            }
        }
    }

    private func load(_ rules: String, on node: LabNode, _ command: (String) -> Command) throws {
        // Beside the mount, where the lab's end takes it away.
        let path = "\(node.bpffs)-rules"
        try Filesystem.write(rules, to: path, creating: true)
        let result = try node.host.run(command(path), until: Deadline(after: Self.loadingTime))
        guard result.status.isSuccess, !result.didTimeOut else {
            throw BenchmarkError.broken("\(contender.rawValue): \(result.status) \(result.errorText.prefix(500))")
        }
    }

    /// One measurement; the plain path takes the backends in turns, since nobody chooses for it.
    func measure(_ task: TrafficTask, of entry: TrafficCluster.Entry, round: Int) throws -> [Double] {
        let target =
            contender == .linux
            ? entry.backends[round % entry.backends.count] : entry.frontend.endpoint
        return try measure(task, from: client, to: target)
    }

    func measure(_ task: TrafficTask, from host: LabHost, to target: Endpoint) throws -> [Double] {
        do {
            return try TrafficProgram.measure(task, from: host, to: target)
        } catch BenchmarkError.broken(let what) {
            throw BenchmarkError.broken("\(contender.rawValue): \(what)")
        }
    }
}
