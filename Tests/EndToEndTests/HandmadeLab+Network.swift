// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Testing

extension HandmadeLab {
    /// Cables, addresses and routes; all of it goes with the namespaces.
    func makeMachines(_ layout: Layout) throws {
        let setup = Machine.allCases.map(settings) + [Self.uplink, layout == .bridged ? Self.bridge : ""]
        let pods = (1...3).map { layout == .bridged ? Self.bridgedPod($0) : Self.routedPod($0) }
        try Shell.run(prologue + (setup + pods).joined(separator: "\n"))
        try awaitCarrier()
    }

    /// Connects a pod whose cable is gone.
    func connectPod(_ number: Int) throws {
        try Shell.run(prologue + Self.routedPod(number))
        try awaitCarrier()
    }

    /// A veth passes packets only once the kernel's work queue has seen both ends up.
    private func awaitCarrier() throws {
        let isReady = try eventually {
            try Machine.allCases.allSatisfy { machine in
                try Shell.run("ip -o -n \(namespace(machine)) link show up").split(separator: "\n")
                    .allSatisfy { $0.contains("LOWER_UP") && !$0.contains("state DOWN") }
            }
        }
        #expect(isReady, "an interface has no carrier")
    }

    /// Words of the shell for the lines below: `nd ARGS` is `ip ARGS` in the node, and so on.
    private var prologue: String {
        Machine.allCases.map { "\($0.rawValue)() { ip -n \(namespace($0)) \"$@\"; }\n" }.joined()
            + "prefix=\(name)\n"
    }

    /// What interfaces copy as they come: addresses are ready at once, answers may come from anywhere.
    private func settings(of machine: Machine) -> String {
        var writes = ["all", "default"].flatMap {
            ["echo 0 > ipv6/conf/\($0)/accept_dad", "echo 0 > ipv4/conf/\($0)/rp_filter"]
        }
        if machine == .node { writes += ["echo 1 > ipv4/ip_forward", "echo 1 > ipv6/conf/all/forwarding"] }
        let line = (["cd /proc/sys/net"] + writes).joined(separator: "; ")
        return "\(machine.rawValue) link set lo up; ip netns exec \(namespace(machine)) sh -c '\(line)'"
    }

    private static let uplink = """
        ip -n $prefix-nd link add eth0 type veth peer name eth0 netns $prefix-rm
        nd addr add 192.168.7.1/24 dev eth0; nd addr add fd07::1/64 dev eth0 nodad; nd link set eth0 up
        rm addr add 192.168.7.2/24 dev eth0; rm addr add fd07::2/64 dev eth0 nodad; rm link set eth0 up
        nd route add default via 192.168.7.2; nd -6 route add default via fd07::2
        rm route add 10.1.0.0/24 via 192.168.7.1; rm -6 route add fd10::/64 via fd07::1
        """

    private static let bridge = """
        nd link add br0 type bridge; nd link set br0 up
        nd addr add 10.1.0.254/24 dev br0; nd addr add fd10::fe/64 dev br0 nodad
        """

    private static func bridgedPod(_ number: Int) -> String {
        """
        ip -n $prefix-nd link add h\(number) type veth peer name eth0 netns $prefix-p\(number)
        nd link set h\(number) master br0 up
        p\(number) addr add 10.1.0.\(number)/24 dev eth0; p\(number) addr add fd10::\(number)/64 dev eth0 nodad
        p\(number) link set eth0 up
        p\(number) route add default via 10.1.0.254; p\(number) -6 route add default via fd10::fe
        """
    }

    private static func routedPod(_ number: Int) -> String {
        """
        ip -n $prefix-nd link add h\(number) type veth peer name eth0 netns $prefix-p\(number)
        nd link set h\(number) up
        nd addr add 10.1.0.254/32 dev h\(number); nd addr add fd10::fe/128 dev h\(number) nodad
        nd route add 10.1.0.\(number) dev h\(number); nd -6 route add fd10::\(number) dev h\(number)
        p\(number) addr add 10.1.0.\(number)/32 dev eth0; p\(number) addr add fd10::\(number)/128 dev eth0 nodad
        p\(number) link set eth0 up
        p\(number) route add 10.1.0.254 dev eth0; p\(number) route add default via 10.1.0.254
        p\(number) -6 route add fd10::fe dev eth0; p\(number) -6 route add default via fd10::fe
        """
    }
}
