// SPDX-License-Identifier: Apache-2.0

import Lab
import LinuxSystem
import Testing

extension EndToEnd {
    /// Who can reach a service, and by which way.
    @Suite(.servingLab) struct TrafficTests {
        struct Client: CustomTestStringConvertible, Sendable {
            let machine: HandmadeLab.Machine
            let isOutsideCgroup: Bool
            let transport: String
            let target: String

            var testDescription: String {
                "\(transport) to \(target) from \(machine)\(isOutsideCgroup ? " outside the cgroup" : "")"
            }

            static func all(_ transport: String, _ targets: [String]) -> [Client] {
                [HandmadeLab.Machine.pod1, .node].flatMap { machine in
                    [false, true].flatMap { isOutside in
                        targets.map {
                            Client(
                                machine: machine, isOutsideCgroup: isOutside, transport: transport, target: $0)
                        }
                    }
                }
            }
        }

        private static let targets = [HandmadeLab.virtualAddress, HandmadeLab.virtualAddress6]

        private let lab: HandmadeLab

        init() throws { lab = try .shared() }

        private func ask(_ client: Client, times: Int, _ manner: LabRequest.Manner = .fresh) throws -> LabTally {
            try lab.ask(
                Traffic(client.transport, to: client.target, times: times, manner: manner), from: client.machine,
                outsideCgroup: client.isOutsideCgroup)
        }

        @Test(arguments: Client.all("tcp", targets) + Client.all("udp", targets))
        func clientsReachLocalAndRemoteBackends(client: Client) throws {
            let tally = try ask(client, times: 48)
            #expect(tally.isSpread(over: .pod2, .pod3, .remote, times: 48), "\(tally.answers) \(tally.failures)")
        }

        /// The pod is one of its own backends, which sees a reserved address then.
        @Test(arguments: ["tcp", "udp"], targets)
        func aPodReachesItselfThroughAService(transport: String, target: String) throws {
            let client = Client(machine: .pod2, isOutsideCgroup: true, transport: transport, target: target)
            let tally = try ask(client, times: 48)
            #expect(tally.isSpread(over: .pod2, .pod3, .remote, times: 48), "\(tally.answers) \(tally.failures)")
        }

        /// The client compares where answers come from with where it sent to: recvmsg(2) must show the service.
        @Test(arguments: Client.all("udp", targets))
        func anUnconnectedSocketHearsFromTheServiceAndKeepsItsBackend(client: Client) throws {
            let tally = try ask(client, times: 10, .unconnected)
            #expect(tally.failures.isEmpty && tally.answers.values.sorted() == [10], "\(tally)")
        }

        @Test(arguments: Client.all("tcp", targets) + Client.all("udp", targets))
        func aConnectedSocketKeepsItsBackend(client: Client) throws {
            let tally = try ask(client, times: 10, .reused)
            #expect(tally.failures.isEmpty && tally.answers.values.sorted() == [10], "\(tally)")
        }

        /// What a program gets that was written for IPv6 and is given an IPv4 address.
        @Test(arguments: ["SOCK_STREAM connect", "SOCK_DGRAM connect", "SOCK_DGRAM sendto"])
        func socketsWithIPv4MappedAddressesAreServed(kind: String) throws {
            let words = ["python3", "-c", Self.mappedClient] + kind.split(separator: " ").map(String.init)
            let result = try lab.start(Command("/usr/bin/env", words), on: .pod1)
                .collect(until: Deadline(after: Tool.patience))
            #expect(result.status.isSuccess, "\(result.outcome)")
            for line in result.text.split(separator: "\n") {
                let words = line.split(separator: " ")
                #expect(["p2", "p3", "rm"].contains(words.first), "\(line)")
                #expect(words.last == "::ffff:10.96.0.10", "\(line)")
            }
            #expect(result.text.split(separator: "\n").count == 10)
        }

        /// Prints ten answers, each with the address that the socket says it came from.
        private static let mappedClient = """
            import socket, sys
            kind, way = getattr(socket, sys.argv[1]), sys.argv[2]
            service = ("::ffff:10.96.0.10", 80)
            for _ in range(10):
                s = socket.socket(socket.AF_INET6, kind)
                s.settimeout(5)
                if way == "connect":
                    s.connect(service)
                    s.send(b"?\\n")
                    answer, peer = s.recv(1000), s.getpeername()
                else:
                    s.sendto(b"?\\n", service)
                    answer, peer = s.recvfrom(1000)
                print(answer.decode().strip(), peer[0])
            """

        @Test func curlReadsAPageFromAServerThatIsNotOurs() throws {
            let words = ["python3", "-u", "-m", "http.server", "8081", "--directory", "/proc/self/fdinfo"]
            let server = try lab.start(Command("/usr/bin/env", words), on: .pod2)
            let line = try server.readLine(until: Deadline(after: Tool.patience))
            try #require(line?.hasPrefix("Serving HTTP on ") == true, "\(line ?? "nothing")")
            try lab.succeed(
                "service", "set", "default/page", "--vip", "10.96.0.30:80/tcp", "--backend", "10.1.0.2:8081")
            for isOutside in [false, true] {
                let curl = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code} %{remote_ip}", "10.96.0.30"]
                let result = try lab.start(Command("/usr/bin/env", curl), on: .pod1, outsideCgroup: isOutside)
                    .collect(until: Deadline(after: Tool.patience))
                #expect(result.outcome == Outcome(0, "200 10.96.0.30"))
            }
            server.kill()
        }

        @Test func theClientsAddressReachesThePod() throws {
            for isOutside in [false, true] {
                let tally = try lab.ask(Traffic(to: HandmadeLab.virtualAddress), outsideCgroup: isOutside)
                #expect(tally.sources == ["10.1.0.1": 20])
            }
        }

        @Test func aPodReachesItselfThroughTheService() throws {
            let tally = try lab.ask(Traffic(to: HandmadeLab.virtualAddress, times: 48), from: .pod2)
            #expect(tally.isSpread(over: .pod2, .pod3, .remote, times: 48), "\(tally.answers) \(tally.failures)")
        }

        @Test func trafficBesideTheServiceIsLeftAlone() throws {
            for (client, server) in [
                (HandmadeLab.Machine.pod1, HandmadeLab.Machine.pod2), (.node, .pod2), (.remote, .pod3),
                (.pod3, .remote),
            ] {
                for transport in ["tcp", "udp"] {
                    for isIPv6 in [false, true] {
                        let target = HandmadeLab.backend(on: server, isIPv6: isIPv6)
                        let tally = try lab.ask(Traffic(transport, to: target, times: 3), from: client)
                        #expect(tally.isSpread(over: server, times: 3), "\(client) to \(target): \(tally)")
                    }
                }
            }
        }

        @Test func nothingWasCountedAsAnError() throws {
            _ = try lab.ask(Traffic(to: HandmadeLab.virtualAddress), outsideCgroup: true)
            let readings = try lab.succeed("counter", "list", "-o", "json").items()
            let errors = readings.filter { $0["outcome"] as? String == "error" && $0["packets"] as? Int != 0 }
            #expect(errors.isEmpty, "\(errors)")
            let packets = readings.reduce(into: [String: Int]()) { table, reading in
                table[reading["reason"] as? String ?? ""] = reading["packets"] as? Int
            }
            #expect(packets["new-connection"] ?? 0 >= 20, "\(packets)")
        }
    }
}
