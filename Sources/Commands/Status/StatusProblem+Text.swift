// SPDX-License-Identifier: Apache-2.0

import Dataplane
import DataplaneModel

extension StatusProblem {
    /// What is found, and what it means.
    var text: String {
        switch self {
        case .uplinkWithoutProgram(let interface, let program):
            "uplink '\(interface)' lacks program '\(program)'"
        case .workloadWithoutPrograms(let interface, let programs):
            "workload '\(interface)' lacks \(programs.joined(separator: ", "))"
        case .overlayWithoutProgram(let program): "the overlay's device lacks program '\(program)'"
        case .overlayBroken: "the overlay's device is gone, down, or not the one that the programs send to"
        case .overlayUnsupported:
            "this kernel has no VXLAN: what comes from outside reaches only this node's own backends"
        case .reversePathFilter:
            "strict reverse path filtering drops what comes through the overlay for the host stack: "
                + "net.ipv4.conf.all.rp_filter is 1"
        case .mtuAboveUplink(let interface, let mtu, let uplink):
            "workload '\(interface)' has an MTU of \(mtu), but no uplink carries more than \(uplink)"
        case .socketHookWithoutProgram(let program): "connect-time program '\(program)' is not attached"
        case .staleLink(let name): "link '\(name)' is left of an interface or cgroup that is gone"
        case .otherProgram(let name):
            "link '\(name)' runs another program than the one pinned, as after a killed command"
        case .foreignProgramAhead(let interface, let hook, let program):
            "program '\(program)' of somebody else runs first on '\(interface)' \(hook) and may keep packets from ours"
        case .mapNearlyFull(let name, let percent, evicts: false): "map '\(name)' is \(percent)% full"
        case .mapNearlyFull(let name, let percent, evicts: true):
            "map '\(name)' is \(percent)% full; once it is, what has been idle longest makes room"
        case .addressWithoutProgram(let interface, let address):
            "interface '\(interface)' bears the node's address \(address) and has no program: "
                + "node ports are not served there"
        case .routesOutdated(let added, let changed, let removed):
            "the kernel's routes have changed: \(added) new, \(changed) different, \(removed) gone"
        case .draining: "no new connections are taken: 'disable --drain' waits for the tracked ones, or was killed"
        case .noUplink: "no interface is an uplink any more"
        case .otherNamespace(.some):
            "enabled in another network namespace, whose interfaces cannot be seen from here"
        case .otherNamespace(nil): "enabled in another network namespace, which is gone"
        case .withoutBackends(let services):
            (services.count == 1 ? "a service has" : "\(services.count) services have")
                + " no active backend, and all clients are refused: "
                + services.prefix(3).map { "'\($0)'" }.joined(separator: ", ") + (services.count > 3 ? ", …" : "")
        case .withoutLocalBackends(let inside, let outside): Self.unserved(inside, outside)
        case .forwardingOff(let sysctl):
            "this node forwards no packets: \(sysctl.replacingSlashes) is 0"
        case .policyBypassed(let chains):
            "forwarding is direct, but forwarded packets are filtered by \(chains.joined(separator: ", "))"
        }
    }

    /// A command to run, which leaves the recorded options as they are but for the one to blame.
    func hint(_ again: EnableAgain) -> String {
        switch self {
        case .uplinkWithoutProgram, .workloadWithoutPrograms, .socketHookWithoutProgram, .staleLink, .otherProgram,
            .overlayWithoutProgram, .overlayBroken, .draining, .otherNamespace(nil):
            "put it right with \(again.line())"
        case .overlayUnsupported:
            "load the module with 'modprobe vxlan', then \(again.line()); or do without it: "
                + again.line(replacing: "--overlay-port", by: "--overlay-port=0")
        case .reversePathFilter: "set it per interface instead: 'sysctl -w net.ipv4.conf.all.rp_filter=0'"
        case .mtuAboveUplink(let interface, _, let uplink):
            "lower it inside the pod and with 'ip link set \(interface) mtu \(uplink)'"
        case .policyBypassed where again.choosesForwarding: "let it choose again with \(again.line())"
        case .policyBypassed: "put it right with \(again.line(replacing: "--forwarding", by: "--forwarding=stack"))"
        case .foreignProgramAhead(let interface, _, _): "look at it with 'bpftool net show dev \(interface)'"
        case .addressWithoutProgram(let interface, _):
            "serve it with \(again.line(adding: "--uplink=\(interface)"))"
        case .mapNearlyFull(let name, _, _):
            "make it larger with \(again.line(replacing: "--map-size=\(name)", by: "--map-size=\(name)=N"))"
        case .withoutBackends(let services):
            "look at it with \(again.line(of: ["service", "get", services.first.map { "\($0)" } ?? "NAME"]))"
        case .withoutLocalBackends(let inside, let outside):
            "see where they are with \(again.line(of: ["backend", "list"] + (inside + outside).prefix(1).map(\.text)))"
        case .routesOutdated: "follow them with \(again.line(of: ["route", "sync"]))"
        case .otherNamespace(let path?): "look there with \(again.line(of: ["status"], inside: path))"
        case .noUplink: "name one with \(again.line(replacing: "--uplink", by: "--uplink=IF"))"
        case .forwardingOff(let sysctl): "switch it on with 'sysctl -w \(sysctl.replacingSlashes)=1'"
        }
    }
}

extension StatusProblem {
    /// `a service is not served on this node, where its policy 'local' finds no active backend: 'a/b' (clients inside)`.
    private static func unserved(_ inside: [ServiceName], _ outside: [ServiceName]) -> String {
        let names = Set(inside + outside).sorted()
        let shown = names.prefix(3).map { name in
            let isBoth = inside.contains(name) && outside.contains(name)
            return
                "'\(name)' (\(isBoth ? "all clients" : inside.contains(name) ? "clients inside" : "clients outside"))"
        }
        return (names.count == 1 ? "a service is" : "\(names.count) services are")
            + " not served on this node, where the policy 'local' finds no active backend: "
            + shown.joined(separator: ", ") + (names.count > 3 ? ", …" : "")
    }
}

extension String {
    /// The dotted form of a sysctl's path.
    fileprivate var replacingSlashes: String { split(separator: "/").joined(separator: ".") }
}
