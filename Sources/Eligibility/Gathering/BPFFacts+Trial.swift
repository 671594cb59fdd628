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
        }
        for map in RequiredMap.tables { facts.batch[map] = Probe.batchCommands(map.type) }
        for type in RequiredProgramType.allCases { facts.programTypes[type] = Probe.programType(type.type) }
        for helper in Helper.allCases { facts.helpers[helper] = Probe.helper(helper.number, in: helper.caller.type) }
        facts.tcx = Probe.tcx()
        return facts
    }

    var abilities: KernelAbilities {
        KernelAbilities(
            hasCoarseClock: helpers[.coarseClock] == .supported,
            hasSetReturnValue: helpers[.setReturnValue] == .supported)
    }

    /// Only what ``abilities`` needs.
    mutating func tryAbilities() {
        for helper in [Helper.coarseClock, .setReturnValue] {
            helpers[helper] = Probe.helper(helper.number, in: helper.caller.type)
        }
    }

    /// nil when not even the least program loads.
    private static func isCompiled() -> Bool? {
        let program = try? Program(name: "probe", type: .schedClassifier, instructions: [.move(0, 0), .exit])
        guard let size = try? program?.info().jitedSize else { return nil }
        return size > 0
    }
}
