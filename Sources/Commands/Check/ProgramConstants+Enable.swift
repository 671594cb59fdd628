// SPDX-License-Identifier: Apache-2.0

import Dataplane
import Eligibility

extension ProgramConstants {
    /// What `enable` without options loads the programs with on a kernel of these abilities.
    static func ofEnable(_ abilities: KernelAbilities) -> ProgramConstants {
        let features = KernelFeatures(
            coarseClock: abilities.hasCoarseClock, setReturnValue: abilities.hasSetReturnValue)
        // With an overlay, so that the verifier sees that part as well.
        let constants = EnableOptions().programConstants(on: features, of: NodeConstants(overlayIndex: 1))
        return ProgramConstants(section: constants.section, bytes: constants.bytes)
    }
}
