// SPDX-License-Identifier: Apache-2.0

/// What a command did to one object: in a table format one line, `service default/web created`.
package struct Change: DocumentValue, Sendable, Equatable {
    package enum Outcome: String, Sendable {
        case created
        case configured
        case unchanged
        case deleted
        case reset
    }

    /// The singular noun of the command line, such as `service`.
    package let noun: String
    package let resourceName: String
    package let outcome: Outcome
    /// What in it has changed, a phrase each; empty where that goes without saying.
    package let details: [String]
    /// Nothing was changed: it is what would happen.
    package let isDryRun: Bool

    package init(_ noun: String, _ name: String, _ outcome: Outcome, isDryRun: Bool, details: [String] = []) {
        self.noun = noun
        self.resourceName = name
        self.outcome = outcome
        self.isDryRun = isDryRun
        self.details = details
    }

    package static var kind: String { "Change" }

    package func fields(_ object: inout ObjectWriter) {
        object.string("noun", noun)
        object.string("name", resourceName)
        object.string("outcome", outcome.rawValue)
        object.bool("dryRun", isDryRun)
        object.strings("details", details)
    }

    var line: String { "\(noun) \(resourceName) \(outcome.rawValue)\(isDryRun ? " (dry run)" : "")" }
}

extension Renderer {
    /// Prints what was done, one line or item per object; quietly, the names of those that are not as they were.
    package func changes(_ changes: some Sequence<Change>) throws(OutputError) {
        switch options.effectiveFormat {
        case .table: for change in changes { try line(change.line) }
        case .wide:
            for change in changes {
                try line(change.line)
                for detail in change.details { try line("  \(detail)") }
            }
        case .json, .yaml: try documents(changes)
        case .name:
            // What is applied again and again is not to fill a log.
            for change in changes where !options.quiet || change.outcome != .unchanged {
                try line(change.resourceName)
            }
        }
    }
}
