// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Foundation
import LinuxSystem
import Testing

@testable import Lab

/// A server on a thread of this process, inside a machine of a lab, until this value ends.
final class ServerThread {
    private let stop: LinuxSystem.Pipe
    private let finished = DispatchSemaphore(value: 0)

    init(on host: LabHost, port: UInt16) throws {
        stop = try Descriptor.pipe()
        let started = DispatchSemaphore(value: 0)
        let number = stop.reading.rawValue
        let finished = finished
        Thread.detachNewThread {
            try? host.namespace.run { () throws(SystemError) in
                var server = try LabServer(name: host.name, port: port)
                started.signal()
                try server.run(until: number)
            }
            started.signal()
            finished.signal()
        }
        started.wait()
    }

    deinit {
        try? stop.writing.write([0], to: "stop")
        finished.wait()
    }
}

extension LabHost {
    func askHere(_ request: LabRequest) throws -> LabTally {
        try namespace.run { () throws(SystemError) in LabClient.run(request) }
    }
}

@Suite(.needsRoot, .serialized) struct LabTrafficTests {
    let lab: Lab
    let server: ServerThread
    let podOnSecondNode: LabHost

    init() throws {
        lab = try Lab.build()
        podOnSecondNode = lab.nodes[1].pods[1]
        server = try ServerThread(on: podOnSecondNode, port: 8080)
    }

    private func target(_ family: AddressFamily) throws -> Endpoint {
        Endpoint(address: try #require(podOnSecondNode.address(family)), port: 8080)
    }

    @Test func everyMachineOfTheClusterReachesAPodUnderItsOwnAddress() throws {
        let hosts = lab.nodes.flatMap { [$0.host] + $0.pods }
        for family in lab.families {
            let target = try target(family)
            for host in hosts where host.name != podOnSecondNode.name {
                let tally = try host.askHere(LabRequest(.tcp, target, count: 2))
                #expect(tally.answers == ["n2p2": 2], "\(host.name) \(family)")
                #expect(tally.failures == [:], "\(host.name) \(family)")
                // The node of the pod itself speaks from the gateway's address, which is on the pod's link.
                let own = host.name == "n2" ? LabPlan.podGateway(ofNode: 2, family) : host.address(family)
                #expect(tally.sources == [own.map { "\($0)" } ?? "": 2])
            }
        }
    }

    @Test(arguments: [AddressFamily.v4, .v6], LabRequest.Manner.allCases)
    func datagramsAreAnswered(family: AddressFamily, manner: LabRequest.Manner) throws {
        let request = LabRequest(.udp, try target(family), count: 20, manner: manner)
        let tally = try lab.nodes[0].pods[0].askHere(request)
        #expect(tally.answers == ["n2p2": 20])
        #expect(tally.failures == [:])
        #expect(tally.latencies.count == 20)
    }

    @Test(arguments: [AddressFamily.v4, .v6], [LabRequest.Manner.fresh, .reused])
    func connectionsAreAnswered(family: AddressFamily, manner: LabRequest.Manner) throws {
        let tally = try lab.nodes[0].pods[0].askHere(
            LabRequest(.tcp, try target(family), count: 20, manner: manner))
        #expect(tally.answers == ["n2p2": 20])
        #expect(tally.failures == [:])
    }

    @Test func aMachineAnswersFromTheAddressThatWasAsked() throws {
        let node = lab.nodes[0].host
        let onNode = try ServerThread(on: node, port: 9090)
        defer { withExtendedLifetime(onNode) {} }
        for family in lab.families {
            // Towards its own pod, a node would by itself speak from the pod gateway's address.
            let target = Endpoint(address: try #require(node.address(family)), port: 9090)
            let request = LabRequest(.udp, target, count: 3, manner: .unconnected)
            #expect(try lab.nodes[0].pods[0].askHere(request).answers == ["n1": 3])
        }
    }

    @Test func theClientReachesNodesButNotPods() throws {
        let node = lab.nodes[0].host
        let onNode = try ServerThread(on: node, port: 9090)
        defer { withExtendedLifetime(onNode) {} }
        for family in lab.families {
            let target = Endpoint(address: try #require(node.address(family)), port: 9090)
            let tally = try lab.client.askHere(LabRequest(.tcp, target))
            #expect(tally.answers == ["n1": 1])
            #expect(tally.sources == ["\(LabPlan.client(family).address)": 1])
        }
        let pod = LabRequest(.tcp, try target(.v4), timeout: .milliseconds(300))
        #expect(try lab.client.askHere(pod).failed == 1)
    }

    @Test func refusalsAndSilenceAreCounted() throws {
        let pod = lab.nodes[0].pods[0]
        let closed = Endpoint(address: try #require(podOnSecondNode.address(.v4)), port: 1)
        #expect(try pod.askHere(LabRequest(.tcp, closed, count: 3)).failures == ["ECONNREFUSED": 3])
        #expect(try pod.askHere(LabRequest(.udp, closed, count: 1)).failures == ["ECONNREFUSED": 1])
        let silent = LabRequest(.udp, closed, count: 1, manner: .unconnected, timeout: .milliseconds(50))
        #expect(try pod.askHere(silent).failures == ["ETIMEDOUT": 1])
    }

    @Test func aRunEndsWithItsDuration() throws {
        let request = LabRequest(
            .tcp, try target(.v4), count: .max, manner: .reused, duration: .milliseconds(100))
        let start = MonotonicClock.nanoseconds
        let tally = try lab.nodes[0].pods[0].askHere(request)
        #expect(tally.answered > 10 && tally.failed == 0)
        #expect(MonotonicClock.nanoseconds - start < 2_000_000_000)
    }

    @Test func theUplinkAndWorkloadsLookLikeANodes() throws {
        let node = lab.nodes[0]
        let netlink = try NetlinkSocket(in: node.host.namespace)
        let links = try netlink.links()
        let uplink = try #require(links.first { $0.name == LabNode.uplink })
        let gateways = try netlink.routes(family: .v4).filter(\.isDefault).flatMap(\.nextHops)
        let router = LabPlan.nodeGateway(.v4).address
        #expect(gateways == [KernelRoute.NextHop(gateway: router, interfaceIndex: uplink.index)])
        let workloads = links.filter { $0.kind == "veth" && $0.index != uplink.index }
        #expect(workloads.map(\.name).sorted() == node.workloadInterfaces.sorted())
        #expect(workloads.allSatisfy { $0.isUp && $0.isPeerElsewhere && $0.name.hasPrefix("veth") && $0.mtu == 1500 })
        let hostRoutes = try netlink.routes().filter { $0.destination.isHost && $0.table == KernelRoute.Table.main }
        #expect(Set(hostRoutes.map(\.destination.address)).isSuperset(of: node.pods.flatMap(\.addresses)))
    }
}
