// SPDX-License-Identifier: Apache-2.0

import Dataplane

extension StatusProblem {
    /// What is found, and what it means.
    var text: String {
        switch self {
        case .uplinkWithoutProgram(let interface, let program):
            "uplink '\(interface)' lacks program '\(program)'"
        case .workloadWithoutPrograms(let interface, let programs):
            "workload '\(interface)' lacks \(programs.joined(separator: ", "))"
        case .socketHookWithoutProgram(let program): "connect-time program '\(program)' is not attached"
        case .staleLink(let name): "link '\(name)' is left of an interface or cgroup that is gone"
        case .otherProgram(let name):
            "link '\(name)' runs another program than the one pinned, as after a killed command"
        case .foreignProgramAhead(let interface, let hook, let program):
            "program '\(program)' of somebody else runs first on '\(interface)' \(hook) and may keep packets from ours"
        case .mapNearlyFull(let name, let percent): "map '\(name)' is \(percent)% full"
        case .routesOutdated(let added, let changed, let removed):
            "the kernel's routes have changed: \(added) new, \(changed) different, \(removed) gone"
        case .noUplink: "no interface is an uplink any more"
        case .forwardingOff(let sysctl):
            "this node forwards no packets: \(sysctl.replacingSlashes) is 0"
        case .policyBypassed(let chains):
            "forwarding is direct, but forwarded packets are filtered by \(chains.joined(separator: ", "))"
        }
    }

    /// A command to run, which leaves the recorded options as they are but for the one to blame.
    func hint(_ again: EnableAgain) -> String {
        switch self {
        case .uplinkWithoutProgram, .workloadWithoutPrograms, .socketHookWithoutProgram, .staleLink, .otherProgram:
            "put it right with \(again.line())"
        case .policyBypassed: "put it right with \(again.line(replacing: "--forwarding", by: "--forwarding=stack"))"
        case .foreignProgramAhead(let interface, _, _): "look at it with 'bpftool net show dev \(interface)'"
        case .mapNearlyFull(let name, _):
            "make it larger with \(again.line(replacing: "--map-size=\(name)", by: "--map-size=\(name)=N"))"
        case .routesOutdated: "follow them with \(again.line(of: ["route", "sync"]))"
        case .noUplink: "name one with \(again.line(replacing: "--uplink", by: "--uplink=IF"))"
        case .forwardingOff(let sysctl): "switch it on with 'sysctl -w \(sysctl.replacingSlashes)=1'"
        }
    }
}

extension String {
    /// The dotted form of a sysctl's path.
    fileprivate var replacingSlashes: String { split(separator: "/").joined(separator: ".") }
}
