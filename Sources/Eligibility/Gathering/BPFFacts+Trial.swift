// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import LinuxSystem

extension BPFFacts {
    static func byTrial() -> BPFFacts {
        var facts = BPFFacts()
        facts.typeInformation = Probe.kernelTypes()
        facts.isCompiled = isCompiled()
        // The probe needs CAP_SYS_ADMIN; that a program was loaded says as much.
        facts.systemCall = facts.isCompiled == nil ? Probe.systemCall() : .supported
        for map in RequiredMap.allCases {
            facts.maps[map] = Probe.mapType(map.type)
            facts.batch[map] = Probe.batchCommands(map.type)
        }
        for type in RequiredProgramType.allCases { facts.programTypes[type] = Probe.programType(type.type) }
        for helper in Helper.allCases { facts.helpers[helper] = Probe.helper(helper.number, in: helper.caller.type) }
        facts.ipv6Checksum = ipv6Checksum()
        facts.tcx = Probe.tcx()
        return facts
    }

    var abilities: KernelAbilities {
        KernelAbilities(
            hasCoarseClock: helpers[.coarseClock] == .supported,
            hasSetReturnValue: helpers[.setReturnValue] == .supported, hasIPv6Checksum: ipv6Checksum == .supported)
    }

    /// Only what ``abilities`` needs.
    mutating func tryAbilities() {
        for helper in [Helper.coarseClock, .setReturnValue] {
            helpers[helper] = Probe.helper(helper.number, in: helper.caller.type)
        }
        ipv6Checksum = Self.ipv6Checksum()
    }

    /// nil when not even the least program loads.
    private static func isCompiled() -> Bool? {
        let program = try? Program(name: "probe", type: .schedClassifier, instructions: [.move(0, 0), .exit])
        guard let size = try? program?.info().jitedSize else { return nil }
        return size > 0
    }

    /// Replaces nothing by nothing in the checksum of a packet of zeroes: a kernel without the flag answers `EINVAL`.
    private static func ipv6Checksum() -> Support {
        let pseudoHeader: Int32 = 1 << 4
        let ipv6: Int32 = 1 << 7
        let replaceChecksum = Int32(Helper.replaceChecksum.number)
        do {
            let program = try Program(
                name: "probe", type: .schedClassifier,
                instructions: [
                    .move(2, 50), .move(3, 0), .move(4, 0), .move(5, pseudoHeader | ipv6), .call(replaceChecksum),
                    .exit,
                ])
            let verdict = try program.testRun(packet: [UInt8](repeating: 0, count: 64)).verdict
            return verdict == 0 ? .supported : .unsupported
        } catch {
            return .refused(error.errno)
        }
    }
}
