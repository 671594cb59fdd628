// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import CommandLineKit
import Dataplane
import DataplaneModel
import Kubernetes
import LinuxSystem
import Rendering

extension CommandError {
    /// All that the user is told: the line that says what failed, then details, a hint, and for usage errors the usage.
    package func message(in scene: ErrorScene) -> String {
        switch self {
        case .usage(let error): return Tool.table.message(for: error, width: scene.width)
        case .input(let error): return usageMessage(error.sentence, error.command, scene, error.suggestions)
        case .selection(let problem, let command): return usageMessage(problem.sentence, command, scene)
        default: return text(scene).text
        }
    }

    /// The first line alone, for one failure among several.
    func line(in scene: ErrorScene) -> String {
        String(message(in: scene).prefix { $0 != "\n" })
    }

    private func usageMessage(
        _ sentence: String, _ command: CommandSpec, _ scene: ErrorScene, _ suggestions: [String] = []
    ) -> String {
        let guess = suggestions.map { quoted($0) }.joined(separator: " or ")
        let hint = (guess.isEmpty ? "" : "did you mean \(guess)? ") + "see '\(Tool.table.tool) \(command.path) --help'"
        return ErrorText(sentence, hint: hint).text + "\n"
            + Tool.table.usage(of: .command(command), width: scene.width)
    }

    private func text(_ scene: ErrorScene) -> ErrorText {
        switch self {
        case .document(let error, let file): return error.text(of: file, scene)
        case .objects(let error): return ErrorText("cannot read \(error.message)")
        case .unfit(let problem, let file): return problem.text(of: file)
        case .missingCapabilities(let missing):
            let names = missing.map(\.name).joined(separator: " and ")
            let path = scene.command?.path ?? ""
            return ErrorText(
                "cannot run '\(path)': \(names) \(missing.count == 1 ? "is" : "are") missing (EPERM)",
                hint: scene.asRoot)
        case .notEligible(let checks): return checks.text(scene)
        case .dataplane(let error): return error.text(scene)
        case .output(let error): return ErrorText("cannot write the output: \(Errno(rawValue: error.errno).cause)")
        case .interrupted: return ErrorText("interrupted")
        case .stepFailed(let step):
            return ErrorText(
                "cannot run '\(Tool.table.tool) \(step.command)' on '\(step.place)'"
                    + (step.didTimeOut ? ": it took too long (ETIMEDOUT)" : ""),
                details: step.output.split(separator: "\n").map { "\(step.place): \($0)" },
                hint: step.didTimeOut ? "allow more time with '--timeout 5m'" : nil)
        case .nothingServed:
            return ErrorText(
                "cannot remove kube-proxy's rules: the dataplane has no services, so nobody would serve what they do",
                hint: "give it services first with \(scene.line("service apply -f FILE")), "
                    + "or leave the rules with '--kube-proxy keep'")
        case .kubeProxyLeft(let problems):
            return ErrorText(
                "cannot remove all of kube-proxy: \(problems.first ?? "something is left")",
                details: Array(problems.dropFirst()),
                hint: "the dataplane is enabled; put that right and repeat \(scene.enable(adding: []))")
        case .unknownLab(let name, let kept):
            return ErrorText(
                "cannot clean lab \(quoted(name)): no such lab is kept",
                hint: kept.isEmpty
                    ? nil : "kept are \(kept.joined(separator: ", ")); all go with \(scene.line("demo --clean"))")
        case .unexpected(let error): return ErrorText("cannot go on: \(error)")
        case .usage, .input, .selection: return ErrorText("")
        }
    }
}

extension InputError {
    fileprivate var sentence: String {
        switch owner {
        case .option(let name): "option '--\(name)': \(reason.message)"
        case .argument(let name): "argument \(name): \(reason.message)"
        case nil: reason.message
        }
    }
}

extension SelectionProblem {
    fileprivate var sentence: String {
        switch self {
        case .missing(let name): "missing argument \(name)"
        case .nothingSelected: "nothing is selected: name connections, give a filter, or say --all"
        case .severalSelected: "only one connection is shown at a time"
        case .bothSelected: "connections are named, so no filter and no --all may be given"
        case .argumentNeeds(let name, let option): "argument \(name) needs option '\(option)'"
        case .needsInterface(let program): "program '\(program)' needs option '--interface'"
        case .concernsObjects(let option): "option '--\(option)' concerns Kubernetes objects, and the file is no such"
        case .needsCgroup(let program): "program '\(program)' takes no --interface and no --hook: its place is a cgroup"
        case .wrongDirection(let program, let needs): "program '\(program)' belongs on hook '\(needs)'"
        }
    }
}

extension [FailedCheck] {
    /// The first one in the line, the rest as details; each has its own hint.
    fileprivate func text(_ scene: ErrorScene) -> ErrorText {
        guard let first else { return ErrorText("cannot enable the dataplane: the node is not eligible") }
        let others = dropFirst().map { check in
            "check '\(check.id)': found \(check.found), needed is \(check.required)"
                + (check.hint.map { "; \($0)" } ?? "")
        }
        return ErrorText(
            "cannot enable the dataplane: check '\(first.id)' found \(first.found), needed is \(first.required)",
            details: others, hint: first.hint ?? "see \(scene.line("check"))")
    }
}

extension Errno {
    /// The cause that ends a first line: `no such device (ENODEV)`.
    var cause: String { "\(message) (\(name))" }
}
