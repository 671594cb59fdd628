// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import LinuxSystem

extension Surroundings {
    /// How a shell finds this program: by its name where PATH leads to it, else by its absolute path.
    var toolWord: String {
        let name = Tool.table.tool
        guard let own = try? Filesystem.resolve(LinuxSystem.Command.ownExecutable) else { return name }
        let directories = (environment["PATH"] ?? "").split(separator: ":")
        let found = directories.lazy.compactMap { try? Filesystem.resolve("\($0)/\(name)") }.first
        return found == own ? name : shellLine([own]) ?? own
    }
}
