// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
package import CommandLineKit
package import Dataplane
package import DataplaneModel
package import Kubernetes
package import LinuxSystem
package import Rendering

/// Everything that can keep a command from its end: the errors of all layers below and a few of its own.
///
/// The words are in `CommandError+Text.swift`, the exit codes in `CommandError+ExitCode.swift`.
package enum CommandError: Error {
    case usage(UsageError)
    /// Text on the command line that means nothing.
    case input(InputError)
    /// A file that was read and means nothing; `file` is what the user named it.
    case document(DocumentError, file: String)
    /// Kubernetes objects of which one is wrong.
    case objects(ObjectReadError)
    /// Kubernetes objects that cannot be applied here, each of them right.
    case unfit(ObjectsProblem, file: String)
    /// Options that are each right and together wrong.
    case selection(SelectionProblem, CommandSpec)
    case missingCapabilities([Capability])
    /// The node lacks what was asked; the ids of the checks that say so, with what they found.
    case notEligible([FailedCheck])
    case dataplane(DataplaneError)
    case output(OutputError)
    /// Ctrl-C, or SIGTERM.
    case interrupted
    /// A command of this tool that another one ran.
    case stepFailed(FailedStep)
    /// kube-proxy's rules are to go, and the dataplane has no services.
    case nothingServed
    /// The dataplane is enabled, and not all of kube-proxy could be removed: for each part left, why.
    case kubeProxyLeft([String])
    /// No such lab of `demo --keep`; `kept` are those that there are.
    case unknownLab(String, kept: [String])
    /// An error that no layer declares.
    case unexpected(any Error)

    /// Takes any error that a handler may throw.
    package init(_ error: any Error) {
        self =
            switch error {
            case let error as CommandError: error
            case let error as UsageError: .usage(error)
            case let error as DataplaneError: .dataplane(error)
            case let error as KernelError: .dataplane(.kernel(error))
            case let error as SystemError: .dataplane(.system(error))
            case let error as OutputError: .output(error)
            default: .unexpected(error)
            }
    }

    /// True when the reader of the output has gone, which is its right.
    var isClosedPipe: Bool {
        if case .output(let error) = self { Errno(rawValue: error.errno) == .brokenPipe } else { false }
    }
}

/// Why Kubernetes objects are not applied.
package enum ObjectsProblem: Hashable, Sendable {
    case translation(TranslationError)
    /// They would take every backend of these services, and hold no endpoints at all.
    case noEndpoints([ServiceName])
    /// `--prune` with no `Service` among them would delete all that there are.
    case noServices(count: Int)
}

/// Text that an argument or option was given and that could not be read; without an owner it is their combination.
package struct InputError: Error {
    package let owner: UsageError.ValueOwner?
    package let reason: any ModelError
    package let command: CommandSpec
    /// What was refused; nil for a combination.
    private let text: String?

    init(owner: UsageError.ValueOwner? = nil, reason: any ModelError, command: CommandSpec, text: String? = nil) {
        self.owner = owner
        self.reason = reason
        self.command = command
        self.text = text
    }

    /// What was probably meant, where the table names what there is.
    var suggestions: [String] {
        let spec: ValueSpec? =
            switch owner {
            case .option(let name): command.options.first { $0.name == name }?.value
            case .argument(let name): command.arguments.first { $0.name == name }?.value
            case nil: nil
            }
        return text.flatMap { spec?.suggestions(for: $0) } ?? []
    }
}

/// Why a combination of arguments and options makes no sense.
package enum SelectionProblem: Hashable, Sendable {
    case missing(String)
    /// Deleting needs a choice, be it everything.
    case nothingSelected
    /// `get` shows one object.
    case severalSelected
    /// Single objects were named and a filter was given too.
    case bothSelected
    /// The argument means something beside this option only.
    case argumentNeeds(String, option: String)
    /// The program belongs on an interface and none was named.
    case needsInterface(program: String)
    /// An interface was named for a program that belongs to a cgroup.
    case needsCgroup(program: String)
    /// An option for Kubernetes objects, and the input is the tool's own.
    case concernsObjects(option: String)
    /// `--hook` names another direction than the program is made for.
    case wrongDirection(program: String, needs: String)
}

/// A check that keeps `enable` from going on.
package struct FailedCheck: Hashable, Sendable {
    package let id: String
    package let found: String
    package let required: String
    package let hint: String?

    package init(id: String, found: String, required: String, hint: String?) {
        self.id = id
        self.found = found
        self.required = required
        self.hint = hint
    }
}

/// A command of this tool that another one ran on a node of a lab, and that failed.
package struct FailedStep: Hashable, Sendable {
    package let words: [String]
    package let place: String
    /// What it said on its standard error.
    package let output: String
    /// It was ended for taking too long.
    package let didTimeOut: Bool

    /// Its words up to the first option.
    var command: String { words.prefix { !$0.hasPrefix("-") }.joined(separator: " ") }

    init(words: [String], place: String, _ result: ProcessOutput) {
        self.words = words
        self.place = place
        output = result.errorText
        didTimeOut = result.didTimeOut
    }
}
