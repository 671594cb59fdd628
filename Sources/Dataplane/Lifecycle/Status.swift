// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
package import DataplaneModel
internal import LinuxSystem
package import Topology

/// Something about an enabled dataplane that an operator should know.
package enum StatusProblem: Hashable, Sendable {
    /// An uplink lacks a program it should have.
    case uplinkWithoutProgram(interface: String, program: String)
    /// A workload lacks programs; connect-time balancing, where it is on, serves it all the same.
    case workloadWithoutPrograms(interface: String, programs: [String])
    /// The VXLAN device lacks a program.
    case overlayWithoutProgram(program: String)
    /// The VXLAN device is gone, down, or another one than the programs send to.
    case overlayBroken
    /// The kernel has no VXLAN.
    case overlayUnsupported
    /// Strict reverse path filtering drops what the overlay brings to the host stack.
    case reversePathFilter
    /// A workload may send packets that no uplink carries.
    case mtuAboveUplink(interface: String, mtu: Int, uplink: Int)
    /// A connect-time program is not attached.
    case socketHookWithoutProgram(program: String)
    /// A link whose interface or cgroup is gone.
    case staleLink(name: String)
    /// The program that runs is not the one that is pinned, as after a killed upgrade.
    case otherProgram(name: String)
    /// A program of somebody else runs before ours on the same hook and may keep packets from it.
    case foreignProgramAhead(interface: String, hook: String, program: String)
    /// - Parameter evicts: whether the map makes room by itself, at the cost of what has been idle longest.
    case mapNearlyFull(name: String, percent: Int, evicts: Bool)
    /// An interface at which this node can be reached has no program of ours: node ports are not served there.
    case addressWithoutProgram(interface: String, address: IPAddress)
    /// The kernel's addresses and routes have changed since the last `enable` or `route sync`.
    case routesOutdated(added: Int, changed: Int, removed: Int)
    case noUplink
    /// Services whose clients are all refused, by name.
    case withoutBackends([ServiceName])
    /// Services whose policy takes backends of this node alone, and none of their active ones is; for clients inside, and
    /// for those outside.
    case withoutLocalBackends(inside: [ServiceName], outside: [ServiceName])
    /// New connections are not taken: `disable --drain` is at work, or was killed.
    case draining
    /// The dataplane was enabled in another network namespace, so its interfaces are not to be seen; the path leads there,
    /// nil when the namespace is gone.
    case otherNamespace(path: String?)
    /// Packets are not forwarded between interfaces.
    case forwardingOff(sysctl: String)
    /// `--forwarding=direct` bypasses rules that have appeared in the forward hook since; set by the caller.
    case policyBypassed(by: [String])

    /// Whether services are affected; the others are notes.
    package var isDegrading: Bool {
        switch self {
        case .uplinkWithoutProgram, .overlayWithoutProgram, .overlayBroken, .socketHookWithoutProgram, .otherProgram,
            .noUplink, .draining, .forwardingOff, .policyBypassed, .mapNearlyFull(_, _, evicts: false), .otherNamespace:
            true
        case .mapNearlyFull(_, _, evicts: true), .addressWithoutProgram, .workloadWithoutPrograms, .staleLink,
            .foreignProgramAhead, .routesOutdated, .overlayUnsupported, .withoutBackends, .withoutLocalBackends,
            .reversePathFilter, .mtuAboveUplink:
            false
        }
    }
}

/// One interface with a role, or with a program of ours.
package struct InterfaceStatus: Hashable, Sendable {
    package let index: UInt32
    package let name: String
    package let mtu: Int
    package let role: InterfaceRole
    package let reason: InterfaceReason
    package let attachments: [Attachment]
}

/// The state of an enabled dataplane at one moment.
package struct StatusReport: Hashable, Sendable {
    package let record: DataplaneRecord
    package let options: EnableOptions
    /// Every interface of this network namespace, by index.
    package let interfaces: [InterfaceStatus]
    package let socketAttachments: [Attachment]
    package let maps: [MapUsage]
    package let serviceCount: Int
    package let mtus: SmallestMTUs
    /// At which other nodes and clients reach this one, the main one of each family first.
    package let nodeAddresses: [IPAddress]
    /// Nil when there is no device.
    package let overlay: OverlayStatus?
    package var problems: [StatusProblem]

    package var isDegraded: Bool { problems.contains(where: \.isDegrading) }

    /// The interfaces and the packet filter of this namespace say nothing about the dataplane.
    package var isElsewhere: Bool {
        problems.contains { if case .otherNamespace(.some) = $0 { true } else { false } }
    }
}

extension Dataplane {
    /// Compares what is there with what the recorded options ask for on the node as it is now.
    package func status() throws(DataplaneError) -> StatusReport {
        let record = try record()
        let options = EnableOptions(words: record.configuration)
        let home = HomeNamespace(of: directory)
        if case .elsewhere(let path) = home { return try statusFromElsewhere(record, options, path) }
        let snapshot = try system { () throws(SystemError) in try NodeSnapshot(reading: NetlinkSocket()) }
        let selection = InterfaceSelection(snapshot, options: options.selection)
        let attachments = try attachments()
        let maps = try maps()
        let check = StatusCheck(
            directory: directory, options: options, snapshot: snapshot, selection: selection,
            attachments: attachments)
        var problems: [StatusProblem] = home == .gone ? [.otherNamespace(path: nil)] : []
        problems += try check.problems()
        let services = try services().services()
        problems += Self.tableProblems(maps, services)
        problems += try overlayProblems(options, snapshot, selection)
        return StatusReport(
            record: record, options: options, interfaces: check.interfaces,
            socketAttachments: attachments.filter { if case .cgroup = $0.point { true } else { false } },
            maps: maps, serviceCount: services.count, mtus: SmallestMTUs(selection),
            nodeAddresses: snapshot.nodeAddresses(for: selection).all,
            overlay: OverlayStatus(selection), problems: problems)
    }

    /// What can be said without the interfaces.
    private func statusFromElsewhere(
        _ record: DataplaneRecord, _ options: EnableOptions, _ path: String
    ) throws(DataplaneError) -> StatusReport {
        let maps = try maps()
        let services = try services().services()
        var problems = [StatusProblem.otherNamespace(path: path)]
        if Filesystem.exists(directory.drainNote) { problems.append(.draining) }
        let nothing = InterfaceSelection(NodeSnapshot(links: [], addresses: [], routes: []), options: options.selection)
        return StatusReport(
            record: record, options: options, interfaces: [],
            socketAttachments: try attachments().filter { if case .cgroup = $0.point { true } else { false } },
            maps: maps, serviceCount: services.count, mtus: SmallestMTUs(nothing), nodeAddresses: [], overlay: nil,
            problems: problems + Self.tableProblems(maps, services))
    }

    private static func tableProblems(_ maps: [MapUsage], _ services: [Service]) -> [StatusProblem] {
        maps.compactMap(fillProblem) + serviceProblems(services)
    }

    private static func fillProblem(_ map: MapUsage) -> StatusProblem? {
        guard map.isNearlyFull else { return nil }
        let percent = map.entries * 100 / map.capacity
        return .mapNearlyFull(name: map.name, percent: percent, evicts: map.type.hasPrefix("lru"))
    }

    /// The kernel's own addresses and routes, by the recorded options.
    package func kernelRoutes() throws(DataplaneError) -> KernelRoutes {
        try HomeNamespace.require(directory)
        let options = EnableOptions(words: try record().configuration)
        let snapshot = try system { () throws(SystemError) in try NodeSnapshot(reading: NetlinkSocket()) }
        let selection = InterfaceSelection(snapshot, options: options.selection)
        if let error = selection.errors.first { throw .topology(error) }
        return KernelRoutes(snapshot, selection, families: options.families)
    }
}

/// The comparison itself.
private struct StatusCheck {
    let directory: PinDirectory
    let options: EnableOptions
    let snapshot: NodeSnapshot
    let selection: InterfaceSelection
    let attachments: [Attachment]

    var interfaces: [InterfaceStatus] {
        selection.choices.map { choice in
            InterfaceStatus(
                index: choice.link.index, name: choice.link.name, mtu: choice.link.mtu, role: choice.role,
                reason: choice.reason,
                attachments: attachments.filter {
                    if case .interface(choice.link.index, _, _) = $0.point { true } else { false }
                })
        }
    }

    func problems() throws(DataplaneError) -> [StatusProblem] {
        var problems = missingPrograms()
        if selection.uplinks.isEmpty { problems.append(.noUplink) }
        if Filesystem.exists(directory.drainNote) { problems.append(.draining) }
        problems += attachments.filter { !$0.isInPlace }.map { .staleLink(name: $0.linkName) }
        problems += try otherPrograms()
        problems += foreignPrograms()
        problems += bareAddresses()
        problems += forwardingSettings()
        let routes = try RouteStore(in: directory, noDSR: options.noDSR)
        let wanted = KernelRoutes(snapshot, selection, families: options.families)
        let changes = try routes.synchronize(with: wanted, isDryRun: true)
        if !changes.added.isEmpty || !changes.changed.isEmpty || !changes.removed.isEmpty {
            problems.append(
                .routesOutdated(
                    added: changes.added.count, changed: changes.changed.count, removed: changes.removed.count))
        }
        return problems
    }

    private func missingPrograms() -> [StatusProblem] {
        let inPlace = Set(attachments.filter(\.isInPlace).map { Hook($0) })
        var problems: [StatusProblem] = []
        var bare: [String: [String]] = [:]
        for program in DataplaneProgram.known where options.families.contains(program.family) {
            switch program.hook {
            case .interface(.uplink, let direction):
                problems += selection.uplinks.filter {
                    $0.hasEthernetHeader != program.layer3 && !inPlace.contains(Hook(program, $0.index, direction))
                }.map { .uplinkWithoutProgram(interface: $0.name, program: program.pinName) }
            case .interface(.workload, let direction):
                for link in selection.workloads
                where link.hasEthernetHeader && !inPlace.contains(Hook(program, link.index, direction)) {
                    bare[link.name, default: []].append(program.pinName)
                }
            case .interface(.overlay, let direction):
                problems += selection.choices.filter {
                    $0.role == .overlay && !inPlace.contains(Hook(program, $0.link.index, direction))
                }.map { _ in .overlayWithoutProgram(program: program.pinName) }
            case .cgroup:
                let isWanted = options.connectTime == .all || options.connectTime == .tcp && program.servesTCP
                if isWanted, !inPlace.contains(Hook(program)) {
                    problems.append(.socketHookWithoutProgram(program: program.pinName))
                }
            }
        }
        return problems
            + bare.sorted { $0.key < $1.key }.map { .workloadWithoutPrograms(interface: $0.key, programs: $0.value) }
    }

    /// A program and its place, whatever the mechanism.
    private struct Hook: Hashable {
        let program: DataplaneProgram
        var index: UInt32 = 0
        var direction: TrafficDirection?

        init(_ program: DataplaneProgram, _ index: UInt32 = 0, _ direction: TrafficDirection? = nil) {
            self.program = program
            self.index = index
            self.direction = direction
        }

        init(_ attachment: Attachment) {
            program = attachment.program
            if case .interface(let index, let direction, _) = attachment.point {
                self.index = index
                self.direction = direction
            }
        }
    }

    private func otherPrograms() throws(DataplaneError) -> [StatusProblem] {
        var problems: [StatusProblem] = []
        for attachment in attachments where attachment.isInPlace {
            let path = directory.program(attachment.program)
            guard Filesystem.exists(path) else {
                problems.append(.otherProgram(name: attachment.linkName))
                continue
            }
            let pinned = try kernel { () throws(KernelError) in try Program(pinned: path).info().id }
            if pinned != attachment.programID { problems.append(.otherProgram(name: attachment.linkName)) }
        }
        return problems
    }

    /// What runs before ours on an interface: the programs of tcx in their order, then the filters in theirs.
    private func foreignPrograms() -> [StatusProblem] {
        let ours = Set(attachments.compactMap(\.programID))
        var problems: [StatusProblem] = []
        for link in selection.choices.filter({ $0.role != .ignored }).map(\.link) {
            let filters = (try? TrafficControl.filters(of: link.index)) ?? []
            for direction in TrafficDirection.allCases {
                let tcx = try? HookPrograms.attached(toInterface: link.index, direction: direction).programs
                let order =
                    (tcx ?? []).map { (id: $0.programID as UInt32?, kind: "bpf") }
                    + filters.filter { $0.place.direction == direction }.map { (id: $0.programID, kind: $0.kind) }
                guard let first = order.firstIndex(where: { $0.id.map(ours.contains) ?? false }) else { continue }
                for foreign in order[..<first] {
                    let name = foreign.id.map { (try? Program(id: $0).info().name) ?? "#\($0)" }
                    problems.append(
                        .foreignProgramAhead(
                            interface: link.name, hook: direction.rawValue, program: name ?? foreign.kind))
                }
            }
        }
        return problems
    }

    /// Interfaces without a program that bear an address of the node, or would be uplinks if others were not named.
    private func bareAddresses() -> [StatusProblem] {
        let served = Set(
            attachments.compactMap { attachment -> UInt32? in
                guard case .interface(let index, _, _) = attachment.point, attachment.isInPlace else { return nil }
                return index
            })
        return selection.choices.compactMap { choice in
            guard choice.role == .ignored, !served.contains(choice.link.index) else { return nil }
            let borne = snapshot.addresses.filter { $0.interfaceIndex == choice.link.index && $0.scope == .universe }
            let named = borne.first { options.nodeAddresses.contains($0.address) }
            guard let address = named ?? (choice.reason == .unnamedDefaultRoute ? borne.first : nil) else { return nil }
            return .addressWithoutProgram(interface: choice.link.name, address: address.address)
        }
    }

    private func forwardingSettings() -> [StatusProblem] {
        let settings: [(AddressFamily, String)] = [
            (.v4, "net/ipv4/ip_forward"), (.v6, "net/ipv6/conf/all/forwarding"),
        ]
        return settings.compactMap { family, name in
            guard options.families.contains(family), !selection.workloads.isEmpty,
                (try? Sysctl.read(name)) == "0"
            else { return nil }
            return .forwardingOff(sysctl: name)
        }
    }
}

extension MapUsage {
    /// Above 80 %; arrays of a fixed number of entries, which are always full, never are.
    package var isNearlyFull: Bool {
        guard capacity > 0, !type.hasSuffix("array") || name.hasPrefix("slots") else { return false }
        return entries * 100 > capacity * 80
    }
}
