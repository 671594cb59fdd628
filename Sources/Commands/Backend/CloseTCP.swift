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
        for line in try removal.cleanUp(in: dataplane).notices(about: services.listed) { note(line) }
    }
}

extension [ServiceName] {
    /// In quotes, the first few of many: `'a/b', 'a/c', 'a/d' and 97 more`.
    var listed: String {
        let shown = prefix(3).map { "'\($0)'" }.joined(separator: ", ")
        return count > 3 ? "\(shown) and \(count - 3) more" : shown
    }
}
