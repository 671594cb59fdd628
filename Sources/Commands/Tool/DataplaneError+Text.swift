// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import CommandLineKit
import Dataplane
import DataplaneModel
import LinuxSystem
import Topology

extension DataplaneError {
    func text(_ scene: ErrorScene) -> ErrorText {
        switch self {
        case .kernel(let error): error.text(scene)
        case .system(let error): error.text(scene)
        case .notEnabled, .privateMountNamespace, .occupiedMountPoint, .notBPFFilesystem, .unsupportedABI, .damaged,
            .foreignPins, .locked,
            .topology, .noCgroup, .connectTimeOff, .leftovers, .foreignOverlay, .overlayPortTaken, .tracingTaken,
            .tracingUnknown, .otherNamespace:
            nodeText(scene)
        default: objectText(scene)
        }
    }

    /// What concerns the dataplane as a whole.
    private func nodeText(_ scene: ErrorScene) -> ErrorText {
        switch self {
        case .notEnabled(let bpffs):
            ErrorText(
                "cannot open the dataplane under \(quoted(bpffs)): it is not enabled", hint: scene.line("enable"))
        case .privateMountNamespace(let path):
            ErrorText(
                "cannot mount a bpffs at \(quoted(path)): it would vanish with this mount namespace",
                hint: "mount one that stays, 'mount -t bpf bpf DIR', and name it with '--bpffs DIR'")
        case .occupiedMountPoint(let path):
            ErrorText(
                "cannot mount a bpffs at \(quoted(path)): it would hide the files in it (ENOTEMPTY)",
                hint: "mount one elsewhere, 'mount -t bpf bpf DIR', and name it with '--bpffs DIR'")
        case .notBPFFilesystem(let path):
            ErrorText(
                "cannot use \(quoted(path)): it is not a bpffs", hint: "'mount -t bpf bpf \(path)'")
        case .unsupportedABI(let found, let supported, let tool):
            ErrorText(
                "cannot read the dataplane of version \(quoted(tool)): its ABI version is \(found), "
                    + "this tool knows \(supported)",
                hint: "use that version, or take the dataplane away with \(scene.line("disable"))")
        case .damaged(let pin):
            ErrorText(
                "cannot read pin \(quoted(pin)): it is missing or not what this version wrote",
                hint: "take the dataplane away with \(scene.line("disable")), then \(scene.line("enable"))")
        case .foreignPins(let pins):
            ErrorText(
                "cannot use the pin directory: \(quotedList(pins)) \(pins.count == 1 ? "is" : "are") not ours",
                hint: "'find \(pins.first ?? "") -ls' shows what it is; move it away")
        case .locked(let holder?, isDraining: true):
            ErrorText(
                "cannot lock the dataplane: process \(holder) is draining it",
                hint: "wait longer for it with '--timeout 10m', or take the drain back with 'kill -INT \(holder)'")
        case .locked(let holder, _):
            ErrorText(
                "cannot lock the dataplane: "
                    + (holder.map { "process \($0) is changing it" } ?? "another process is changing it"),
                hint: "wait longer for it with '--timeout 1m'")
        case .topology(let error):
            ErrorText("cannot choose interfaces: \(error.message)", hint: error.hint(scene))
        case .otherNamespace(let path):
            ErrorText(
                "cannot \(scene.command.map { "run '\($0.path)'" } ?? "go on"): "
                    + "the dataplane was enabled in another network namespace",
                hint: "run it there: \(scene.inside(path))")
        case .noCgroup:
            ErrorText(
                "cannot balance at connect time: no cgroup2 hierarchy is mounted (check 'mount.cgroup2')",
                hint:
                    "'mount -t cgroup2 none DIR', or do without it: \(scene.enable(adding: ["--connect-time", "off"]))")
        case .connectTimeOff:
            ErrorText(
                "cannot attach connect-time programs: they are loaded for '--connect-time off' and would do nothing",
                hint: "look at the options of 'enable' with \(scene.line("status")), and repeat it with "
                    + "'--connect-time all'")
        case .foreignOverlay(let name, let kind):
            ErrorText(
                "cannot make the overlay's device \(quoted(name)): \(kind ?? "a device") of that name is not ours",
                hint: "rename it with 'ip link set \(name) down name NAME', or do without an overlay: "
                    + scene.enable(adding: ["--overlay-port", "0"]))
        case .overlayPortTaken(let port):
            ErrorText(
                "cannot make the overlay's device: UDP port \(port) is taken (EADDRINUSE)",
                hint: "'ss -ulnp sport = :\(port)' and 'ip -d link show type vxlan' show by whom; "
                    + "choose another one on all nodes: \(scene.enable(adding: ["--overlay-port", "N"]))")
        case .tracingTaken(let owner):
            ErrorText(
                "cannot trace: process \(owner) is tracing already (EBUSY)",
                hint: "'ps -p \(owner)' shows what it is; end it with 'kill -INT \(owner)'")
        case .tracingUnknown(let map, let configuration):
            ErrorText(
                "cannot trace: map '\(map)' is missing, since the programs are of a version that cannot be traced",
                hint: "exchange them, without a gap for the traffic, with \(scene.enableAgain(configuration))")
        case .leftovers(let items, _):
            ErrorText(
                "cannot take back all of a change that failed: \(items.count) left",
                details: items.map { "left: \($0)" }, hint: scene.line("disable"))
        default: ErrorText("")
        }
    }

    /// What concerns one object.
    private func objectText(_ scene: ErrorScene) -> ErrorText {
        switch self {
        case .unknownInterface(let name):
            ErrorText(
                "cannot find interface \(quoted(name)): no such interface (ENODEV)",
                hint: "list interfaces with \(scene.line("interface list"))")
        case .unknownService(let name, let ports):
            ErrorText(
                "cannot \(scene.act(on: "service")) service '\(name)': no such service",
                hint: ports.isEmpty
                    ? "list services with \(scene.line("service list"))" : scene.guess(ports, of: name))
        case .unknownBackend(let service, let endpoint):
            ErrorText(
                "cannot \(scene.act(on: "backend")) backend '\(endpoint)' of service '\(service)': no such backend",
                hint: "list its backends with \(scene.line("backend list \(service)"))")
        case .unknownFrontend(let asked, let others):
            ErrorText(
                "cannot \(scene.act(on: "service")) a service at \(quoted(asked)): no service is reached so",
                details: others, hint: "list services with \(scene.line("service list -o wide"))")
        case .unknownConnection(let key):
            ErrorText(
                "cannot \(scene.act(on: "conntrack")) connection '\(key)': no such connection",
                hint: "list connections with \(scene.line("conntrack list"))")
        case .unknownRoute(let prefix):
            ErrorText(
                "cannot \(scene.act(on: "route")) route '\(prefix)': no such route",
                hint: "list routes with \(scene.line("route list"))")
        case .unknownProgram(let name, let known):
            ErrorText(
                "cannot \(scene.act(on: "program")) program \(quoted(name)): no such program",
                details: known.isEmpty ? [] : ["known: \(known.joined(separator: ", "))"],
                hint: "list programs with \(scene.line("program list"))")
        default: conflictText(scene)
        }
    }

    /// What contradicts something that is there.
    private func conflictText(_ scene: ErrorScene) -> ErrorText {
        switch self {
        case .frontendTaken(let frontend, let owner):
            ErrorText(
                "cannot use frontend '\(frontend)': \(owner.map { "service '\($0)'" } ?? "another service") has it",
                hint: owner.map { "look at it with \(scene.line("service get \($0)"))" })
        case .familyNotEnabled(let frontend, let family):
            ErrorText(
                "cannot use frontend '\(frontend)': the dataplane is enabled without \(family)",
                hint: "look at its options with \(scene.line("status"))")
        case .nodePortOutOfRange(let node, let range):
            ErrorText(
                "cannot use node port '\(node)': it is outside the node-port range \(range)",
                hint: "change the range with "
                    + scene.enableAgain(with: "--node-port-range", "\(range.including(node.port))"))
        case .duplicateBackend(let service, let endpoint):
            ErrorText("cannot add backend '\(endpoint)' to service '\(service)': it is there already (EEXIST)")
        case .invalidService(let problem): ErrorText(problem.message)
        case .mapFull(let map, let needed, let free):
            ErrorText(
                "cannot write to map '\(map)': \(needed) \(needed == 1 ? "entry is" : "entries are") needed, "
                    + "\(free) free (ENOSPC)",
                hint: "make it larger with \(scene.enableAgain(with: "--map-size=\(map)", "N"))")
        case .mapTooSmall(let map, let wanted, let used):
            ErrorText(
                "cannot make map '\(map)' as small as \(wanted): it needs room for \(used) "
                    + "\(used == 1 ? "entry" : "entries") that it holds (ENOSPC)",
                hint: "see how full the maps are with \(scene.line("map list"))")
        case .derivedRoute(let prefix):
            ErrorText(
                "cannot \(scene.act(on: "route")) route '\(prefix)': it follows from other routes or from --no-dsr",
                hint: "see what names it with \(scene.line("route list"))")
        case .tooManyServicePorts(let service, let count, let limit):
            ErrorText(
                "cannot trace service '\(service)': it has \(count) ports, at most \(limit) can be traced at once",
                hint: "name one of them: \(scene.line("service list \(service)"))")
        case .mixedFamilies(let route):
            ErrorText("cannot write route '\(route)': prefix and node must be of one address family")
        case .alreadyAttached(let program, let place):
            ErrorText("cannot attach program '\(program)' to '\(place)': it is attached there already (EEXIST)")
        case .notAttached(let program, let place):
            ErrorText(
                "cannot detach program '\(program)' from '\(place)': it is not attached there (ENOENT)",
                hint: "see where it is with \(scene.line("program list -o wide"))")
        case .wrongHook(let program, let hook):
            ErrorText("cannot attach program '\(program)': it does not belong on hook '\(hook)'")
        case .wrongHeader(let program, let interface, let instead):
            ErrorText(
                "cannot attach program '\(program)' to \(quoted(interface)): packets there do not begin as it expects",
                hint: instead.map { "attach '\($0)' instead" })
        default: ErrorText("")
        }
    }
}

extension TopologyError {
    /// The way out, which for a missing uplink is the command that failed with one named.
    fileprivate func hint(_ scene: ErrorScene) -> String {
        guard case .noUplink(let candidates) = self else { return hint }
        return "name the interface that leads to other nodes with "
            + scene.enable(adding: ["--uplink", candidates.first ?? "IF"])
            + (candidates.count > 1 ? "; candidates are \(candidates.joined(separator: ", "))" : "")
    }
}

extension SystemError {
    func text(_ scene: ErrorScene) -> ErrorText {
        let object = subject.isEmpty ? "" : " \(quoted(subject))"
        let explanation = detail.map { "\($0): " } ?? ""
        return ErrorText(
            "cannot \(operation.phrase)\(object): \(explanation)\(errno.cause)", hint: errno.hint(scene))
    }
}

/// Objects in prose: `'a' and 'b'`.
private func quotedList(_ items: [String]) -> String {
    items.map { quoted($0) }.joined(separator: ", ")
}

extension ErrorScene {
    /// The ports of a service that were probably meant, the first few of many.
    fileprivate func guess(_ ports: [ServiceName], of name: ServiceName) -> String {
        let shown = ports.prefix(3).map { "'\($0)'" }
        let last = shown.suffix(1).joined()
        let all = shown.count > 1 ? shown.dropLast().joined(separator: ", ") + " or \(last)" : last
        let rest = ports.count > shown.count ? " list them all with \(line("service list \(name)"))" : ""
        return "did you mean \(all)?\(rest)"
    }
}
