// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
package import Dataplane
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
    private let readRecord: (DataplaneLocation) -> [String]?

    /// - Parameters:
    ///   - words: what the user typed after the tool's name.
    ///   - columns: of the terminal, nil for none.
    ///   - readRecord: the words that the dataplane was last enabled with, as far as a hint needs them.
    package init(
        words: [String], columns: Int? = nil, isRoot: Bool = geteuid() == 0,
        readRecord: @escaping (DataplaneLocation) -> [String]? = { _ in nil }
    ) {
        self.words = words
        self.readRecord = readRecord
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

    /// The words that a dataplane was last enabled with; nil where they cannot be read.
    static func record(at location: DataplaneLocation) -> [String]? {
        try? Dataplane(at: location, .reading).record().configuration
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

    /// The whole command line again, in another network namespace.
    func inside(_ namespace: String) -> String {
        let entering = ["nsenter", "--net=\(namespace)", Tool.table.tool]
        let line = shellLine(entering + words) ?? (entering + [command?.path ?? ""]).joined(separator: " ")
        return "'\(line)'"
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
    func enableAgain(_ configuration: [String]) -> String { EnableAgain(configuration, at: place).line() }

    /// As ``enableAgain(_:)`` with the recorded options, one of them changed: a bare `enable` would undo the others.
    ///
    /// - Parameter option: as it is recorded up to the equals sign before `value`: `--map-size=slots_v4`.
    func enableAgain(with option: String, _ value: String) -> String {
        guard let recorded = readRecord(place) else {
            return line(
                "enable \(option.split(separator: "=").joined(separator: " "))"
                    + (option.first { $0 == "=" } == nil ? " " : "=") + value)
        }
        return EnableAgain(recorded, at: place).line(replacing: option, by: "\(option)=\(value)")
    }

    private var place: DataplaneLocation {
        func directory(_ option: OptionSpec) -> String? {
            location.firstIndex(of: option.longForm).map { location[$0 + 1] }
        }
        return DataplaneLocation(
            bpffs: directory(GlobalOption.bpffs) ?? DataplaneLocation.defaultBPFFS,
            cgroup: directory(GlobalOption.cgroup))
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
