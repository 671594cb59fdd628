// SPDX-License-Identifier: Apache-2.0

import Dataplane
import Rendering

extension DisableReport {
    /// What was taken away, and last what became of the dataplane as a whole.
    ///
    /// - Parameter path: of the live dataplane's pins.
    func changes(of path: String, isDryRun: Bool) -> [Change] {
        let items = removed.filter { $0.name != path }.map {
            Change($0.kind.rawValue, $0.name, .deleted, isDryRun: isDryRun)
        }
        let isGone = removed.contains { $0.name == path } || wasEnabled && foreign.isEmpty
        return items + [Change("dataplane", path, isGone ? .deleted : .unchanged, isDryRun: isDryRun)]
    }
}
