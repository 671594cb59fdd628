// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import CommandLineKit
import Dataplane
import DataplaneModel
import LinuxSystem
import Testing
import Topology

@testable import Commands

/// The whole wording and the exit code of every error that the layers below report.
@Suite struct ErrorTextTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let line: String
        let error: DataplaneError
        let code: ExitCode
        let message: String

        init(_ line: String, _ error: DataplaneError, _ code: ExitCode, _ message: String) {
            (self.line, self.error, self.code, self.message) = (line, error, code, message)
        }

        var testDescription: String { "\(error)" }
    }

    @Test(arguments: nodeCases + objectCases + kernelCases + systemCases)
    func isSaidInFull(failed: Case) {
        let scene = ErrorScene(words: failed.line.split(separator: " ").map(String.init), isRoot: true)
        let error = CommandError(failed.error)
        #expect(error.message(in: scene) == failed.message)
        #expect(error.exitCode == failed.code)
    }

    /// A bare `enable` would undo the others.
    @Test(arguments: [
        (DataplaneError.mapFull(map: "slots_v4", needed: 3, free: 1), "--return=dsr --map-size=slots_v4=N"),
        (
            .nodePortOutOfRange(try NodePort("30080/tcp"), PortRange(20000...20010)),
            "--return=dsr --map-size=slots_v4=70 --node-port-range=20000-30080"
        ),
    ])
    func aHintToEnableAgainKeepsTheRecordedOptions(error: DataplaneError, options: String) {
        let scene = ErrorScene(words: ["service", "set", "a/b", "--bpffs", "/run/b"]) { place in
            place.bpffs == "/run/b" ? ["--return=dsr", "--map-size=slots_v4=70"] : nil
        }
        #expect(
            CommandError(error).message(in: scene).hasSuffix(" with 'ebpfctl enable \(options) --bpffs /run/b'"))
    }

    static let web = try? ServiceName("default/web")

    static let nodeCases = [
        Case(
            "service list", .notEnabled(bpffs: "/sys/fs/bpf"), .notFound,
            """
            ebpfctl: cannot open the dataplane under '/sys/fs/bpf': it is not enabled
            hint: 'ebpfctl enable'
            """),
        Case(
            "service list --bpffs /run/b", .notEnabled(bpffs: "/run/b"), .notFound,
            """
            ebpfctl: cannot open the dataplane under '/run/b': it is not enabled
            hint: 'ebpfctl enable --bpffs /run/b'
            """),
        Case(
            "enable", .privateMountNamespace(path: "/sys/fs/bpf"), .failure,
            """
            ebpfctl: cannot mount a bpffs at '/sys/fs/bpf': it would vanish with this mount namespace
            hint: mount one that stays, 'mount -t bpf bpf DIR', and name it with '--bpffs DIR'
            """),
        Case(
            "disable --bpffs /run/b", .otherNamespace(path: "/proc/1/ns/net"), .failure,
            """
            ebpfctl: cannot run 'disable': the dataplane was enabled in another network namespace
            hint: run it there: 'nsenter --net=/proc/1/ns/net ebpfctl disable --bpffs /run/b'
            """),
        Case(
            "service apply -f x", .otherNamespace(path: "/proc/1/ns/net"), .failure,
            """
            ebpfctl: cannot run 'service apply': the dataplane was enabled in another network namespace
            hint: run it there: 'nsenter --net=/proc/1/ns/net ebpfctl service apply -f x'
            """),
        Case(
            "enable --uplink eth0", .foreignOverlay(name: "ebpfctl", kind: "bridge"), .failure,
            """
            ebpfctl: cannot make the overlay's device 'ebpfctl': bridge of that name is not ours
            hint: rename it with 'ip link set ebpfctl down name NAME', or do without an overlay: \
            'ebpfctl enable --overlay-port 0 --uplink eth0'
            """),
        Case(
            "enable", .overlayPortTaken(14789), .failure,
            """
            ebpfctl: cannot make the overlay's device: UDP port 14789 is taken (EADDRINUSE)
            hint: 'ss -ulnp sport = :14789' and 'ip -d link show type vxlan' show by whom; choose another one on all \
            nodes: 'ebpfctl enable --overlay-port N'
            """),
        Case(
            "program attach from_uplink_v4 --interface tun0 --hook ingress",
            .wrongHeader(program: "from_uplink_v4", interface: "tun0", instead: "from_uplink_l3_v4"), .usage,
            """
            ebpfctl: cannot attach program 'from_uplink_v4' to 'tun0': packets there do not begin as it expects
            hint: attach 'from_uplink_l3_v4' instead
            """),
        Case(
            "enable --bpffs /proc", .notBPFFilesystem(path: "/proc"), .failure,
            """
            ebpfctl: cannot use '/proc': it is not a bpffs
            hint: 'mount -t bpf bpf /proc'
            """),
        Case(
            "status", .unsupportedABI(found: 7, supported: 1, tool: "9.0.0"), .notSupported,
            """
            ebpfctl: cannot read the dataplane of version '9.0.0': its ABI version is 7, this tool knows 1
            hint: use that version, or take the dataplane away with 'ebpfctl disable'
            """),
        Case(
            "status", .damaged(pin: "/sys/fs/bpf/ebpfctl/maps/meta"), .failure,
            """
            ebpfctl: cannot read pin '/sys/fs/bpf/ebpfctl/maps/meta': it is missing or not what this version wrote
            hint: take the dataplane away with 'ebpfctl disable', then 'ebpfctl enable'
            """),
        Case(
            "disable", .foreignPins(["/b/ebpfctl/x", "/b/ebpfctl/maps/y"]), .failure,
            """
            ebpfctl: cannot use the pin directory: '/b/ebpfctl/x', '/b/ebpfctl/maps/y' are not ours
            hint: 'find /b/ebpfctl/x -ls' shows what it is; move it away
            """),
        Case(
            "service list", .locked(by: 77, isDraining: true), .failure,
            """
            ebpfctl: cannot lock the dataplane: process 77 is draining it
            hint: wait longer for it with '--timeout 10m', or take the drain back with 'kill -INT 77'
            """),
        Case(
            "enable", .locked(by: 77), .failure,
            """
            ebpfctl: cannot lock the dataplane: process 77 is changing it
            hint: wait longer for it with '--timeout 1m'
            """),
        Case(
            "trace", .tracingTaken(by: 77), .failure,
            """
            ebpfctl: cannot trace: process 77 is tracing already (EBUSY)
            hint: 'ps -p 77' shows what it is; end it with 'kill -INT 77'
            """),
        Case(
            "trace --bpffs /run/b", .tracingUnknown(map: "events", configuration: ["--uplink=eth0", "--return=dsr"]),
            .notSupported,
            """
            ebpfctl: cannot trace: map 'events' is missing, since the programs are of a version that cannot be traced
            hint: exchange them, without a gap for the traffic, with 'ebpfctl enable --uplink=eth0 --return=dsr --bpffs /run/b'
            """),
        Case(
            "enable", .topology(.noUplink(candidates: ["eth1"])), .notSupported,
            """
            ebpfctl: cannot choose interfaces: no uplink found: no interface has a default route and none is named \
            with --uplink
            hint: name the interface that leads to other nodes with 'ebpfctl enable --uplink eth1'
            """),
        Case(
            "enable --dry-run --workload h* --bpffs /run/b", .topology(.noUplink(candidates: [])), .notSupported,
            """
            ebpfctl: cannot choose interfaces: no uplink found: no interface has a default route and none is named \
            with --uplink
            hint: name the interface that leads to other nodes with \
            'ebpfctl enable --uplink IF --dry-run --workload "h*" --bpffs /run/b'
            """),
        Case(
            "route sync --bpffs /run/b", .topology(.noUplink(candidates: ["a", "b"])), .notSupported,
            """
            ebpfctl: cannot choose interfaces: no uplink found: no interface has a default route and none is named \
            with --uplink
            hint: name the interface that leads to other nodes with \
            'ebpfctl enable --uplink a --bpffs /run/b'; candidates are a, b
            """),
        Case(
            "enable --uplink eth9", .topology(.unknownUplink("eth9", existing: ["eth0"])), .notFound,
            """
            ebpfctl: cannot choose interfaces: unknown uplink 'eth9': no such interface
            hint: the interfaces here are eth0; see 'ebpfctl interface list'
            """),
        Case(
            "enable", .noCgroup, .notSupported,
            """
            ebpfctl: cannot balance at connect time: no cgroup2 hierarchy is mounted (check 'mount.cgroup2')
            hint: 'mount -t cgroup2 none DIR', or do without it: 'ebpfctl enable --connect-time off'
            """),
        Case(
            "connect-time attach --bpffs /run/b", .connectTimeOff, .notSupported,
            """
            ebpfctl: cannot attach connect-time programs: they are loaded for '--connect-time off' and would do nothing
            hint: look at the options of 'enable' with 'ebpfctl status --bpffs /run/b', and repeat it with \
            '--connect-time all'
            """),
        Case(
            "enable --dry-run --connect-time tcp --bpffs /run/b", .noCgroup, .notSupported,
            """
            ebpfctl: cannot balance at connect time: no cgroup2 hierarchy is mounted (check 'mount.cgroup2')
            hint: 'mount -t cgroup2 none DIR', or do without it: 'ebpfctl enable --connect-time off --bpffs /run/b'
            """),
        Case(
            "enable", .leftovers(["bpffs on /b"], after: "kernel"), .failure,
            """
            ebpfctl: cannot take back all of a change that failed: 1 left
            left: bpffs on /b
            hint: 'ebpfctl disable'
            """),
    ]

    static let objectCases: [Case] = {
        guard let web, let endpoint = try? Endpoint("10.1.0.2:80"), let prefix = try? Prefix("10.1.0.0/16"),
            let frontend = try? FrontendAddress("10.96.0.10:80/tcp"), let node = try? NodePort("30080/tcp"),
            let key = try? ConnectionKey(words: ["tcp,10.0.0.1:3333,10.96.0.10:80"])
        else { return [] }
        return [
            Case(
                "service get default/web", .unknownService(web), .notFound,
                """
                ebpfctl: cannot get service 'default/web': no such service
                hint: list services with 'ebpfctl service list'
                """),
            Case(
                "backend add default/web 10.1.0.2:80", .unknownService(web), .notFound,
                """
                ebpfctl: cannot find service 'default/web': no such service
                hint: list services with 'ebpfctl service list'
                """),
            Case(
                "route delete 10.1.0.0/16", .derivedRoute(prefix), .failure,
                """
                ebpfctl: cannot delete route '10.1.0.0/16': it follows from other routes or from --no-dsr
                hint: see what names it with 'ebpfctl route list'
                """),
            Case(
                "backend remove default/web 10.1.0.2:80", .unknownBackend(web, endpoint), .notFound,
                """
                ebpfctl: cannot remove backend '10.1.0.2:80' of service 'default/web': no such backend
                hint: list its backends with 'ebpfctl backend list default/web'
                """),
            Case(
                "conntrack delete tcp,10.0.0.1:3333,10.96.0.10:80", .unknownConnection(key), .notFound,
                """
                ebpfctl: cannot delete connection 'tcp,10.0.0.1:3333,10.96.0.10:80': no such connection
                hint: list connections with 'ebpfctl conntrack list'
                """),
            Case(
                "route delete 10.1.0.0/16", .unknownRoute(prefix), .notFound,
                """
                ebpfctl: cannot delete route '10.1.0.0/16': no such route
                hint: list routes with 'ebpfctl route list'
                """),
            Case(
                "route add 10.1.0.0/16 --host --local eth9", .unknownInterface("eth9"), .notFound,
                """
                ebpfctl: cannot find interface 'eth9': no such interface (ENODEV)
                hint: list interfaces with 'ebpfctl interface list'
                """),
            Case(
                "service set a/b", .frontendTaken(.clusterIP(frontend), by: web), .failure,
                """
                ebpfctl: cannot use frontend '10.96.0.10:80/tcp': service 'default/web' has it
                hint: look at it with 'ebpfctl service get default/web'
                """),
            Case(
                "service set a/b", .frontendTaken(.nodePort(node), by: web), .failure,
                """
                ebpfctl: cannot use frontend '*:30080/tcp': service 'default/web' has it
                hint: look at it with 'ebpfctl service get default/web'
                """),
            Case(
                "service set a/b", .familyNotEnabled(.nodePort(node), .v6), .notSupported,
                """
                ebpfctl: cannot use frontend '*:30080/tcp': the dataplane is enabled without IPv6
                hint: look at its options with 'ebpfctl status'
                """),
            Case(
                "service set a/b", .nodePortOutOfRange(node, PortRange(20000...20010)), .usage,
                """
                ebpfctl: cannot use node port '30080/tcp': it is outside the node-port range 20000-20010
                hint: change the range with 'ebpfctl enable --node-port-range 20000-30080'
                """),
            Case(
                "service set a/b", .mapFull(map: "slots_v4", needed: 3, free: 1), .failure,
                """
                ebpfctl: cannot write to map 'slots_v4': 3 entries are needed, 1 free (ENOSPC)
                hint: make it larger with 'ebpfctl enable --map-size slots_v4=N'
                """),
            Case(
                "enable --map-size slots=4", .mapTooSmall(map: "slots_v4", wanted: 4, used: 12), .failure,
                """
                ebpfctl: cannot make map 'slots_v4' as small as 4: it needs room for 12 entries that it holds (ENOSPC)
                hint: see how full the maps are with 'ebpfctl map list'
                """),
            Case(
                "program attach connect4", .alreadyAttached(program: "connect4", to: "/cg"), .failure,
                "ebpfctl: cannot attach program 'connect4' to '/cg': it is attached there already (EEXIST)"),
            Case(
                "program detach connect4", .notAttached(program: "connect4", to: "/cg"), .notFound,
                """
                ebpfctl: cannot detach program 'connect4' from '/cg': it is not attached there (ENOENT)
                hint: see where it is with 'ebpfctl program list -o wide'
                """),
        ]
    }()

    static let kernelCases = [
        Case(
            "program attach from_uplink_v4 --interface eth9 --hook ingress",
            .kernel(KernelError(.attach, "from_uplink_v4", to: "eth9", .noDevice)), .failure,
            """
            ebpfctl: cannot attach program 'from_uplink_v4' to 'eth9': no such device (ENODEV)
            hint: list interfaces with 'ebpfctl interface list'
            """),
        Case(
            "enable",
            .kernel(
                KernelError(
                    .loadProgram, "from_uplink", .accessDenied,
                    detail: .verifier(VerifierLog("0: a\n1: b\nR1 invalid mem access 'scalar'\n", keeping: 2)))),
            .notSupported,
            """
            ebpfctl: cannot load program 'from_uplink': the verifier of this kernel refuses it (EACCES)
            verifier: (1 lines left out)
            verifier: 1: b
            verifier: R1 invalid mem access 'scalar'
            """),
        Case(
            "enable", .kernel(KernelError(.createMap, "slots_v4", .notPermitted)), .notPermitted,
            "ebpfctl: cannot create map 'slots_v4': operation not permitted (EPERM)"),
        Case(
            "enable", .kernel(KernelError(.loadObject, "connect", .noMemory, detail: .messages(["failed to load"]))),
            .failure,
            """
            ebpfctl: cannot load the BPF object 'connect': cannot allocate memory (ENOMEM)
            libbpf: failed to load
            """),
        Case(
            "status",
            .kernel(
                KernelError(
                    .openMap, "/b/x", .invalidArgument, detail: .layout(part: .value, expected: 32, found: 24))),
            .failure, "ebpfctl: cannot open map '/b/x': its value has 24 bytes, not 32 (EINVAL)"),
        Case(
            "status",
            .kernel(KernelError(.openPin, "/b/x", .invalidArgument, detail: .kind(expected: .map, found: .program))),
            .failure, "ebpfctl: cannot open pin '/b/x': it is a program, not a map (EINVAL)"),
        Case(
            "enable", .kernel(KernelError(.attach, "connect4", to: "/cg", .notSupportedByKernel)), .notSupported,
            """
            ebpfctl: cannot attach program 'connect4' to '/cg': operation not supported by the kernel (ENOTSUPP)
            hint: see what this node lacks with 'ebpfctl check'
            """),
        Case(
            "service set a/b",
            .kernel(KernelError(.update, "slots_v4", .noMemory, detail: .partial(done: 3, total: 9))), .failure,
            "ebpfctl: cannot write to map 'slots_v4': 3 of 9 are done: cannot allocate memory (ENOMEM)"),
    ]

    static let systemCases = [
        Case(
            "enable", .system(SystemError(.mount, "/sys/fs/bpf", .notPermitted)), .notPermitted,
            "ebpfctl: cannot mount '/sys/fs/bpf': operation not permitted (EPERM)"),
        Case(
            "enable", .system(SystemError(.addRoute, "10.0.0.0/8", .networkUnreachable, detail: "invalid gateway")),
            .failure,
            "ebpfctl: cannot add route '10.0.0.0/8': invalid gateway: network is unreachable (ENETUNREACH)"),
    ]

    @Test func everyOperationOfTheKernelHasAPhraseOfItsOwn() {
        let bare = KernelError.Operation.allCases.filter { $0.phrase == $0.rawValue }
        #expect(bare == [.duplicate])
    }

    @Test func someoneWhoIsNotRootIsToldToBecomeRoot() {
        let scene = ErrorScene(words: ["service", "list"], isRoot: false)
        let error = CommandError(DataplaneError.system(SystemError(.openFile, "/sys/fs/bpf", .accessDenied)))
        #expect(
            error.message(in: scene) == """
                ebpfctl: cannot open '/sys/fs/bpf': permission denied (EACCES)
                hint: run it as root: 'sudo ebpfctl service list'
                """)
        #expect(error.exitCode == .notPermitted)
    }

    @Test func anIneligibleNodeIsToldByWhichChecks() {
        let checks = [
            FailedCheck(
                id: "mount.cgroup2", found: "not mounted", required: "a cgroup2 mount", hint: "mount -t cgroup2 none /c"
            ),
            FailedCheck(id: "bpf.syscall", found: "not available", required: "the bpf() system call", hint: nil),
        ]
        let error = CommandError.notEligible(checks)
        #expect(
            error.message(in: ErrorScene(words: ["enable"])) == """
                ebpfctl: cannot enable the dataplane: check 'mount.cgroup2' found not mounted, needed is a cgroup2 mount
                check 'bpf.syscall': found not available, needed is the bpf() system call
                hint: mount -t cgroup2 none /c
                """)
        #expect(error.exitCode == .notSupported)
    }

    @Test func ofSeveralFailuresEachTakesOneLine() throws {
        let scene = ErrorScene(words: ["service", "delete", "a/b", "c/d"])
        let error = CommandError(DataplaneError.unknownService(try ServiceName("c/d")))
        #expect(error.line(in: scene) == "ebpfctl: cannot delete service 'c/d': no such service")
    }
}
