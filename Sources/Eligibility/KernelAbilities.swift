// SPDX-License-Identifier: Apache-2.0

/// What a kernel can do that the programs are to be told of when they are loaded.
package struct KernelAbilities: Hashable, Sendable {
    package var hasCoarseClock: Bool
    package var hasSetReturnValue: Bool

    package init(hasCoarseClock: Bool, hasSetReturnValue: Bool) {
        self.hasCoarseClock = hasCoarseClock
        self.hasSetReturnValue = hasSetReturnValue
    }

    /// Asks the running kernel; takes a few milliseconds.
    package static func current() -> KernelAbilities {
        var facts = BPFFacts()
        facts.tryAbilities()
        return facts.abilities
    }
}

/// The contents of an object's section of constants, such as `.rodata.config`.
package struct ProgramConstants: Hashable, Sendable {
    package var section: String
    package var bytes: [UInt8]

    package init(section: String, bytes: [UInt8]) {
        self.section = section
        self.bytes = bytes
    }
}
