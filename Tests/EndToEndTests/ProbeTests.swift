// SPDX-License-Identifier: Apache-2.0

import Lab
import LinuxSystem
import Testing

extension EndToEnd {
    /// `status --probe`, `route get` and `service get ADDR`, with real servers.
    @Suite(.servingLab) struct ProbeTests {
        private let lab: HandmadeLab

        init() throws { lab = try .shared() }

        private func probe(_ service: String, _ options: String...) throws -> (ProcessOutput, [[String: Any]]) {
            let words = ["status", "--probe", service, "-o", "json"] + options
            let result = try lab.tool(words)
            return (result, try #require(try result.object()["probes"] as? [[String: Any]]))
        }

        @Test func aServiceThatAnswersIsHealthyAndItsBackendNamed() throws {
            let (result, probes) = try probe("default/echo", "-4")
            #expect(result.status == .exited(0), "\(result.outcome)")
            #expect(probes.compactMap { $0["outcome"] as? String } == ["connected", "sent"])
            let backends = [HandmadeLab.Machine.pod2, .pod3, .remote].map { HandmadeLab.backend(on: $0) }
            for probe in probes {
                #expect(try #require(probe["durationSeconds"] as? Double) > 0)
                let backend = try #require(probe["backend"] as? String)
                #expect(backends.contains(backend))
                #expect((probe["lacks"] as? [Any])?.isEmpty == true, "\(probe)")
            }
            let text = try lab.tool("status", "--probe", "default/echo", "-4").text
            #expect(text.contains("Probe:            10.96.0.10:80/tcp answered by "))
        }

        @Test func whatIsMissingIsNamed() throws {
            try lab.succeed(
                "service", "set", "default/lost", "--vip", "10.96.9.1:80/tcp", "--backend", "203.0.113.9:80")
            let (lost, probes) = try probe("default/lost", "--timeout", "300ms")
            #expect(lost.status == .exited(1))
            #expect(try lost.object()["state"] as? String == "degraded")
            let lacks = try #require(probes.first?["lacks"] as? [[String: Any]]).compactMap { $0["message"] as? String }
            #expect(lacks.contains("no route of the dataplane says where backend '203.0.113.9:80' lives"))
            try lab.succeed("service", "set", "default/lost", "--vip", "10.96.9.1:80/tcp")
            let (refused, none) = try probe("default/lost", "--timeout", "300ms")
            #expect(refused.status == .exited(1))
            let missing = try #require(none.first?["lacks"] as? [[String: Any]]).compactMap { $0["message"] as? String }
            #expect(missing == ["the service has no active IPv4 backend"])
            // A backend that is reached and has no server: nothing is missing, and why it failed is said all the same.
            let closed = HandmadeLab.backend(on: .pod2).replacing(":\(HandmadeLab.serverPort)", with: ":9")
            try lab.succeed("service", "set", "default/lost", "--vip", "10.96.9.1:80/tcp", "--backend", closed)
            let silent = try lab.tool("status", "--probe", "default/lost", "-4", "-o", "json").object()
            let findings = try #require(silent["findings"] as? [[String: Any]]).filter {
                $0["degrading"] as? Bool == true
            }
            #expect(
                findings.compactMap { $0["message"] as? String } == [
                    "'10.96.9.1:80/tcp' does not answer: connection refused (ECONNREFUSED)"
                ])
            try lab.succeed("service", "delete", "default/lost")
            let unknown = try lab.tool("status", "--probe", "default/lost")
            #expect(unknown.status == .exited(3))
        }

        @Test func aProgramThatIsMissingIsNamed() throws {
            try lab.succeed("program", "detach", "connect4")
            let (result, probes) = try probe("default/echo", "-4", "--timeout", "300ms")
            #expect(result.status == .exited(1))
            let lacks = try #require(probes.first?["lacks"] as? [[String: Any]]).compactMap { $0["message"] as? String }
            #expect(lacks.contains("program connect4 is not attached"))
            try lab.succeed(HandmadeLab.enableWords)
        }

        @Test func theWayToAPodIsExplained() throws {
            let pod = try lab.succeed("route", "get", "10.1.0.2", "-o", "json").object()
            let way = try #require(pod["fromPods"] as? [String: Any])
            #expect(way["mode"] as? String == "forward-peer")
            let kernel = try #require(pod["kernel"] as? [String: Any])
            #expect(kernel["interface"] as? String == pod["interface"] as? String)
            try lab.succeed("route", "add", "203.0.113.0/24", "--workload", "--via", "192.168.7.2", "--no-dsr")
            let text = try lab.succeed("route", "get", "203.0.113.9").text
            #expect(text.contains("From outside:   forward-tunnel: through the overlay to its node"), "\(text)")
            #expect(text.contains("No DSR:         yes: clients in here get their replies through the tunnel"))
            try lab.succeed("route", "delete", "203.0.113.0/24")
        }

        @Test func anAddressLeadsToItsService() throws {
            try lab.succeed(
                "service", "set", "default/np", "--node-port", "30090/tcp", "--backend", HandmadeLab.backend(on: .pod2),
                "--external-policy", "local")
            let exact = try lab.succeed("service", "get", "\(HandmadeLab.virtualAddress)/tcp").text
            #expect(exact.contains("Matches:          10.96.0.10:80/tcp (cluster-ip): exactly\n"), "\(exact)")
            #expect(exact.contains("For pods:         3 IPv4 backends\n"), "\(exact)")
            let own = try lab.succeed("service", "get", "192.168.7.1:30090/tcp").text
            #expect(
                own.contains("Matches:          *:30090/tcp (node-port): it is an address of this node\n"), "\(own)")
            #expect(own.contains("For outside:      1 IPv4 backend on this node, as the policy wants\n"), "\(own)")
            #expect(try lab.succeed("service", "get", "*:30090/tcp", "-q").text == "default/np\n")
            try lab.succeed(
                "service", "set", "default/np", "--node-port", "30090/tcp", "--backend", "203.0.113.9:80",
                "--external-policy", "local")
            let elsewhere = try lab.succeed("service", "get", "192.168.7.1:30090/tcp").text
            let outside = "For outside:      0 IPv4 backends on this node, as the policy wants: packets are dropped\n"
            #expect(elsewhere.contains(outside), "\(elsewhere)")
            #expect(try lab.tool("service", "get", "[::1]:30090/tcp").status == .exited(3))
            let other = try lab.tool("service", "get", "10.96.0.10:81/tcp")
            #expect(
                other.outcome
                    == Outcome(
                        3,
                        error: """
                            ebpfctl: cannot get a service at '10.96.0.10:81/tcp': no service is reached so
                            that address has '10.96.0.10:80/tcp' of service 'default/echo'
                            that address has '10.96.0.10:80/udp' of service 'default/echo'
                            hint: list services with 'ebpfctl service list -o wide \(lab.location.joined(separator: " "))'

                            """))
            try lab.succeed("service", "delete", "default/np")
        }
    }
}
