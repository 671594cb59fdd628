// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Dataplane
import DataplaneModel
import LinuxSystem
import Rendering

/// One invocation and everything it needs: its words read, the output prepared, the way to the dataplane.
package struct CommandContext {
    let invocation: Invocation
    let surroundings: Surroundings
    let location: DataplaneLocation
    /// Never empty.
    let families: Set<AddressFamily>
    let renderer: Renderer
    /// How long to wait for locks and processes.
    let timeout: Duration
    let isVerbose: Bool

    /// - Throws: ``CommandError/input(_:)`` for the value of a global option that means nothing.
    init(_ invocation: Invocation, in surroundings: Surroundings) throws(CommandError) {
        self.invocation = invocation
        self.surroundings = surroundings
        location = DataplaneLocation(
            bpffs: invocation.value(GlobalOption.bpffs.name) ?? DataplaneLocation.defaultBPFFS,
            cgroup: invocation.value(GlobalOption.cgroup.name))
        families =
            invocation.flag(GlobalOption.ipv4.name)
            ? [.v4] : invocation.flag(GlobalOption.ipv6.name) ? [.v6] : Set(AddressFamily.allCases)
        renderer = Renderer(options: invocation.outputOptions(in: surroundings), sink: surroundings.output)
        timeout = try invocation.option(GlobalOption.timeout.name, read: Duration.init(text:)) ?? Self.standardTimeout
        isVerbose = invocation.flag(GlobalOption.verbose.name)
    }

    private static var standardTimeout: Duration { GlobalOption.standardTimeout }

    var deadline: Deadline { Deadline(after: timeout) }

    /// Nil when both families are wanted, as filters take it.
    var onlyFamily: AddressFamily? { families.count == 1 ? families.first : nil }

    var isDryRun: Bool { invocation.flag(DryRun.option.name) }

    /// Tells the user something that is not the result.
    func note(_ line: String) { surroundings.say(line) }

    /// The same where it asks for nothing: what was counted, or what the input means. `--quiet` keeps it back.
    func remark(_ line: String) {
        if !isQuiet { note(line) }
    }

    var isQuiet: Bool { renderer.options.quiet }
}

extension CommandContext {
    /// Opens the enabled dataplane to read its maps.
    func reading() throws -> Dataplane {
        try require(Privilege.maps)
        return try Dataplane(at: location, .reading)
    }

    /// Opens the enabled dataplane and keeps other writers out; a dry run only reads.
    func writing() throws -> Dataplane {
        guard !isDryRun else { return try reading() }
        try require(Privilege.maps)
        return try Dataplane(at: location, .writing(until: deadline))
    }

    /// Refuses before the kernel would, so that the message can name what is missing.
    func require(_ needed: [Capability]) throws {
        let granted = try surroundings.capabilities ?? CapabilitySet.effective()
        let missing = granted.missing(needed)
        guard missing.isEmpty else { throw CommandError.missingCapabilities(missing) }
    }
}

extension Invocation {
    fileprivate func outputOptions(in surroundings: Surroundings) -> OutputOptions {
        OutputOptions(
            format: value(GlobalOption.output.name).flatMap(OutputFormat.init(rawValue:)) ?? .table,
            noHeaders: flag(GlobalOption.noHeaders.name), quiet: flag(GlobalOption.quiet.name),
            color: surroundings.allowsColor(value(GlobalOption.color.name) ?? "auto"), width: surroundings.columns)
    }
}

extension Surroundings {
    /// - Parameter when: the value of `--color`; `auto` honours NO_COLOR, TERM=dumb and a stdout that is no terminal.
    func allowsColor(_ when: String) -> Bool {
        switch when {
        case "always": true
        case "never": false
        default: isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
        }
    }
}
