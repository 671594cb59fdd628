// SPDX-License-Identifier: Apache-2.0

import BPFRuntime

extension Program {
    /// A packet program that lets everything pass: `return TC_ACT_UNSPEC`.
    static func allowing(_ name: String = "allowing") throws -> Program {
        try Program(name: name, type: .schedClassifier, instructions: [.move(0, -1), .exit])
    }

    /// A socket address program that lets everything pass.
    static func allowingConnections(_ name: String = "connections") throws -> Program {
        try Program(
            name: name, type: .cgroupSockAddr, expectedAttachType: .cgroupConnect4, instructions: [.move(0, 1), .exit])
    }
}
