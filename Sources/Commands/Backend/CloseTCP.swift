// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Dataplane
import DataplaneModel

/// The spec of `--close-tcp`, which every command that may remove backends has.
enum CloseTCP {
    static let option = OptionSpec("close-tcp", "End TCP connections to backends that are removed, too")

    /// Nothing to be ended yet.
    static func removal(_ context: CommandContext) -> BackendRemoval {
        BackendRemoval(closingTCP: context.invocation.flag(option.name))
    }
}

extension CommandContext {
    /// Ends the flows to backends that these services have lost, and says which of them the kernel does not end.
    func finish(_ removal: BackendRemoval, of services: [ServiceName], in dataplane: borrowing Dataplane) throws {
        guard !removal.isEmpty else { return }
        let names = services.map { "'\($0)'" }.joined(separator: ", ")
        for line in try removal.cleanUp(in: dataplane).notices(about: names) { note(line) }
    }
}
