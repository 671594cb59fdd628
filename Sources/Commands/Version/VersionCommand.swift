// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import Rendering

package enum VersionCommand: Command {
    package static let spec = CommandSpec(
        verb: "version", "Print the version of this tool",
        examples: [
            Example("ebpfctl version", "For people"), Example("ebpfctl version -o json", "For bug reports"),
        ],
        exitCodes: ExitMeaning.informational)

    package static func run(_ context: CommandContext) throws -> ExitCode {
        try context.renderer.page(VersionPage())
        return .success
    }
}

/// What this executable is.
struct VersionPage: Describable {
    static var kind: String { "Version" }

    var resourceName: String { Version.current }

    func describe(_ page: inout DescriptionList) {
        page.entry("Version", Version.current)
        page.entry("ABI version", DataplaneRecord.abiVersion)
        page.entry("Architecture", Version.architecture)
    }

    func fields(_ object: inout ObjectWriter) {
        object.string("version", Version.current)
        object.integer("abiVersion", DataplaneRecord.abiVersion)
        object.string("architecture", Version.architecture)
    }
}

extension Version {
    /// As uname(1) names it.
    static var architecture: String {
        #if arch(x86_64)
            "x86_64"
        #elseif arch(arm64)
            "aarch64"
        #elseif arch(riscv64)
            "riscv64"
        #elseif arch(powerpc64le)
            "ppc64le"
        #elseif arch(s390x)
            "s390x"
        #else
            "unknown"
        #endif
    }
}
