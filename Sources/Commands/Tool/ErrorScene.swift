// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Dataplane
import Glibc

/// Where an error happened, as far as its words depend on it.
package struct ErrorScene {
    /// Nil when the words name none.
    let command: CommandSpec?
    /// What the user typed after the tool's name.
    private let words: [String]
    /// Global options that a suggested command has to repeat.
    let location: [String]
    let width: Int
    /// Advising root to become root helps nobody.
    let isRoot: Bool

    /// - Parameters:
    ///   - words: what the user typed after the tool's name.
    ///   - columns: of the terminal, nil for none.
    package init(words: [String], columns: Int? = nil, isRoot: Bool = geteuid() == 0) {
        self.words = words
        width = columns ?? 80
        self.isRoot = isRoot
        guard case .run(let invocation)? = try? Tool.table.parse(words) else {
            (command, location) = (nil, [])
            return
        }
        command = invocation.command
        location = [GlobalOption.bpffs, GlobalOption.cgroup].flatMap { option in
            invocation.value(option.name).map { [option.longForm, $0] } ?? []
        }
    }

    /// A command to run, in quotes, on the same dataplane as the one that failed.
    func line(_ words: String) -> String {
        let place = shellLine(location) ?? location.joined(separator: " ")
        return "'" + ([Tool.table.tool, words] + (place.isEmpty ? [] : [place])).joined(separator: " ") + "'"
    }

    /// The whole command line again, as root.
    var asRoot: String {
        let line = shellLine([Tool.table.tool] + words) ?? "\(Tool.table.tool) \(command?.path ?? "")"
        return "run it as root: 'sudo \(line)'"
    }

    /// An `enable` with these options: the one that failed with its own kept, else one on the same dataplane.
    func enable(adding options: [String]) -> String {
        let together = words.prefix(1) + options + words.dropFirst()
        // One of the options may be there already.
        guard let command, command == EnableCommand.spec, (try? Tool.table.parse(Array(together))) != nil,
            let line = shellLine([Tool.table.tool] + together)
        else { return line((["enable"] + options).joined(separator: " ")) }
        return "'\(line)'"
    }

    /// The `enable` that the dataplane in question was last configured with.
    func enableAgain(_ configuration: [String]) -> String {
        func directory(_ option: OptionSpec) -> String? {
            location.firstIndex(of: option.longForm).map { location[$0 + 1] }
        }
        let place = DataplaneLocation(
            bpffs: directory(GlobalOption.bpffs) ?? DataplaneLocation.defaultBPFFS,
            cgroup: directory(GlobalOption.cgroup))
        return EnableAgain(configuration, at: place).line()
    }

    /// The verb of the command when its noun is this kind of object, else `find`.
    func act(on noun: String) -> String {
        guard let command, command.noun == noun, command.verb != "list" else { return "find" }
        return command.verb
    }
}

/// One message: what failed and why, what else is known, and a way out.
struct ErrorText {
    /// Without the tool's name: lower case, no full stop, objects in single quotes, the cause last.
    var line: String
    var details: [String] = []
    /// A command to run.
    var hint: String?

    init(_ line: String, details: [String] = [], hint: String? = nil) {
        self.line = line
        self.details = details
        self.hint = hint
    }

    var text: String {
        (["\(Tool.table.tool): \(line)"] + details + (hint.map { ["hint: \($0)"] } ?? [])).joined(separator: "\n")
    }
}
