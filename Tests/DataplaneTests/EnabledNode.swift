// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import DataplaneModel
import LinuxSystem
import TestSupport
import Testing
import Topology

@testable import Dataplane

/// A node that can be enabled and disabled, with a bpffs, a cgroup and a network namespace of its own.
///
/// All that touches interfaces runs on threads inside the namespace; the host's are never looked at.
final class EnabledNode {
    let location: DataplaneLocation
    let network: PrivateNode
    private let bpffs: PrivateBPFFS
    private let cgroup: PrivateCgroup
    /// What the kernel itself puts into a new bpffs.
    private let preloaded: [String]

    var live: PinDirectory { .live(on: location.bpffs) }
    var staging: PinDirectory { .staging(on: location.bpffs) }

    init(pods: Int = 1) throws {
        bpffs = try PrivateBPFFS()
        preloaded = try Filesystem.list(bpffs.path)
        cgroup = try PrivateCgroup()
        network = try PrivateNode(pods: pods)
        location = DataplaneLocation(bpffs: bpffs.path, cgroup: cgroup.path)
        try network.addAddress(IPAddress("192.0.2.1"), prefixLength: 24, to: PrivateNode.uplinkName)
        try network.addAddress(IPAddress("2001:db8::1"), prefixLength: 64, to: PrivateNode.uplinkName)
        let uplink = try network.index(of: PrivateNode.uplinkName)
        try network.run {
            let socket = try NetlinkSocket()
            for gateway in try [IPAddress("192.0.2.254"), IPAddress("2001:db8::fe")] {
                let everything = Prefix(around: gateway, length: 0)
                try socket.addRoute(KernelRoute(to: everything, via: gateway, interfaceIndex: uplink))
            }
        }
    }

    deinit {
        // Filters would outlive the pins, as long as the namespace lives.
        _ = try? disable()
    }

    static func options(_ mechanism: AttachMechanism? = nil) -> EnableOptions {
        var options = EnableOptions()
        options.mapSizes = EnableOptions.smallMaps
        options.mechanism = mechanism
        return options
    }

    @discardableResult
    func enable(
        _ options: EnableOptions = EnabledNode.options(), version: String = "1", isDryRun: Bool = false,
        willPerform: @escaping (EnableStep) throws(DataplaneError) -> Void = { _ in }
    ) throws -> EnableReport {
        try network.run {
            try Enable(at: location, options: options, toolVersion: version, willPerform: willPerform)
                .run(isDryRun: isDryRun, lockedUntil: Deadline(after: .seconds(5)))
        }
    }

    @discardableResult
    func disable(isDryRun: Bool = false) throws -> DisableReport {
        try network.run {
            try Disable.run(at: location, isDryRun: isDryRun, lockedUntil: Deadline(after: .seconds(5)))
        }
    }

    /// The names that were not there in the beginning.
    func additions() throws -> [String] {
        try Filesystem.list(location.bpffs).filter { !preloaded.contains($0) }
    }

    func record() throws -> DataplaneRecord { try Dataplane(at: location, .reading).record() }

    func attachments() throws -> [HookAttachment] {
        try network.run { try Dataplane(at: location, .reading).attachments() }
    }
}

/// What of a dataplane is in the kernel, by the kernel's numbers.
struct KernelObjects: Hashable {
    var maps: Set<UInt32> = []
    var programs: Set<UInt32> = []
    var links: Set<UInt32> = []

    mutating func formUnion(_ other: KernelObjects) {
        maps.formUnion(other.maps)
        programs.formUnion(other.programs)
        links.formUnion(other.links)
    }

    func subtracting(_ other: KernelObjects) -> KernelObjects {
        KernelObjects(
            maps: maps.subtracting(other.maps), programs: programs.subtracting(other.programs),
            links: links.subtracting(other.links))
    }

    /// Those that are still there.
    private func alive() -> KernelObjects {
        KernelObjects(
            maps: maps.filter { (try? RawMap(id: $0)) != nil },
            programs: programs.filter { (try? Program(id: $0)) != nil },
            links: links.filter { (try? Link(id: $0)) != nil })
    }

    /// What remains once the kernel has had the time to free what nobody refers to.
    func survivors() -> KernelObjects {
        let deadline = Deadline(after: .seconds(5))
        var remaining = alive()
        while remaining != KernelObjects() && !deadline.hasPassed { remaining = remaining.alive() }
        return remaining
    }
}

extension EnabledNode {
    /// What is pinned in both directories.
    func pinned() -> KernelObjects {
        var objects = KernelObjects()
        for directory in [live, staging] {
            for name in (try? Filesystem.list(directory.maps)) ?? [] {
                if let map = try? RawMap(pinned: "\(directory.maps)/\(name)") { objects.maps.insert(map.info.id) }
            }
            for name in (try? Filesystem.list(directory.programs)) ?? [] {
                guard let info = try? Program(pinned: "\(directory.programs)/\(name)").info() else { continue }
                objects.programs.insert(info.id)
            }
            for name in (try? Filesystem.list(directory.links)) ?? [] {
                guard let info = try? Link(pinned: "\(directory.links)/\(name)").info() else { continue }
                objects.links.insert(info.id)
            }
        }
        return objects
    }

    /// What hangs on the node's interfaces and cgroup, by whomever.
    struct Hooks: Hashable {
        /// Interface, direction and program of every tcx program.
        var tcx: Set<String> = []
        var filters: Set<String> = []
        /// Interfaces that have a clsact discipline.
        var disciplines: Set<String> = []
        var sockets: Set<String> = []
        /// The VXLAN devices that the tool has made.
        var overlays: Set<String> = []

        static let none = Hooks()
        var isEmpty: Bool { self == .none }
    }

    func hooks() throws -> Hooks {
        try network.run {
            var hooks = Hooks()
            for link in try NetlinkSocket().links() {
                for direction in TrafficDirection.allCases where mechanisms.contains(.tcx) {
                    for program in try HookPrograms.attached(toInterface: link.index, direction: direction).programs {
                        hooks.tcx.insert("\(link.name) \(direction) \(program.programID)")
                    }
                }
                for filter in try TrafficControl.filters(of: link.index) {
                    hooks.filters.insert(
                        "\(link.name) \(filter.place.direction) \(filter.place.priority) \(filter.place.handle) "
                            + "\(filter.programID ?? 0)")
                }
                if let vxlan = link.vxlan, link.name.hasPrefix(OverlayLink.name) {
                    let state = link.isUp ? "up" : "down"
                    hooks.overlays.insert("\(link.name) port \(vxlan.port) MTU \(link.mtu) \(state)")
                }
                if let kind = try TrafficControl.discipline(of: link.index) {
                    hooks.disciplines.insert("\(link.name) \(kind)")
                }
            }
            for program in DataplaneProgram.all {
                guard case .cgroup(let type) = program.hook else { continue }
                for attached in try HookPrograms.attached(toCgroup: location.cgroup ?? "", as: type).programs {
                    hooks.sockets.insert("\(type.name) \(attached.programID)")
                }
            }
            return hooks
        }
    }

    /// That the node is as it was before anything was enabled.
    ///
    /// - Parameter objects: what was in the kernel meanwhile.
    func expectNothingLeft(of objects: KernelObjects, sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(try additions() == [], sourceLocation: sourceLocation)
        #expect(try hooks() == .none, sourceLocation: sourceLocation)
        #expect(objects.survivors() == KernelObjects(), sourceLocation: sourceLocation)
    }
}

/// The mechanisms that this kernel has.
let mechanisms: [AttachMechanism] =
    KernelAccess.isGranted && Probe.tcx().isSupported ? [.tcx, .clsact] : [.clsact]

/// What a test throws to make a step fail.
let injected = DataplaneError.unknownInterface("injected")
