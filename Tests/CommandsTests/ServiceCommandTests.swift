// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import DataplaneModel
import TestSupport
import Testing

@testable import Commands

/// The commands for services, backends and affinity on a node with a bpffs and a cgroup of its own.
@Suite(.needsKernel) struct ServiceCommandTests {
    private let tool: ToolNode

    init() throws {
        tool = try ToolNode()
        _ = try tool.output(of: "\(ToolNode.enable) --map-size connections=256")
    }

    /// What a service without an active backend makes a command say.
    private func refusal(_ name: String) -> String {
        "service '\(name)' has no active backend: its clients are refused until there is one, "
            + "see 'ebpfctl backend add \(name) ADDR:PORT \(tool.location)'\n"
    }

    @Test func aServiceWithEverythingIsShownAsItWasSet() throws {
        let set =
            "service set default/web --vip 10.96.0.10:80/tcp --node-port 30080/tcp --external-ip 192.0.2.5:80/tcp "
            + "--load-balancer [2001:db8::6]:80/tcp --backend 10.1.0.2:8080,weight=2,local --backend [fd01::2]:8080 "
            + "--affinity 3h --external-policy local --internal-policy local --source-range 10.0.0.0/8 "
            + "--source-range fd00::/8"
        #expect(try tool.output(of: set) == "service default/web created\n")
        #expect(try tool.output(of: set) == "service default/web unchanged\n")
        #expect(
            try tool.output(of: "service get default/web") == """
                Name:             default/web
                Frontends:        10.96.0.10:80/tcp (cluster-ip)
                                  192.0.2.5:80/tcp (external-ip)
                                  [2001:db8::6]:80/tcp (load-balancer)
                                  *:30080/tcp (node-port)
                Algorithm:        random
                Affinity:         3h
                External policy:  local
                Internal policy:  local
                Source ranges:    10.0.0.0/8
                                  fd00::/8
                Backends:
                  BACKEND         WEIGHT  LOCAL  STATE
                  10.1.0.2:8080        2  yes    active
                  [fd01::2]:8080       1  no     active

                """)
        #expect(
            try tool.output(of: "\(set) --algorithm maglev --dry-run") == "service default/web configured (dry run)\n")
        #expect(try tool.output(of: "\(set) --algorithm maglev") == "service default/web configured\n")
        #expect(
            try tool.output(of: "service list") == """
                NAME         FRONTENDS                              BACKENDS  LOCAL
                default/web  10.96.0.10:80/tcp,192.0.2.5:80/tcp,+2         2      1

                """)
        #expect(try tool.output(of: "service delete default/web --close-tcp") == "service default/web deleted\n")
        #expect(try tool.output(of: "service list -q") == "")
    }

    @Test func aServiceWithoutBackendsIsSetAndTheUserIsTold() throws {
        let run = try tool.run("service set default/web --node-port 30080/tcp")
        #expect(run.code == .success)
        #expect(run.output == "service default/web created\n")
        #expect(run.errors == refusal("default/web"))
        let add = try tool.run("backend add default/web 10.1.0.2:8080")
        #expect(add.output == "backend default/web 10.1.0.2:8080 created\n")
        #expect(add.errors == "")
        let remove = try tool.run("backend remove default/web 10.1.0.2:8080")
        #expect(remove.output == "backend default/web 10.1.0.2:8080 deleted\n")
        #expect(remove.errors == refusal("default/web"))
    }

    @Test func aBackendIsDrainedAndMadeActiveAgain() throws {
        _ = try tool.output(
            of: "service set default/web --vip 10.96.0.10:80/tcp --backend 10.1.0.2:80 --backend 10.1.0.3:80")
        let drain = "backend drain default/web 10.1.0.2:80"
        #expect(try tool.output(of: "\(drain) --dry-run") == "backend default/web 10.1.0.2:80 configured (dry run)\n")
        #expect(try tool.output(of: drain) == "backend default/web 10.1.0.2:80 configured\n")
        #expect(try tool.output(of: drain) == "backend default/web 10.1.0.2:80 unchanged\n")
        #expect(
            try tool.output(of: "backend list") == """
                BACKEND      WEIGHT  LOCAL  STATE     SERVICE
                10.1.0.2:80       1  no     draining  default/web
                10.1.0.3:80       1  no     active    default/web

                """)
        let several = try tool.run("backend drain default/web 10.1.0.9:80 10.1.0.3:80")
        #expect(several.code == .failure)
        #expect(several.output == "backend default/web 10.1.0.3:80 configured\n")
        #expect(
            several.errors == "ebpfctl: cannot drain backend '10.1.0.9:80' of service 'default/web': no such backend\n"
                + refusal("default/web"))
        #expect(
            try tool.output(of: "backend add default/web 10.1.0.2:80") == "backend default/web 10.1.0.2:80 configured\n"
        )
        #expect(try tool.output(of: "backend list -o json").contains("\"state\": \"active\""))
        #expect(try tool.run("backend drain default/no 10.1.0.2:80").code == .notFound)
    }

    @Test func aServiceIsShownWithAllItsPortsWhereNoneIsNamed() throws {
        let set = "service set default/web:https --vip 10.96.0.10:443/tcp --backend 10.1.0.2:443"
        _ = try tool.output(of: set)
        let one = try tool.output(of: "service get default/web:https")
        #expect(try tool.output(of: "service get default/web") == one)
        _ = try tool.output(of: "service set default/web:http --vip 10.96.0.10:80/tcp --backend 10.1.0.2:80")
        let other = try tool.output(of: "service get default/web:http")
        #expect(try tool.output(of: "service get default/web") == "\(other)\n\(one)")
        #expect(
            try tool.output(of: "service get default/web -o json")
                == (try tool.output(of: "service list default/web -o json")))
        #expect(try tool.output(of: "service get default/web -q") == "default/web:http\ndefault/web:https\n")
        #expect(try tool.output(of: "service get default/web:https -o json").contains("\"kind\": \"Service\""))
        // A service of exactly this name is meant alone.
        _ = try tool.output(of: "service set default/web --vip 10.96.0.10:8080/tcp --backend 10.1.0.2:80")
        #expect(try tool.output(of: "service get default/web -q") == "default/web\n")
        #expect(try tool.run("service get default/we").code == .notFound)
    }

    @Test(arguments: [
        ("service delete default/nm", "delete"), ("backend add default/nm 10.1.0.3:80", "find"),
        ("backend remove default/nm 10.1.0.2:80", "find"),
    ])
    func whatChangesAServiceNeedsItsPortAndSaysWhichThereAre(line: String, verb: String) throws {
        _ = try tool.output(of: "service set default/nm:http --vip 10.96.0.10:80/tcp --backend 10.1.0.2:80")
        let one = try tool.run(line)
        #expect(one.code == .notFound)
        #expect(
            one.errors == """
                ebpfctl: cannot \(verb) service 'default/nm': no such service
                hint: did you mean 'default/nm:http'?

                """)
        for (port, name) in [(443, "https"), (8080, "web"), (8081, "extra")] {
            _ = try tool.output(
                of: "service set default/nm:\(name) --vip 10.96.0.10:\(port)/tcp --backend 10.1.0.2:80")
        }
        #expect(
            try tool.run(line).errors == """
                ebpfctl: cannot \(verb) service 'default/nm': no such service
                hint: did you mean 'default/nm:extra', 'default/nm:http' or 'default/nm:https'? list them all with \
                'ebpfctl service list default/nm \(tool.location)'

                """)
        #expect(try tool.output(of: "service list -q").split(separator: "\n").count == 4)
    }

    @Test func aNodePortBelongsToOneServiceAndLiesInTheRange() throws {
        _ = try tool.output(of: "service set default/web --node-port 30080/tcp --backend 10.1.0.2:80")
        let taken = try tool.run("service set default/other --node-port 30080/tcp --backend [fd01::2]:80")
        #expect(taken.code == .failure)
        #expect(
            taken.errors == """
                ebpfctl: cannot use frontend '*:30080/tcp': service 'default/web' has it
                hint: look at it with 'ebpfctl service get default/web \(tool.location)'

                """)
        let outside = try tool.run("service set default/other --node-port 80/tcp --backend 10.1.0.2:80")
        #expect(outside.code == .usage)
        #expect(
            outside.errors == """
                ebpfctl: cannot use node port '80/tcp': it is outside the node-port range 30000-32767
                hint: change the range with 'ebpfctl enable --uplink=up0 "--workload=pod*" --connect-time=all \
                --forwarding=direct --map-size=connections=256 --cgroup=\(tool.cgroup.path) \
                --node-port-range=80-32767 --bpffs \(tool.bpffs.path)'

                """)
        #expect(try tool.output(of: "service list -q") == "default/web\n")
    }

    @Test func withoutKeptClientsThereIsNothingToListOrClear() throws {
        _ = try tool.output(of: "service set default/web --node-port 30080/tcp --backend 10.1.0.2:80 --affinity 1h")
        #expect(try tool.output(of: "affinity list") == "CLIENT  KIND  BACKEND  AGE  REMAINING  SERVICE\n")
        #expect(try tool.output(of: "affinity list default/web -o json").contains("\"items\": []"))
        #expect(try tool.output(of: "affinity clear") == "")
        let unknown = try tool.run("affinity clear default/no")
        #expect(unknown.code == .notFound)
        #expect(unknown.errors.hasPrefix("ebpfctl: cannot find service 'default/no': no such service\n"))
    }
}
