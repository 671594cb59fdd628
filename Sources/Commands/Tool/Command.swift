// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit

/// One command of the tool: what the table says about it, and what it does.
package protocol Command: Sendable {
    static var spec: CommandSpec { get }

    /// Carries out one invocation of ``spec``; results go to the context's renderer, notices to its standard error.
    ///
    /// - Throws: an error of any layer below, for which ``CommandError`` has the words and the exit code.
    static func run(_ context: CommandContext) throws -> ExitCode
}
