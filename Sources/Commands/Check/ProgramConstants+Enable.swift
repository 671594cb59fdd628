// SPDX-License-Identifier: Apache-2.0

import Eligibility

extension ProgramConstants {
    /// What `enable` without options loads the programs with on a kernel of these abilities.
    ///
    /// The layout is `struct dataplane_config` of `config_abi.h`: 32 bits of flags, little or big endian as the host.
    static func ofEnable(_ abilities: KernelAbilities) -> ProgramConstants {
        var flags: UInt32 = 0b111
        if abilities.hasCoarseClock { flags |= 1 << 3 }
        if abilities.hasSetReturnValue { flags |= 1 << 4 }
        if abilities.hasIPv6Checksum { flags |= 1 << 5 }
        let head = (0..<4).map { byte in UInt8(truncatingIfNeeded: flags.littleEndian >> (8 * byte)) }
        return ProgramConstants(section: ".rodata.config", bytes: head + [UInt8](repeating: 0, count: 44))
    }
}
