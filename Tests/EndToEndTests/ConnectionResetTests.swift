// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Testing

extension EndToEnd {
    /// `conntrack delete --reset` on connections that are open and idle.
    @Suite(.servingLab) struct ConnectionResetTests {
        private let lab: HandmadeLab

        init() throws {
            lab = try .shared()
        }

        /// Connects, says so, and then what ended its waiting for data.
        private static let waiter = """
            import errno, socket, sys
            host, port = sys.argv[1], int(sys.argv[2])
            s = socket.create_connection((host, port), 10)
            s.settimeout(60)
            print("connected", s.getsockname()[1], flush=True)
            try:
                print("received", len(s.recv(10)), flush=True)
            except OSError as error:
                print(errno.errorcode.get(error.errno, str(error)), flush=True)
            """

        private func connect(outsideCgroup: Bool) throws -> (client: ChildProcess, port: String) {
            let client = try lab.start(
                Command("/usr/bin/python3", ["-c", Self.waiter, "10.96.0.10", "80"]), on: .pod1,
                outsideCgroup: outsideCgroup)
            let line = try #require(try client.readLine(until: Deadline(after: Tool.patience)))
            return (client, try #require(line.split(separator: " ").last.map(String.init)))
        }

        /// The sockets of a machine that have this port at either end.
        private func sockets(_ port: String, on machine: HandmadeLab.Machine) throws -> String {
            try Shell.run("ip netns exec \(lab.namespace(machine)) ss -Htn '( sport = :\(port) or dport = :\(port) )'")
        }

        @Test(arguments: [false, true])
        func bothEndsOfAConnectionAreReset(outsideCgroup: Bool) throws {
            let (client, port) = try connect(outsideCgroup: outsideCgroup)
            defer { client.kill() }
            let source = "10.1.0.1:\(port)"
            let deleted = try lab.succeed("conntrack", "delete", "--src", source, "--reset")
            #expect(deleted.text.hasPrefix("connection tcp,\(source),") && deleted.text.hasSuffix(" deleted\n"))
            #expect(deleted.errorText == "")
            let end = try #require(try client.readLine(until: Deadline(after: Tool.patience)))
            #expect(["ECONNABORTED", "ECONNRESET"].contains(end))
            for machine in [HandmadeLab.Machine.pod1, .pod2, .pod3, .remote] {
                #expect(try sockets(port, on: machine) == "", "\(machine)")
            }
            #expect(try lab.succeed("conntrack", "list", "--src", source, "-o", "name").text == "")
        }

        /// The kernel's own count of segments with RST, so that the other end was told and did not just vanish.
        @Test func theOtherEndGetsASegmentThatItTakes() throws {
            func resets() throws -> Int {
                try [HandmadeLab.Machine.pod2, .pod3, .remote, .pod1].reduce(0) { sum, machine in
                    let line = "ip netns exec \(lab.namespace(machine)) nstat -asz TcpEstabResets"
                    return sum
                        + (try Shell.run(line).split(whereSeparator: \.isWhitespace).compactMap { Int($0) }.first ?? 0)
                }
            }
            let (client, port) = try connect(outsideCgroup: true)
            defer { client.kill() }
            let before = try resets()
            try lab.succeed("conntrack", "delete", "--src", "10.1.0.1:\(port)", "--reset")
            #expect(try eventually { try resets() >= before + 1 })
        }

        @Test func withoutResettingNobodyIsTold() throws {
            let (client, port) = try connect(outsideCgroup: true)
            defer { client.kill() }
            try lab.succeed("conntrack", "delete", "--src", "10.1.0.1:\(port)")
            #expect(try sockets(port, on: .pod1).contains("ESTAB"))
        }
    }
}
