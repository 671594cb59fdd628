// SPDX-License-Identifier: Apache-2.0

/// The exit codes of the tool, a contract with scripts: numbers are never reused for another meaning.
package enum ExitCode: Int32, Sendable, CaseIterable {
    case success = 0
    case failure = 1
    case usage = 2
    case notFound = 3
    case notPermitted = 4
    case notSupported = 5
}
