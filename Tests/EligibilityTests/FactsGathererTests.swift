// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import CDataplaneABI
import Foundation
import LinuxSystem
import Testing

@testable import Eligibility

@Suite(KernelAccess.condition, .serialized) struct FactsGathererTests {
    /// Everything switched on that the kernel can do, as `enable` has it by default.
    private static func constants(_ abilities: KernelAbilities) -> ProgramConstants {
        var flags = CONFIG_DIRECT.rawValue | CONFIG_CONNECT_TCP.rawValue | CONFIG_CONNECT_UDP.rawValue
        if abilities.hasCoarseClock { flags |= CONFIG_COARSE_CLOCK.rawValue }
        if abilities.hasSetReturnValue { flags |= CONFIG_SET_RETVAL.rawValue }
        var config = dataplane_config()
        config.flags = flags
        let bytes = unsafe withUnsafeBytes(of: config) { unsafe [UInt8]($0) }
        return ProgramConstants(section: CONFIG_SECTION, bytes: bytes)
    }

    private static func options(_ bpffs: String = "/sys/fs/bpf", cgroup: String? = nil) -> FactsGatherer.Options {
        FactsGatherer.Options(bpffs: bpffs, cgroup: cgroup, constants: constants)
    }

    @Test func thisNodesKernelIsFoundAble() throws {
        let facts = try FactsGatherer(options: Self.options()).gather()
        #expect(facts.kernel == (try KernelRelease.current()))
        #expect(facts.bpf.maps == Dictionary(uniqueKeysWithValues: RequiredMap.allCases.map { ($0, .supported) }))
        #expect(facts.bpf.abilities == KernelAbilities.current())
        #expect(facts.programs.count == EmbeddedImage.allCases.count)
        for (image, trial) in facts.programs {
            if case .refused(let refusal) = trial { Issue.record("\(image.rawValue): \(refusal)") }
        }
        let decided: Set<CheckID> = [.uplink, .calico, .cilium, .forwardHookPolicy]
        let skipped = judge(facts).checks.filter { $0.status == .skip && !decided.contains($0.id) }
        #expect(skipped.map(\.id) == [])
    }

    @Test func aDeviceOfTheOverlaysPortIsNamedUnlessItIsTheOverlays() throws {
        #expect(NetworkFacts.tryVXLAN() == .supported)
        let namespace = try NetworkNamespace.anonymous()
        let socket = try NetlinkSocket(in: namespace)
        for (name, port) in [("ebpfctl", 14789), ("other", 4789), ("taken", 14790)] as [(String, UInt16)] {
            try socket.addVXLAN(VXLANSettings(name: name, port: port))
        }
        let links = try socket.links()
        #expect(NetworkFacts.OverlayPort(14789, among: links).users == [])
        #expect(NetworkFacts.OverlayPort(14790, among: links).users == ["taken"])
        #expect(NetworkFacts.OverlayPort(14791, among: links).users == [])
    }

    @Test func placesThatAreNotWhatTheyShouldBeAreFoundOut() throws {
        let facts = try FactsGatherer(options: Self.options("/proc/none", cgroup: "/proc")).gather()
        #expect(facts.bpffs == BPFFilesystem(path: "/proc/none", state: .absent))
        #expect(facts.cgroup.path == "/proc")
        #expect(!facts.cgroup.isCgroup2)
        #expect(facts.cgroup.attachment == nil)
    }

    @Test func aRefusedProgramIsAFactWithTheReason() throws {
        var options = Self.options()
        options.constants = { _ in ProgramConstants(section: CONFIG_SECTION, bytes: [1, 2, 3]) }
        let facts = try FactsGatherer(options: options).gather()
        #expect(facts.programs[.toUplinkV4] == .refused(.init(errno: .invalidArgument, lines: [], omitted: 0)))
        #expect(judge(facts).verdict(of: .core) == .no)
    }

    @Test func foreignProgramsAndPinsAreFoundByTheirNames() throws {
        let instructions: [Instruction] = [.move(0, 0), .exit]
        let calico = try Program(name: "cali_probe", type: .schedClassifier, instructions: instructions)
        let cilium = try Program(name: "cil_probe", type: .schedClassifier, instructions: instructions)
        let root = FileManager.default.temporaryDirectory.path + "/traces-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: root) }
        for path in ["tc/globals/cali_v4_ct", "tc/globals/cilium_ct", "tc/globals/other", "cilium"] {
            try FileManager.default.createDirectory(atPath: "\(root)/\(path)", withIntermediateDirectories: true)
        }
        let processes = ["calico-node", "cilium-agent", "cilium"].enumerated().map {
            RunningProcess(id: Int32($0), name: $1, arguments: [])
        }
        let traces = ForeignTraces(processes, nil, bpffs: [root])
        withExtendedLifetime(calico) { withExtendedLifetime(cilium) {} }
        #expect(traces.calico.programs?.contains("cali_probe") == true)
        #expect(traces.cilium.programs?.contains("cil_probe") == true)
        #expect(traces.calico.pins == ["\(root)/tc/globals/cali_v4_ct"])
        #expect(traces.cilium.pins == ["\(root)/cilium", "\(root)/tc/globals/cilium_ct"])
        #expect(traces.calico.processes == ["calico-node[0]"])
        #expect(traces.cilium.processes == ["cilium-agent[1]"])
    }

    static let insufficient: [(UInt64, [Capability])] = [
        (0, [.netAdmin, .bpf, .perfmon]), (1 << 12, [.bpf, .perfmon]), (1 << 12 | 1 << 39, [.perfmon]),
        (1 << 39 | 1 << 38, [.netAdmin]), (1 << 21, [.netAdmin]),
    ]

    @Test(arguments: insufficient)
    func withoutPermissionNothingIsTried(_ bits: UInt64, _ missing: [Capability]) {
        let expected = EligibilityError.notPermitted(missing: missing)
        #expect(throws: expected) { try FactsGatherer.require(CapabilitySet(bits: bits)) }
    }

    static let sufficient: [UInt64] = [1 << 12 | 1 << 38 | 1 << 39, 1 << 12 | 1 << 21]

    @Test(arguments: sufficient)
    func eitherSpellingOfThePermissionWillDo(_ bits: UInt64) throws {
        try FactsGatherer.require(CapabilitySet(bits: bits))
    }
}
