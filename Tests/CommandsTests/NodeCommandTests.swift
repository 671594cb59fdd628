// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Dataplane
import DataplaneModel
import TestSupport
import Testing

@testable import Commands

/// The commands on a node in a network namespace of its own, with a bpffs and a cgroup of its own.
@Suite(.needsKernel) struct NodeCommandTests {
    private let tool: ToolNode

    init() throws {
        tool = try ToolNode()
    }

    private func enabled() throws {
        _ = try tool.output(of: ToolNode.enable)
    }

    @Test func enableSaysWhatItChoseAndWhatItDid() throws {
        #expect(
            try tool.output(of: ToolNode.enable) == """
                Dataplane:     \(tool.directory) created
                Uplinks:       up0: named with --uplink
                Workloads:     pod0: matches --workload 'pod*'
                Families:      IPv4, IPv6
                Connect time:  all
                Forwarding:    direct: asked for with --forwarding
                Return:        tunnel
                Overlay:       ebpfctl, UDP port 14789, MTU 1430
                Attached by:   tcx
                Changes:       made the overlay's device ebpfctl: UDP port 14789, MTU 1430
                               routes: 4 added, 0 changed, 0 removed
                               attached to pod0 (tcx): from_workload_v4, to_workload_v4, from_workload_v6, \
                to_workload_v6
                               attached to up0 (tcx): from_uplink_v4, to_uplink_v4, from_uplink_v6, to_uplink_v6
                               attached to ebpfctl (tcx): from_overlay_v4, from_overlay_v6
                               attached to the cgroup: connect4, connect_mapped_v4, sendmsg4, recvmsg4, \
                recvmsg_mapped_v4, getpeername4, getpeername_mapped_v4, connect6, sendmsg6, recvmsg6, getpeername6
                Warnings:      <none>

                """)
        #expect(try tool.output(of: ToolNode.enable).contains("Dataplane:     \(tool.directory) unchanged\n"))
        let quiet = try tool.run("\(ToolNode.enable) -q")
        #expect(quiet.code == .success)
        #expect(quiet.output + quiet.errors == "")
        #expect(try tool.output(of: "\(ToolNode.enable) -o name") == "\(tool.directory)\n")
        #expect(try tool.output(of: "\(ToolNode.enable) --return dsr -q") == "\(tool.directory)\n")
    }

    @Test func aDryRunOfEnableLeavesNothing() throws {
        #expect(
            try tool.output(of: "\(ToolNode.enable) --dry-run").hasPrefix(
                "Dataplane:     \(tool.directory) created (dry run)\n"))
        #expect(try tool.run("status").code == .notFound)
    }

    @Test func anOptionThatIsNotGivenAgainIsSaidToBeGone() throws {
        _ = try tool.output(of: "\(ToolNode.enable) --return dsr --map-size slots=70000")
        let run = try tool.run("\(ToolNode.enable) --map-size connections=5000")
        #expect(run.code == .success)
        #expect(run.output.contains(" --return was dsr, now default (tunnel)\n"))
        #expect(run.output.contains(" --map-size slots was 70000, now not given: the map stays as it is\n"))
        #expect(run.output.contains(" --map-size connections was default, now 5000\n"))
        #expect(!run.output.contains("--forwarding was"))
        #expect(
            run.errors == """
                options that were not given again have their defaults; to keep what they were: 'ebpfctl enable \
                --uplink=up0 "--workload=pod*" --connect-time=all --forwarding=direct --map-size=connections=5000 \
                --cgroup=\(tool.cgroup.path) --return=dsr --map-size=slots=70000 --bpffs \(tool.bpffs.path)'

                """)
        #expect(try tool.run(ToolNode.enable + " --map-size connections=5000").errors == "")
    }

    @Test func statusShowsWhatWasAskedForAndWhatCameOfIt() throws {
        let bare = "enable --uplink up0 --workload pod*"
        let mode = try #require(try tool.output(of: bare).firstMatch(of: #/Forwarding:    (direct|stack): /#)).1
        let status = try tool.output(of: "status")
        #expect(
            status.contains(
                "Options:          --uplink=up0 --workload=pod* --connect-time=all --forwarding=auto "
                    + "--cgroup=\(tool.cgroup.path)\nForwarding:       \(mode)\n"), "\(status)")
        #expect(try tool.output(of: bare).contains(" unchanged\n"))
        let run = try tool.run("\(bare) --forwarding \(mode)")
        #expect(run.output.contains("--forwarding was auto, now \(mode)\n"))
    }

    @Test func anUplinkThatDoesNotExistIsNotFound() throws {
        let run = try tool.run("enable --uplink eth9")
        #expect(run.code == .notFound)
        #expect(
            run.errors == """
                ebpfctl: cannot choose interfaces: unknown uplink 'eth9': no such interface
                hint: the interfaces here are up0, pod0; see 'ebpfctl interface list'

                """)
    }

    @Test func aWorkloadThatIsAnUplinkIsSaidToBeOne() throws {
        #expect(
            try tool.output(of: "enable --uplink up0 --workload up0 --dry-run").contains(
                "--workload 'up0' selects no interface: 'up0' is an uplink\n"))
    }

    @Test func disableTakesEverythingAwayAndSaysSo() throws {
        try enabled()
        let run = try tool.run("disable")
        #expect(run.code == .success)
        #expect(run.output.hasSuffix("dataplane \(tool.directory) deleted\n"))
        #expect(run.errors == "nothing of it is left\n")
        #expect(try tool.output(of: "disable") == "dataplane \(tool.directory) unchanged\n")
    }

    @Test func statusIsHealthyUntilAProgramIsMissing() throws {
        try enabled()
        let healthy = try tool.run("status")
        #expect(healthy.code == .success)
        #expect(healthy.output.hasPrefix("State:            healthy\n"))
        #expect(healthy.output.hasSuffix("Findings:         <none>\n"))
        #expect(try tool.output(of: "program detach connect4") == "attachment connect4:\(tool.cgroup.path) deleted\n")
        let degraded = try tool.run("status")
        #expect(degraded.code == .failure)
        #expect(degraded.output.hasPrefix("State:            degraded\n"))
        #expect(
            degraded.output.hasSuffix(
                "Findings:         connect-time program 'connect4' is not attached; "
                    + "put it right with 'ebpfctl enable --uplink=up0 \"--workload=pod*\" --connect-time=all "
                    + "--forwarding=direct --cgroup=\(tool.cgroup.path) --bpffs \(tool.bpffs.path)'\n"))
        try enabled()
        #expect(try tool.run("status").code == .success)
    }

    @Test func aServiceIsCreatedConfiguredAndDeleted() throws {
        try enabled()
        let set = "service set default/web --vip 10.96.0.10:80/tcp --backend 10.1.0.2:80"
        #expect(try tool.output(of: "\(set) --dry-run") == "service default/web created (dry run)\n")
        #expect(try tool.output(of: "service list -o json").contains("\"items\": []"))
        #expect(try tool.output(of: set) == "service default/web created\n")
        #expect(try tool.output(of: set) == "service default/web unchanged\n")
        #expect(try tool.output(of: "\(set) --backend 10.1.0.3:80,local") == "service default/web configured\n")
        #expect(
            try tool.output(of: "service list") == """
                NAME         FRONTENDS          BACKENDS  LOCAL
                default/web  10.96.0.10:80/tcp         2      1

                """)
        #expect(try tool.output(of: "service list -6 -q") == "")
        let several = try tool.run("service delete default/web default/dns")
        #expect(several.code == .failure)
        #expect(several.output == "service default/web deleted\n")
        #expect(several.errors == "ebpfctl: cannot delete service 'default/dns': no such service\n")
        #expect(try tool.output(of: "service list") == "NAME  FRONTENDS  BACKENDS  LOCAL\n")
        #expect(try tool.run("service list default/web").code == .notFound)
    }

    @Test func aFrontendBelongsToOneService() throws {
        try enabled()
        _ = try tool.output(of: "service set default/web --vip 10.96.0.10:80/tcp --backend 10.1.0.2:80")
        let run = try tool.run("service set default/other --vip 10.96.0.10:80/tcp --backend 10.1.0.9:80")
        #expect(run.code == .failure)
        #expect(
            run.errors == """
                ebpfctl: cannot use frontend '10.96.0.10:80/tcp': service 'default/web' has it
                hint: look at it with 'ebpfctl service get default/web \(tool.location)'

                """)
        #expect(try tool.output(of: "service list -q") == "default/web\n")
    }

    @Test func backendsComeAndGo() throws {
        try enabled()
        _ = try tool.output(of: "service set default/web --vip 10.96.0.10:80/tcp --backend 10.1.0.2:80")
        let add = "backend add default/web 10.1.0.2:80 10.1.0.3:80,weight=4"
        #expect(
            try tool.output(of: add) == """
                backend default/web 10.1.0.2:80 unchanged
                backend default/web 10.1.0.3:80 created

                """)
        #expect(
            try tool.output(of: "backend add default/web 10.1.0.3:80,weight=2")
                == "backend default/web 10.1.0.3:80 configured\n")
        #expect(
            try tool.output(of: "backend list default/web") == """
                BACKEND      WEIGHT  LOCAL  STATE   SERVICE
                10.1.0.2:80       1  no     active  default/web
                10.1.0.3:80       2  no     active  default/web

                """)
        let removed = try tool.run("backend remove default/web 10.1.0.9:80 10.1.0.3:80")
        #expect(removed.code == .failure)
        #expect(removed.output == "backend default/web 10.1.0.3:80 deleted\n")
        #expect(
            removed.errors
                == "ebpfctl: cannot remove backend '10.1.0.9:80' of service 'default/web': no such backend\n")
        #expect(
            try tool.output(of: "backend remove default/web 10.1.0.2:80") == "backend default/web 10.1.0.2:80 deleted\n"
        )
        #expect(try tool.output(of: "backend list -q") == "")
        #expect(try tool.run("backend add default/other 10.1.0.2:80").code == .notFound)
    }

    @Test func routesAreWrittenByHandAndFollowTheKernel() throws {
        try enabled()
        #expect(
            try tool.output(of: "route list -4") == """
                PREFIX       ROLE  PLACE   VIA      ORIGIN
                10.0.0.0/24  host  remote  on-link  kernel
                10.0.0.1/32  host  local   up0      kernel

                """)
        let add = "route add 10.1.0.0/24 --workload --local pod0"
        #expect(try tool.output(of: add) == "route 10.1.0.0/24 created\n")
        #expect(try tool.output(of: add) == "route 10.1.0.0/24 unchanged\n")
        #expect(
            try tool.output(of: "route add 10.1.0.0/24 --workload --via 10.0.0.9") == "route 10.1.0.0/24 configured\n")
        #expect(try tool.output(of: "route get 10.1.0.7 -q") == "10.1.0.0/24\n")
        #expect(try tool.run("route get 10.9.9.9").code == .notFound)
        try tool.network.addAddress(try IPAddress("10.0.7.1"), prefixLength: 24, to: PrivateNode.uplinkName)
        let sync = try tool.run("route sync")
        #expect(sync.output == "route 10.0.7.0/24 created\nroute 10.0.7.1/32 created\n")
        #expect(sync.errors == "5 routes unchanged\n")
        #expect(try tool.output(of: "route delete 10.1.0.0/24") == "route 10.1.0.0/24 deleted\n")
        #expect(try tool.run("route delete 10.1.0.0/24").code == .notFound)
    }

    @Test func anEmptyConnectionTableIsAHeaderOrAnEmptyList() throws {
        try enabled()
        #expect(try tool.output(of: "conntrack list") == "PROTO  SOURCE  DESTINATION  BACKEND  STATE  IDLE  SERVICE\n")
        #expect(try tool.output(of: "ct dump --no-headers") == "")
        #expect(
            try tool.output(of: "conntrack list -o yaml")
                == "apiVersion: ebpfctl/v1\nkind: ConnectionList\nitems: []\n")
        #expect(try tool.output(of: "conntrack delete --all") == "")
        #expect(try tool.run("conntrack get tcp 10.0.0.1:5 10.0.0.2:6").code == .notFound)
        #expect(try tool.output(of: "conntrack stats").hasPrefix("Connections:       0\n"))
    }

    @Test func aProgramIsAttachedByHandOnce() throws {
        try enabled()
        let attach = "program attach from_workload_v4 --interface lo --hook ingress"
        #expect(
            try tool.output(of: "\(attach) --dry-run") == "attachment from_workload_v4:lo/ingress created (dry run)\n")
        #expect(try tool.output(of: attach) == "attachment from_workload_v4:lo/ingress created\n")
        let again = try tool.run(attach)
        #expect(again.code == .failure)
        #expect(
            again.errors
                == "ebpfctl: cannot attach program 'from_workload_v4' to 'lo ingress': it is attached there already "
                + "(EEXIST)\n")
        #expect(
            try tool.output(of: "interface list").contains("lo       ignored   ingress         tcx        loopback"))
        let detach = "program detach from_workload_v4 --interface lo --hook ingress"
        #expect(try tool.output(of: detach) == "attachment from_workload_v4:lo/ingress deleted\n")
        #expect(try tool.run(detach).code == .notFound)
        let both = try tool.run("program detach from_workload --interface lo --hook ingress")
        #expect(both.code == .notFound)
        #expect(
            both.errors == """
                ebpfctl: cannot detach program 'from_workload' from 'lo ingress': it is not attached there (ENOENT)
                hint: see where it is with 'ebpfctl program list -o wide \(tool.location)'

                """)
        #expect(try tool.run("program attach from_workload --interface eth9 --hook ingress").code == .notFound)
    }

    @Test func listingsAreCompleteAndSorted() throws {
        try enabled()
        let programs = try tool.output(of: "program list -q").split(separator: "\n")
        #expect(programs.count == 21)
        #expect(programs.first == "from_workload_v4")
        let counters = try tool.output(of: "counter list --no-headers").split(separator: "\n")
        #expect(counters.count == CounterReason.allCases.count)
        #expect(try tool.output(of: "program list -6 -q").split(separator: "\n").count == 9)
    }

    @Test func interfacesAreListedBeforeAnythingIsEnabled() throws {
        #expect(
            try tool.output(of: "interface list") == """
                NAME  ROLE      HOOKS   MECHANISM  REASON    STATE
                lo    ignored   <none>  <none>     loopback  up
                up0   workload  <none>  <none>     pod-veth  up
                pod0  workload  <none>  <none>     pod-veth  up

                """)
    }

    @Test func checkHoldsAVerdictPerFeature() throws {
        let run = try tool.run("check -o yaml")
        #expect(run.errors == "")
        for feature in ["core", "connect-time", "direct-forwarding", "tcx", "ipv6", "node-port-across-nodes"] {
            #expect(run.output.contains("- name: \(feature)\n  verdict: "))
        }
        #expect(run.output.contains("kind: Eligibility\n"))
    }
}
