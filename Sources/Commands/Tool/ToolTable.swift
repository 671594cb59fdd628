// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit

extension Tool {
    /// Everything `ebpfctl` can do, in the order of help; what is not built yet is absent.
    package static let commands: [any Command.Type] = [
        CheckCommand.self, EnableCommand.self, DisableCommand.self, StatusCommand.self, TraceCommand.self,
        DiagsCommand.self,
        ServiceList.self, ServiceGet.self, ServiceSet.self, ServiceDelete.self,
        ServiceApply.self, ServiceExport.self,
        BackendList.self, BackendAdd.self, BackendRemove.self, BackendDrain.self,
        AffinityList.self, AffinityClear.self,
        ConntrackList.self, ConntrackGet.self, ConntrackDelete.self, ConntrackStats.self, ConntrackSweep.self,
        RouteList.self, RouteGet.self, RouteAdd.self, RouteDelete.self, RouteSync.self,
        NeighborList.self,
        ProgramList.self, ProgramAttach.self, ProgramDetach.self, ProgramProfileCommand.self,
        ConnectTimeStatus.self, ConnectTimeAttach.self, ConnectTimeDetach.self,
        InterfaceList.self, MapList.self, CounterList.self, CounterExplain.self, CounterReset.self,
        CleanupCommand.self, DemoCommand.self, CompletionCommand.self, VersionCommand.self,
    ]

    /// The single source of parsing, help, completions and manuals.
    package static let table = CommandTable(
        tool: "ebpfctl", "Kubernetes service load balancing in eBPF, in the place of kube-proxy's rule lists",
        details: [
            """
            The complete state of the dataplane lives in maps pinned below a bpffs. No daemon is needed for packets \
            to flow, and any command can be interrupted.
            """,
            """
            Results go to standard output, everything else to standard error. Tables are for people; json and yaml \
            are one and the same document for programs, and name is what other commands accept.
            """,
        ],
        environment: [
            NamedThing("NO_COLOR", "When it is set to anything, tables are not coloured unless --color says so"),
            NamedThing("TERM", "When it is dumb, tables are not coloured unless --color says so"),
        ],
        files: [
            NamedThing("/sys/fs/bpf/ebpfctl", "The pinned maps, programs and links of the dataplane"),
            NamedThing("/sys/fs/bpf/ebpfctl-staging", "The same while 'enable' is at work"),
        ],
        globalOptions: GlobalOption.all,
        globalChoices: [OptionChoice([GlobalOption.ipv4.name, GlobalOption.ipv6.name])],
        nouns: [
            NounSpec("service", plural: "services", aliases: ["svc", "nat"], "Virtual addresses and who serves them"),
            NounSpec("backend", plural: "backends", "The servers behind services"),
            NounSpec("affinity", "Clients that services keep on a backend"),
            NounSpec("conntrack", aliases: ["ct"], "Tracked connections"),
            NounSpec("route", plural: "routes", "Which interface or node an address lives on"),
            NounSpec("neighbor", plural: "neighbors", aliases: ["arp"], "Next hops and their link-layer addresses"),
            NounSpec("program", plural: "programs", "The eBPF programs and where they are attached"),
            NounSpec("connect-time", "The balancing of sockets when they connect"),
            NounSpec("interface", plural: "interfaces", aliases: ["ifstate"], "Network interfaces and their roles"),
            NounSpec("map", plural: "maps", "The tables of the dataplane, and how full they are"),
            NounSpec("counter", plural: "counters", "Packets and socket calls by what became of them"),
        ],
        commands: commands.map { $0.spec })
}
