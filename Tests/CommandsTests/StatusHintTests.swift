// SPDX-License-Identifier: Apache-2.0

import Dataplane
import DataplaneModel
import Testing

@testable import Commands

/// What `status` advises, on a dataplane whose options a bare `enable` would undo.
@Suite struct StatusHintTests {
    private static let recorded = [
        "--uplink=eth0", "--workload=cali*", "--forwarding=direct", "--map-size=slots_v4=70",
    ]

    @Test(arguments: [
        (
            StatusProblem.staleLink(name: "x"),
            """
            put it right with 'ebpfctl enable --uplink=eth0 "--workload=cali*" --forwarding=direct \
            --map-size=slots_v4=70 --bpffs /run/b'
            """
        ),
        (
            .policyBypassed(by: ["x"]),
            """
            put it right with 'ebpfctl enable --uplink=eth0 "--workload=cali*" --map-size=slots_v4=70 \
            --forwarding=stack --bpffs /run/b'
            """
        ),
        (
            .mapNearlyFull(name: "slots_v4", percent: 90, evicts: false),
            """
            make it larger with 'ebpfctl enable --uplink=eth0 "--workload=cali*" --forwarding=direct \
            --map-size=slots_v4=N --bpffs /run/b'
            """
        ),
        (
            .noUplink,
            """
            name one with 'ebpfctl enable "--workload=cali*" --forwarding=direct --map-size=slots_v4=70 --uplink=IF \
            --bpffs /run/b'
            """
        ),
        (
            .addressWithoutProgram(interface: "eth1", address: .v4(1)),
            """
            serve it with 'ebpfctl enable --uplink=eth0 "--workload=cali*" --forwarding=direct \
            --map-size=slots_v4=70 --uplink=eth1 --bpffs /run/b'
            """
        ),
        (
            .otherNamespace(path: "/proc/1/ns/net"),
            "look there with 'nsenter --net=/proc/1/ns/net ebpfctl status --bpffs /run/b'"
        ),
        (
            .overlayBroken,
            """
            put it right with 'ebpfctl enable --uplink=eth0 "--workload=cali*" --forwarding=direct \
            --map-size=slots_v4=70 --bpffs /run/b'
            """
        ),
        (
            .overlayUnsupported,
            """
            load the module with 'modprobe vxlan', then 'ebpfctl enable --uplink=eth0 "--workload=cali*" \
            --forwarding=direct --map-size=slots_v4=70 --bpffs /run/b'; or do without it: 'ebpfctl enable \
            --uplink=eth0 "--workload=cali*" --forwarding=direct --map-size=slots_v4=70 --overlay-port=0 \
            --bpffs /run/b'
            """
        ),
        (
            .routesOutdated(added: 1, changed: 0, removed: 0),
            "follow them with 'ebpfctl route sync --bpffs /run/b'"
        ),
    ])
    func aHintKeepsTheRecordedOptions(problem: StatusProblem, hint: String) {
        #expect(problem.hint(EnableAgain(Self.recorded, at: DataplaneLocation(bpffs: "/run/b"))) == hint)
    }

    @Test func whatWasLeftToEnableIsLeftToItAgain() {
        let again = EnableAgain(
            ["--uplink=eth0", "--forwarding=auto", "forwarding=direct"], at: DataplaneLocation(bpffs: "/run/b"))
        let line = "'ebpfctl enable --uplink=eth0 --forwarding=auto --bpffs /run/b'"
        #expect(StatusProblem.overlayBroken.hint(again) == "put it right with \(line)")
        #expect(StatusProblem.policyBypassed(by: ["x"]).hint(again) == "let it choose again with \(line)")
    }

    @Test func theDefaultBPFFSIsNotNamedAndTheCgroupIs() {
        let location = DataplaneLocation(cgroup: "/my cgroup")
        #expect(EnableAgain([], at: location).line() == "'ebpfctl enable --cgroup \"/my cgroup\"'")
        #expect(EnableAgain(["--cgroup=/c"], at: location).line() == "'ebpfctl enable --cgroup=/c'")
        #expect(EnableAgain([], at: DataplaneLocation()).line() == "'ebpfctl enable'")
    }
}
